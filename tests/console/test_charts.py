"""Charts: their lines, their scale, and the same numbers as text."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

from creatorvault.console.charts import CURVES, Plot, plotted
from creatorvault.console.languages import language
from creatorvault.console.rendering import svg
from creatorvault.core.console.declarations import Chart, Kind, Series

START: Final = datetime(2026, 11, 30, 22, tzinfo=UTC)


def chart(*names: str, unit: Kind = Kind.NUMBER) -> Chart:
    series = [Series(name=name, label=name.title()) for name in names]
    return Chart(title="Load <now>", operation="series", series=series, unit=unit)


def rows(*values: Any, every: timedelta = timedelta(minutes=1), name: str = "requests") -> list[dict[str, Any]]:
    return [{"at": (START + every * index).isoformat(), name: value} for index, value in enumerate(values)]


def plot(rows: Sequence[dict[str, Any]], *names: str, code: str = "en", unit: Kind = Kind.NUMBER) -> Plot:
    return plotted(language(code), chart(*(names or ("requests",)), unit=unit), rows)


def test_a_line_runs_from_the_first_moment_to_the_last() -> None:
    [curve] = plot(rows(0, 5, 10)).curves

    assert curve.path == "M0.00 100.00h0L50.00 50.00L100.00 0.00"
    assert (curve.label, curve.lowest, curve.highest, curve.last) == ("Requests", "0", "10", "10")


def test_a_missing_value_is_a_gap() -> None:
    [curve] = plot(rows(10, 10, None, 10, True)).curves

    assert curve.path == "M0.00 0.00h0L25.00 0.00M75.00 0.00h0"


def test_a_single_value_is_a_dot_at_the_end() -> None:
    shown = plot(rows(2))

    assert [curve.path for curve in shown.curves] == ["M100.00 0.00h0"]
    assert shown.times == ["22:00"]


@pytest.mark.parametrize(
    "highest, scale",
    [
        (0, ["2", "1", "0"]),
        (1, ["2", "1", "0"]),
        (3, ["5", "2.5", "0"]),
        (0.15, ["0.2", "0.1", "0"]),
        (1001, ["2,000", "1,000", "0"]),
    ],
)
def test_the_scale_ends_above_the_highest_value(highest: float, scale: list[str]) -> None:
    assert plot(rows(0, highest)).scale == scale


def test_sizes_have_units() -> None:
    assert plot(rows(0, 1_500_000), unit=Kind.BYTES).scale == ["2 MB", "1 MB", "0 byte"]


def test_times_have_dates_where_there_are_several_days() -> None:
    assert plot(rows(1, 2, 3)).times == ["22:00", "22:01", "22:02"]
    assert plot(rows(1, 2, every=timedelta(days=2)), code="de").times == [
        "30. Nov., 22:00",
        "1. Dez., 22:00",
        "2. Dez., 22:00",
    ]


def test_a_mapping_gives_a_line_for_each_key() -> None:
    shown = plot(rows({"1": 4}, {"1": 2, "2": 2}, None, {"2": 4}, name="versions"), "versions")

    assert [curve.label for curve in shown.curves] == ["Versions 1", "Versions 2"]
    assert [curve.number for curve in shown.curves] == [1, 2]
    assert [len(values) for _, values in shown.rows] == [2, 2, 2, 2]
    assert [*shown.rows[1][1]] == ["2", "2"]


def test_there_are_as_many_patterns_as_the_style_sheet_has() -> None:
    names = [f"s{index}" for index in range(CURVES + 1)]
    shown = plot([{"at": START.isoformat(), **dict.fromkeys(names, 1)}], *names)

    assert [curve.number for curve in shown.curves] == [1, 2, 3, 4, 5, 6, 1]


@pytest.mark.parametrize("code", ["en", "de", "ur"])
def test_the_drawing_has_a_name_a_description_and_its_numbers_as_a_table(code: str) -> None:
    html = svg(language(code), chart("requests", "errors"), rows(0, None, 12_345))
    page = ET.fromstring(html)
    drawing = page.find(".//svg[@role='img']")
    assert drawing is not None
    texts = {element.get("id"): "".join(element.itertext()).strip() for element in drawing if element.get("id")}
    title, description = [texts[each] for each in drawing.attrib["aria-labelledby"].split()]

    assert title == "Load <now>"
    assert ("12,345" if code != "de" else "12.345") in description
    assert [len(row) for row in page.findall(".//tbody/tr")] == [2, 2, 2]
    assert page.findall(".//*[@style]") == []
    assert len(page.findall(".//thead//th[@scope='col']")) == 2


def test_without_values_there_is_a_sentence() -> None:
    for nothing in ([], rows(None, None)):
        assert plot(nothing).curves == ()
        assert "There are no figures yet." in svg(language("en"), chart("requests"), nothing)
