"""Conditions in SQL that is written out as text."""

import re
from collections.abc import Iterator
from typing import Final

_LOOKS_LIKE_SQL: Final = re.compile(r"\b(?:SELECT|UPDATE|DELETE|INSERT|WHERE|AND)\b")
_BEGINS: Final = re.compile(r"\b(?:WHERE|AND|OR)\s+")
_ENDS: Final = re.compile(
    r"\s*(?:\b(?:AND|OR|RETURNING|ORDER|GROUP|LIMIT|OFFSET|UNION|FOR|ON|AS)\b|\"\"\"|\"|;|\n\s*\n|$)", re.MULTILINE
)


def without_conditions(text: str) -> Iterator[tuple[int, int, str]]:
    """Where in `text` each condition stands, and what replaces it.

    The condition stays and is made to hold always, so that a parameter which it alone names keeps its type.
    """
    if not _LOOKS_LIKE_SQL.search(text):
        return
    for found in _BEGINS.finditer(text):
        start = found.end()
        end = _end_of(text, start)
        if end > start and not text[start:end].lstrip().startswith("CASE"):
            yield start, end, f"({text[start:end]} OR true)"


def _end_of(text: str, start: int) -> int:
    depth, place = 0, start
    while place < len(text):
        if depth == 0 and (text[place] == ")" or _ENDS.match(text, place)):
            break
        depth += (text[place] in "({") - (text[place] in ")}")
        place += 1
    return place
