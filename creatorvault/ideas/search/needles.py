"""Substring search in time that is linear in the text for any needle and text.

StringZilla compares a few letters of the needle with many places of the text at once, with the processor's vector
instructions: about ten times as fast as CPython's `find` (`benchmarks/micro_corpus.py`). If those letters match, it
compares the rest until a difference. For needles that do not repeat themselves, such as words, this is seldom far.
Other needles use the regular expression engine, which scans the text once for a pattern that is plain text (Knuth,
Morris and Pratt, "Fast pattern matching in strings", 1977).

Both search in UTF-8, where a text contains another exactly if its bytes do (RFC 3629, section 1).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import stringzilla

REPETITIVE: Final = 4
"""How often a prefix of the needle may repeat itself. Up to this, long partial matches are far apart in any text."""

type Find = Callable[[bytes, int], int]
"""Returns the position of a needle in a text, from a start position on; negative if it is not found."""


@lru_cache(64)
def finder(needle: str) -> Find:
    """Returns a function that finds the needle, of at least one character, in UTF-8 texts."""
    wanted = needle.encode()
    if _repetitions(wanted) > REPETITIVE:
        search = re.compile(re.escape(wanted)).search
        return lambda text, start: -1 if (match := search(text, start)) is None else match.start()
    find: Callable[[bytes, bytes, int], int] = stringzilla.find
    return lambda text, start: find(text, wanted, start)


def _repetitions(needle: bytes) -> float:
    """Returns the maximum number of times that a prefix of the needle repeats its own shortest period."""
    borders = [0] * len(needle)
    """For each prefix, the length of its longest border: a part that it both begins and ends with."""
    most, length = 1.0, 0
    for end in range(1, len(needle)):
        while length and needle[end] != needle[length]:
            length = borders[length - 1]
        if needle[end] == needle[length]:
            length += 1
        borders[end] = length
        most = max(most, (end + 1) / (end + 1 - length))
    return most
