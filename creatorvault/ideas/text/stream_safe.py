"""Stream-Safe Text (Unicode Standard Annex #15, section 13): no text normalises in more than linear time."""

import re
from functools import lru_cache
from itertools import chain, takewhile
from typing import Final
from unicodedata import combining, normalize

MOST_NON_STARTERS: Final = 30
MOST_AFTER_A_STARTER: Final = 3
"""No code point's NFKD is a starter with more non-starters after it (tests/ideas/test_folding.py checks all)."""

JOINER: Final = "\u034f"
"""COMBINING GRAPHEME JOINER, an invisible starter: it only ends a run of non-starters."""

TWO_NON_STARTERS: Final = {ord(sign): normalize("NFKD", sign) for sign in "\u0344\u0f73\u0f75\u0f81"}
NON_STARTERS_BY_NFKD: Final = "\uff9e\uff9f"
"""Starters whose NFKD is one non-starter."""

BLOCKS_WITH_NON_STARTERS: Final = (range(0x300, 0x3400), range(0xA000, 0xAC00), range(0xFB00, 0x10000))
"""Up to U+FFFF: all except Latin, CJK ideographs, Hangul syllables, surrogates and private use."""

LEAST_RUN: Final = MOST_NON_STARTERS - MOST_AFTER_A_STARTER + 1


def stream_safe(text: str) -> str:
    """Limits runs of non-starters to 30, by the Stream-Safe Text Process (UAX #15, section 13).

    CPython before the fix of python/cpython#149079 sorts the non-starters of a run in quadratic time:
    10,000 of them take 150 ms. Case folding does not make runs longer.
    """
    if "\u0344" in text or "\u0f73" in text or "\u0f75" in text or "\u0f81" in text:
        text = text.translate(TWO_NON_STARTERS)
    for step, pattern in _SAMPLES:
        if pattern.search(text[step - 1 :: step]) is None:
            return text
    return _RUN.sub(_parted, text)


def _parted(run: re.Match[str]) -> str:
    start = run.start()
    _, count = _non_starters(run.string[start - 1]) if start else (False, 0)
    parts = []
    for character in run[0]:
        only, number = _non_starters(character)
        if not only:
            count = number
        elif count + number > MOST_NON_STARTERS:
            parts.append(JOINER)
            count = number
        else:
            count += number
        parts.append(character)
    return "".join(parts)


@lru_cache(4096)
def _non_starters(character: str) -> tuple[bool, int]:
    """Returns whether the NFKD consists only of non-starters, and the number of non-starters at its end."""
    decomposed = normalize("NFKD", character)
    number = sum(1 for _ in takewhile(combining, reversed(decomposed)))
    return number == len(decomposed), number


def _perhaps_non_starter() -> str:
    """Returns a character class of all non-starters, and of all code points beyond U+FFFF: with single ones of those it
    would be compiled to a list of ranges, which takes ten times as long to search.
    """
    other, ranges = 0, ""
    for point in chain(*BLOCKS_WITH_NON_STARTERS):
        if combining(sign := chr(point)) or sign in NON_STARTERS_BY_NFKD:
            if other < point:
                ranges += rf"\u{other:04x}-\u{point - 1:04x}"
            other = point + 1
    return rf"[^{ranges}\u{other:04x}-\uffff]"


NON_STARTER: Final = _perhaps_non_starter()
_RUN: Final = re.compile(f"{NON_STARTER}{{{LEAST_RUN},}}")

# In a run of 28, sampling each 28th character finds one, each 7th four in a row, each 4th seven. So 1/28 of the
# characters suffices to rule out long runs in most texts, and a seventh in Hindi, Hebrew or decomposed Vietnamese.
_SAMPLES: Final = [
    (step, re.compile(f"{NON_STARTER}{{{LEAST_RUN // step}}}")) for step in (LEAST_RUN, LEAST_RUN // 4, LEAST_RUN // 7)
]
