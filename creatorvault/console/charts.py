"""Lines over time: where they run, and the texts beside them. templates/_chart.html draws them.

Texts stand beside the drawing, which has no measure of its own and stretches with the page.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from babel.dates import format_skeleton, format_time
from markupsafe import Markup

from creatorvault.console.formats import NOTHING, moment, number, size
from creatorvault.console.languages import Language
from creatorvault.core.console.declarations import Chart, Kind

STEPS: Final = (1, 2, 5, 10)
CURVES: Final = 6
"""Classes of the style sheet: each has a color and a pattern."""

LONGEST_WITHOUT_DATES: Final = timedelta(hours=24)

type Row = Mapping[str, object]


class Curve(NamedTuple):
    """`path` is in a square of 100 whose lower left corner is the first moment and 0. `label` is translated."""

    label: str
    number: int
    path: str
    lowest: str
    highest: str
    last: str


class Plot(NamedTuple):
    """`scale` and `times` are marks on the axes. `rows` are the moments with the values of the curves.

    Without a value, `curves` is empty.
    """

    id: str
    curves: Sequence[Curve]
    scale: Sequence[str] = ()
    times: Sequence[str] = ()
    rows: Sequence[tuple[Markup, Sequence[str | Markup]]] = ()

    @property
    def span(self) -> tuple[Markup, Markup]:
        return self.rows[0][0], self.rows[-1][0]


class _Line(NamedTuple):
    label: str
    values: Sequence[float | None]

    @property
    def known(self) -> Sequence[float]:
        return [value for value in self.values if value is not None]


def plotted(language: Language, chart: Chart, rows: Sequence[Row]) -> Plot:
    """Raises KeyError or ValueError for rows without a moment."""
    name = f"chart-{chart.operation}-{'-'.join(series.name for series in chart.series)}"
    lines = [line for line in _lines(language, chart, rows) if line.known]
    if not lines:
        return Plot(name, ())
    moments = [datetime.fromisoformat(str(row["at"])).astimezone(UTC) for row in rows]
    top = _top([value for line in lines for value in line.known])

    def text(value: float) -> str:
        return (size if chart.unit is Kind.BYTES else number)(language.locale, value)

    return Plot(
        id=name,
        curves=[
            Curve(
                label=line.label,
                number=index % CURVES + 1,
                path=_path(
                    _places(moments), [None if value is None else 100 - 100 * value / top for value in line.values]
                ),
                lowest=text(min(line.known)),
                highest=text(max(line.known)),
                last=text(line.known[-1]),
            )
            for index, line in enumerate(lines)
        ],
        scale=[text(top), text(top / 2), text(0)],
        times=_times(language, moments),
        rows=[
            (moment(language.locale, at), [NOTHING if value is None else text(value) for value in values])
            for at, values in zip(moments, zip(*(line.values for line in lines), strict=True), strict=True)
        ],
    )


def _lines(language: Language, chart: Chart, rows: Sequence[Row]) -> Iterator[_Line]:
    """A field that is a mapping gives a line for each of its keys, as one for each version of a key."""
    for series in chart.series:
        label = language.translated(series.label)
        values = [row.get(series.name) for row in rows]
        keys = dict.fromkeys(key for value in values if isinstance(value, Mapping) for key in value)
        if keys:
            for key in keys:
                inner = [value.get(key) if isinstance(value, Mapping) else None for value in values]
                yield _Line(f"{label} {key}", list(map(_figure, inner)))
        else:
            yield _Line(label, list(map(_figure, values)))


def _figure(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _top(values: Sequence[float]) -> float:
    """Returns the end of the scale: 1, 2 or 5 times a power of ten. Its half is whole if all values are."""
    highest = max(values)
    if highest <= 0:
        return 2
    power = 10.0 ** math.floor(math.log10(highest))
    top = next(step * power for step in STEPS if highest <= step * power)
    return max(top, 2) if all(isinstance(value, int) for value in values) else top


def _places(moments: Sequence[datetime]) -> Sequence[float]:
    """Returns where on the axis the moments are, from 0 to 100. A single one is at its end."""
    first, whole = moments[0], (moments[-1] - moments[0]).total_seconds()
    return [100 * (at - first).total_seconds() / whole if whole else 100 for at in moments]


def _path(across: Sequence[float], down: Sequence[float | None]) -> str:
    """Returns the data of an SVG path, with a gap where a value is missing. A value alone is a dot."""
    commands: list[str] = []
    pen = "M"
    for x, y in zip(across, down, strict=True):
        if y is None:
            pen = "M"
            continue
        commands.append(f"{pen}{x:.2f} {y:.2f}" + ("h0" if pen == "M" else ""))
        pen = "L"
    return "".join(commands)


def _times(language: Language, moments: Sequence[datetime]) -> Sequence[str]:
    """Returns the first, the middle and the last moment, with dates if they are of several days."""
    first, last = moments[0], moments[-1]
    marks = [first] if first == last else [first, first + (last - first) / 2, last]
    has_dates = last - first > LONGEST_WITHOUT_DATES
    return [_time(language, at, has_date=has_dates) for at in marks]


def _time(language: Language, at: datetime, *, has_date: bool) -> str:
    time = str(format_time(at, "HH:mm", locale=language.locale))
    return f"{format_skeleton('MMMd', at, locale=language.locale)}, {time}" if has_date else time
