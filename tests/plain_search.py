"""A minimal implementation of docs/search.md, letter by letter, independent of the application's code."""

import re
from collections.abc import Iterator
from typing import Any, Final
from unicodedata import category, combining, decimal, lookup, name, normalize, numeric

from pyuca.collator import Collator_10_0_0

UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
PLAIN_LETTERS: Final = {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "n", "ı": "i", "ȷ": "j", "ĸ": "q"}
PLAIN: Final = {
    **dict.fromkeys("‘’‚‛‹›′‵´ʹʻʼʽˈˊ՚׳❛❜❟", "'"),
    **dict.fromkeys("“”„‟«»″‶ʺ״〝〞〟❝❞❠⹂", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃⸺⸻־﹘﹣－⁻₋︱︲", "-"),
    **PLAIN_LETTERS,
}
ACCENT: Final = re.compile(
    "[\u0300-\u0344\u0346-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff\ua66f-\ua67d\ua69e\ua69f"
    "\ufe20-\ufe2f]"
)


def folded(text: str) -> str:
    """Repeats all steps until nothing changes, so that their order does not matter."""
    before = None
    while text != before:
        before = text
        text = normalize("NFC", UNSEEN.sub("", text))
        text = "".join(PLAIN.get(sign, sign) for sign in text)
        text = normalize("NFKC", normalize("NFKC", text).casefold())
        text = normalize("NFC", "".join(_without_accents(normalize("NFD", text))))
        text = re.sub(r"\s+", " ", text)
    return text


def _without_accents(text: str) -> Iterator[str]:
    of_letter = False
    for sign in text:
        if combining(sign):
            if not (of_letter and ACCENT.match(sign)):
                yield sign
        else:
            of_letter = category(sign)[0] == "L" and name(sign, "").startswith(("LATIN ", "GREEK ", "CYRILLIC "))
            found = (
                re.match("(?:LATIN|GREEK|CYRILLIC) SMALL LETTER .+?(?= WITH )", name(sign, "")) if of_letter else None
            )
            try:
                yield lookup(found[0]) if found else sign
            except KeyError:
                yield sign


def is_found(search: str, *texts: str | None) -> bool:
    return any(
        folded(search) in folded(reading) for text in texts if text for reading in (text, text.replace("\u200c", " "))
    )


COLLATOR: Final = Collator_10_0_0()
ZERO: Final = COLLATOR.collation_elements("0")[0][0]


def as_people_sort(title: str) -> tuple[tuple[int, ...], str]:
    """Returns the sort key of the Unicode Collation Algorithm, with numbers by value; then the code points."""
    text = " ".join("".join(sign if sign in PLAIN_LETTERS else PLAIN.get(sign, sign) for sign in title).split())
    start = next((at for at, sign in enumerate(text) if category(sign)[0] not in "PZC"), 0)
    elements: list[Any] = []
    for piece in re.findall(r"\d+|\D", normalize("NFC", text[start:])):
        if piece.isdecimal():
            elements += _number("".join(str(decimal(digit)) for digit in piece))
        elif category(piece) == "No" and numeric(piece).is_integer():
            elements += _number(str(int(numeric(piece))))
        else:
            elements.append(_known(piece))
    flat: list[list[int]] = []
    for number, run in _runs(elements):
        flat += run if number else COLLATOR.collation_elements(normalize("NFD", "".join(run)))
    return COLLATOR.sort_key_from_collation_elements(flat), title


def _runs(elements: list[Any]) -> Iterator[tuple[bool, list[Any]]]:
    run: list[Any] = []
    for element in elements:
        if isinstance(element, str):
            run.append(element)
        else:
            yield False, run
            yield True, [element]
            run = []
    yield False, run


def _number(digits: str) -> list[list[int]]:
    significant = digits.lstrip("0")
    return [[weight, 0, 0] for weight in (ZERO, len(significant) + 1, *(ZERO + int(digit) for digit in significant))]


def _known(sign: str) -> str:
    if ord(sign) in COLLATOR.table.root.children:
        return sign
    if sign.lower() != sign:
        return sign.lower()
    return f"\U0001f9e6{sign}" if category(sign) == "So" else sign
