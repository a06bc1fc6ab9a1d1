"""Reads the tables of docs/search.md and of searches.md in this directory."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

PAGES: Final = (Path("docs/search.md"), Path("tests/ideas/searches.md"))
CELL: Final = r"(?:`` (.+?) ``|`(.+?)`)"
SEARCH: Final = re.compile(rf"^\| {CELL} \| {CELL} \| (yes|no|refused) \| (.+) \|$", re.MULTILINE)
ORDER: Final = re.compile(rf"^\| {CELL} \| ([^|]+) \|$", re.MULTILINE)
UNSEEN: Final = re.compile(r"\{U\+([0-9A-F]{4,6})\}")


class Search(NamedTuple):
    needle: str
    text: str
    found: str
    why: str


class Order(NamedTuple):
    titles: list[str]
    why: str


def searches() -> list[Search]:
    return [Search(_text(row[1] or row[2]), _text(row[3] or row[4]), row[5], row[6]) for row in _rows(SEARCH, "Found")]


def orders() -> list[Order]:
    return [Order(_text(row[1] or row[2]).split(" ¦ "), row[3]) for row in _rows(ORDER, "Titles")]


def _rows(pattern: re.Pattern[str], head: str) -> Iterator[re.Match[str]]:
    """Yields every row of the tables with that head. Every row must match the pattern."""
    for page in PAGES:
        for table in (Path(__file__).parents[2] / page).read_text().split("\n\n"):
            first, *lines = table.strip().splitlines()
            if first.startswith("|") and head in first:
                for line in lines[1:]:
                    row = pattern.fullmatch(line)
                    assert row, line
                    yield row


def _text(cell: str) -> str:
    return UNSEEN.sub(lambda found: chr(int(found[1], 16)), cell)
