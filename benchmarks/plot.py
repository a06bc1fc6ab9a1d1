"""Horizontal bars of ratios with a mark where each should be, as SVG."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

LABEL: Final = 390
WIDTH: Final = 420
ROW: Final = 26
TOP: Final = 34


class Bar(NamedTuple):
    label: str
    ratio: float
    goal: float


def plot(bars: Sequence[Bar]) -> str:
    """A bar that reaches the line has reached its goal; bars end at twice that."""
    height = TOP + ROW * len(bars) + 12
    at_goal = LABEL + WIDTH / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LABEL + WIDTH + 90} {height}" font-size="13" '
        'font-family="system-ui, sans-serif" role="img" aria-label="Throughput as a share of each goal">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{at_goal}" y="18" text-anchor="middle">goal</text>',
        f'<line x1="{at_goal}" x2="{at_goal}" y1="24" y2="{height - 8}" stroke="#333" stroke-dasharray="4 3"/>',
    ]
    for row, bar in enumerate(bars):
        y, share = TOP + ROW * row, min(bar.ratio / bar.goal, 2)
        colour = "#2a7f62" if share >= 1 else "#c8553d"
        parts += [
            f'<text x="{LABEL - 10}" y="{y + 14}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect x="{LABEL}" y="{y}" width="{share * WIDTH / 2:.1f}" height="18" fill="{colour}"/>',
            f'<text x="{LABEL + share * WIDTH / 2 + 6:.1f}" y="{y + 14}">{bar.ratio:.2f} × (≥ {bar.goal:g})</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
