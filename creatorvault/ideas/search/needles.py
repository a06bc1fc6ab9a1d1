"""Looking for a needle in a text, in time that is linear in the text whatever both are.

StringZilla compares a few letters of the needle with many places of the text at once, by the processor's vector
instructions: some ten times as fast as CPython's `find` (`benchmarks/micro_corpus.py`). Where those letters agree it
compares as far as text and needle do. For needles that do not repeat themselves, as words do not, that is seldom far.
The others are left to the regular expression engine, which goes through the text once for a pattern that is plain text
(Knuth, Morris and Pratt, "Fast pattern matching in strings", 1977).

Both look at UTF-8, in which one text is a part of another exactly where its bytes are (RFC 3629, section 1).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import stringzilla

REPETITIVE: Final = 4
"""How often a beginning of the needle may repeat itself. Up to that, long partial matches are far apart in any text."""

type Find = Callable[[bytes, int], int]
"""Where in a text, from a place on, a needle begins; negative if it is nowhere."""


@lru_cache(64)
def finder(needle: str) -> Find:
    """Finds the needle, of at least one character, in texts in UTF-8."""
    wanted = needle.encode()
    if _repetitions(wanted) > REPETITIVE:
        search = re.compile(re.escape(wanted)).search
        return lambda text, start: -1 if (match := search(text, start)) is None else match.start()
    find: Callable[[bytes, bytes, int], int] = stringzilla.find
    return lambda text, start: find(text, wanted, start)


def _repetitions(needle: bytes) -> float:
    """How often a beginning of the needle repeats its own shortest period, at the most."""
    borders = [0] * len(needle)
    """For each beginning, the length of the longest part that it both begins and ends with."""
    most, length = 1.0, 0
    for end in range(1, len(needle)):
        while length and needle[end] != needle[length]:
            length = borders[length - 1]
        if needle[end] == needle[length]:
            length += 1
        borders[end] = length
        most = max(most, (end + 1) / (end + 1 - length))
    return most
