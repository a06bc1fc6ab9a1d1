"""Folding for alphabets that a table of 256 places holds, in two passes of C: CPython's codecs for single bytes.

One goes from characters to places, one from places to what they count as (`letters`). 5,000 characters take some 12
microseconds; character by character it is 200, and what a search must do anyway for one idea, without its notes, is 20
(`benchmarks/micro_folding.py`).
"""

import codecs
import re
from typing import Final, cast

from creatorvault.ideas.text.letters import folded_letter

OUTLIER: Final = b"\x01"
"""The place of what an alphabet does not have. No alphabet has U+0001 either."""

SHARED: Final = "".join(map(chr, range(0x20, 0x7F))) + "\t\n\r\u00a0‘’‚“”„«»–—…"
EUROPEAN: Final = (
    "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßāăąćčďđēėęěğģħīįıķĺļľłńņňőœŕřśşšţťūůűųŵŷźżžșțÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ"
    "ĂĄĆČĎĐĘĚĞĢİŁŃŇŐŒŘŚŞŠŤŮŰŹŻŽȘȚ€¿¡"
)
VIETNAMESE_SMALL: Final = "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
CYRILLIC_SMALL: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюяёєіїўґ"
GREEK_SMALL: Final = "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊϋ"


class Alphabet:
    def __init__(self, letters: str) -> None:
        characters = f"\0\ufffe{SHARED}{letters}".ljust(256, "\ufffe")  # the first is as charmap_build wants it
        self._places = codecs.charmap_build(characters)
        self._longer: list[tuple[str, str]] = []
        self._folded = characters[0] + OUTLIER.decode() + "".join(map(self._one, characters[2:]))
        self.letters = frozenset(letters)

    def _one(self, character: str) -> str:
        """What a character counts as or, for several, a control character that no alphabet has: it stands for them."""
        folded = folded_letter(character)
        if len(folded) == 1:
            return folded
        self._longer.append((chr(0x80 + len(self._longer)), folded))
        return self._longer[-1][0]

    def places(self, text: str, errors: str = "strict") -> bytes:
        """One for each character. Raises UnicodeEncodeError at the first that the alphabet does not have."""
        return codecs.charmap_encode(text, errors, self._places)[0]

    def folded(self, places: bytes) -> str:
        folded, _ = codecs.charmap_decode(places, "strict", self._folded)
        for stands, letters in self._longer:
            if stands in folded:
                folded = folded.replace(stands, letters)
        return folded


def _outliers(error: UnicodeError) -> tuple[bytes, int]:
    found = cast("UnicodeEncodeError", error)
    return OUTLIER * (found.end - found.start), found.end


OUTLIERS: Final = "creatorvault.outliers"
"""As `errors`: what the alphabet does not have gets the place OUTLIER."""

codecs.register_error(OUTLIERS, _outliers)

EACH: Final = 32
"""So many characters are one in the sample that says what a text is mostly of."""

LONG: Final = 16 * EACH
"""Shorter texts are not worth a sample."""

ALPHABETS: Final = (
    Alphabet(EUROPEAN),
    Alphabet(VIETNAMESE_SMALL + VIETNAMESE_SMALL.upper()),
    Alphabet(CYRILLIC_SMALL + CYRILLIC_SMALL.upper() + GREEK_SMALL + "ς" + GREEK_SMALL.upper()),
)

_ALPHABET_OF: Final = {letter: alphabet for alphabet in reversed(ALPHABETS) for letter in alphabet.letters}
_OWN: Final = [
    (alphabet, re.compile(f"[{''.join(alphabet.letters - ALPHABETS[0].letters)}]")) for alphabet in ALPHABETS[1:]
]


def fold_in_alphabet(text: str) -> str | None:
    """None if no alphabet has all of its characters."""
    if len(text) > LONG and not _is_perhaps_in_one(text[::EACH]):
        return None
    alphabet = ALPHABETS[0]
    for _ in ALPHABETS:
        try:
            return alphabet.folded(alphabet.places(text))
        except UnicodeEncodeError as error:
            if (other := _ALPHABET_OF.get(text[error.start])) is None:
                return None
            alphabet = other
    return None


def _is_perhaps_in_one(sample: str) -> bool:
    """What is in none costs the codec a look at each of them in a row, and Japanese is one row."""
    try:
        ALPHABETS[0].places(sample)
    except UnicodeEncodeError as error:
        return sample[error.start] in _ALPHABET_OF
    return True


def nearest_alphabet(text: str) -> Alphabet:
    """One that a letter of the text is in and that not all texts in Latin letters are in; else the European one."""
    return next((alphabet for alphabet, own in _OWN if own.search(text)), ALPHABETS[0])
