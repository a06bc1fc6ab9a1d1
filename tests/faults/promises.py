"""What a drill promises, what was found, and the table of all."""

from collections.abc import Sequence
from typing import NamedTuple


class Promise(NamedTuple):
    """`found` are the figures that decide it. `is_timed` if they depend on what else the machine does."""

    text: str
    found: str
    holds: bool
    is_timed: bool = False


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    written = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(written)
