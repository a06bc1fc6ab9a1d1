"""Folding for alphabets that fit in a table of 256 places, in two passes in C: CPython's single-byte codecs.

The first maps characters to places, the second maps places to folded letters (`letters`). 5,000 characters take about
12 microseconds; character by character it is 200, and the other costs of searching one idea, without its notes, are 20
(`benchmarks/micro_folding.py`).
"""

import codecs
import re
from typing import Final, cast

from creatorvault.ideas.text.letters import folded_letter

OUTLIER: Final = b"\x01"
"""The place of characters that are not in the alphabet. No alphabet contains U+0001."""

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
        characters = f"\0\ufffe{SHARED}{letters}".ljust(256, "\ufffe")  # the first entry is required by charmap_build
        self._places = codecs.charmap_build(characters)
        self._longer: list[tuple[str, str]] = []
        self._folded = characters[0] + OUTLIER.decode() + "".join(map(self._one, characters[2:]))
        self.letters = frozenset(letters)

    def _one(self, character: str) -> str:
        """Returns the folded character or, for several, a control character that stands for them."""
        folded = folded_letter(character)
        if len(folded) == 1:
            return folded
        self._longer.append((chr(0x80 + len(self._longer)), folded))
        return self._longer[-1][0]

    def places(self, text: str, errors: str = "strict") -> bytes:
        """Returns one place per character. Raises UnicodeEncodeError at the first that is not in the alphabet."""
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
"""Value for `errors`: characters that are not in the alphabet get the place OUTLIER."""

codecs.register_error(OUTLIERS, _outliers)

EACH: Final = 32
"""One of so many characters is in the sample that determines the main alphabet of a text."""

LONG: Final = 16 * EACH
"""Shorter texts are not sampled."""

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
    """Returns None if no alphabet contains all characters."""
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
    """Pre-check: for text in no alphabet, such as Japanese, the codec handles each character of a run one by one."""
    try:
        ALPHABETS[0].places(sample)
    except UnicodeEncodeError as error:
        return sample[error.start] in _ALPHABET_OF
    return True


def nearest_alphabet(text: str) -> Alphabet:
    """Returns an alphabet that contains a distinctive letter of the text; else the European one."""
    return next((alphabet for alphabet, own in _OWN if own.search(text)), ALPHABETS[0])
