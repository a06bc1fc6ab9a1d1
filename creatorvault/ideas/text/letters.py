"""Folding of single characters for search: NFKC_Casefold, and equivalents on other keyboards.

NFKC_Casefold (The Unicode Standard, section 3.13, R5) maps each character by itself: case folded, in its compatibility
form, default-ignorable ones to nothing. In addition:

- Accents of Latin, Greek and Cyrillic letters are removed. Of the letters that Unicode does not decompose, one named as
  another WITH something (a stroke, a hook, a descender) is folded to that other, and PLAIN_LETTERS lists the rest.
- Typographic quotes and dashes are folded to those of ASCII, and each kind of white space to a space.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Final
from unicodedata import category, combining, lookup, name, normalize

IGNORABLE_IN_BMP: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
)
IGNORABLE_BEYOND: Final = "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
"""Default_Ignorable_Code_Point, from DerivedCoreProperties.txt of Unicode 15.1. unicodedata does not provide it."""

IGNORABLE: Final = re.compile(f"[{IGNORABLE_IN_BMP}{IGNORABLE_BEYOND}]+")

QUOTES: Final = {
    "'": "‘’‚‛‹›′‵´ʹʻʼʽˈˊ՚׳❛❜❟",
    '"': "“”„‟«»″‶ʺ״〝〞〟❝❞❠⹂",
}
"""Paired quotes, primes, and characters used as apostrophes in Ukrainian, Hawaiian, Armenian and Hebrew."""

DASHES: Final = "‐‑‒–—―−⁃⸺⸻־﹘﹣－⁻₋"
PLAIN: Final = {sign: plain for plain, signs in (*QUOTES.items(), ("-", DASHES)) for sign in signs}

PLAIN_LETTERS: Final = {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "n", "ı": "i", "ȷ": "j", "ĸ": "q"}
"""As in the Latin-ASCII transform of Unicode's CLDR."""

SCRIPTS: Final = ("LATIN ", "GREEK ", "CYRILLIC ")
IOTA_SUBSCRIPT: Final = "\u0345"
"""Not an accent: case folding turns it into the letter iota, as in capitals."""

_BLOCKS_OF_LETTERS: Final = (
    *(
        range(0x41, 0x2B0),
        range(0x370, 0x530),
        range(0x1C80, 0x1C90),
        range(0x1D00, 0x1DC0),
        range(0x1E00, 0x2000),
        range(0x2183, 0x2185),
    ),
    *(range(0x2C60, 0x2C80), range(0xA640, 0xA6A0), range(0xA720, 0xA800), range(0xAB30, 0xAB70)),
)
_BLOCKS_OF_ACCENTS: Final = (
    *(range(0x300, 0x370), range(0x483, 0x488), range(0x1AB0, 0x1B00), range(0x1DC0, 0x1E00), range(0x20D0, 0x2100)),
    *(range(0x2DE0, 0x2E00), range(0xA66F, 0xA67E), range(0xA69E, 0xA6A0), range(0xFE20, 0xFE30)),
)
_WITH: Final = re.compile("((?:LATIN|GREEK|CYRILLIC) SMALL LETTER .+?) WITH ")


def _characters(blocks: Iterable[range]) -> Iterable[str]:
    return map(chr, chain.from_iterable(blocks))


LETTERS: Final = frozenset(
    letter
    for letter in _characters(_BLOCKS_OF_LETTERS)
    if category(letter)[0] == "L" and name(letter).startswith(SCRIPTS)
) - {"\u037a"}  # which NFKC maps to a space and an iota subscript
"""Scripts whose accents are ignored."""

ACCENTS: Final = frozenset(mark for mark in _characters(_BLOCKS_OF_ACCENTS) if combining(mark)) - {IOTA_SUBSCRIPT}


@lru_cache(8192)
def folded_letter(character: str) -> str:
    """Returns the folded form of a character: none, one or several characters. Folding is idempotent."""
    before, folded = "", character
    while folded != before:
        before = folded
        plain = "".join([PLAIN.get(sign, sign) for sign in IGNORABLE.sub("", folded)])
        cased = normalize("NFKC", normalize("NFKC", plain).casefold())
        folded = "".join([" " if sign.isspace() else PLAIN.get(sign, sign) for sign in _without_accents(cased)])
    return folded


def _without_accents(text: str) -> str:
    kept = ""
    of_letter = False
    for sign in normalize("NFD", text):
        if not combining(sign):
            of_letter = sign in LETTERS
        elif of_letter and sign in ACCENTS:
            continue
        kept += _plain_letter(sign)
    return normalize("NFC", kept)


def _plain_letter(letter: str) -> str:
    if (plain := PLAIN_LETTERS.get(letter)) is not None:
        return plain
    if letter in LETTERS and (found := _WITH.match(name(letter))):
        try:
            return _plain_letter(lookup(found[1]))
        except KeyError:  # no such letter exists without it
            return letter
    return letter
