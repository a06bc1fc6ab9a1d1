"""The order of titles: the Unicode Collation Algorithm (Unicode Technical Standard #10) by pyuca.

It is one order for all languages, shown in docs/search.md. pyuca reads the standard's table and returns the collation
elements of a piece of text. They are cached for pieces that are not part of a longer contraction, which are nearly
always single characters. pyuca's own sort keys take 33 microseconds and a kilobyte per title, these 7 and some hundred
bytes (docs/decisions/0013-collation.md).
"""

import re
from codecs import charmap_decode
from functools import cache
from struct import pack
from typing import Any, Final
from unicodedata import category, combining, decimal, normalize, numeric, unidata_version

from pyuca.collator import Collator_10_0_0

from creatorvault.ideas.text.letters import PLAIN
from creatorvault.ideas.text.stream_safe import NON_STARTER, stream_safe

ORDER: Final = f"1/10.0.0/{unidata_version}"
"""Version of this code, of the table and of Python's character data: if one changes, titles may sort differently."""

LATEST_SYMBOL: Final = "\U0001f9e6"
"""The last emoji of the table. Symbols of later versions sort after it."""

PLAIN_LENGTHS: Final = (2, 1, 1)
UNDEFINED: Final = "\ufffe"
"""Stands in a table of `charmap_decode` for a character that is not in it."""

NUMBER: Final = re.compile("([0-9]+)")

END_OF_PLANES: Final = 0x20000
"""Cache of pieces with combining marks."""

LONGEST_KEPT: Final = 4
MOST_KEPT: Final = 8192

COMMON_SECONDARY: Final = b"\x01"
COMMON_TERTIARY: Final = b"\x02"
LEAST_SECONDARY: Final = 0x20

PLAIN_SIGNS: Final = {ord(sign): plain for sign, plain in PLAIN.items()}

type Weights = tuple[bytes, bytes, bytes]
"""Primary weights have two bytes, secondary and tertiary ones have one."""


def title_key(title: str) -> tuple[bytes, str]:
    """Returns the sort key. Titles that are equal by the algorithm sort by their code points."""
    table = collation_table()
    text = title
    if not text.isascii():
        text = normalize("NFC", stream_safe(text)).translate(PLAIN_SIGNS)
    text = _from_first_letter(" ".join(text.split()))
    primary, secondary, tertiary = table.plain(text) or table.weights_of(text)
    rest = secondary.rstrip(COMMON_SECONDARY) + b"\0" + tertiary.rstrip(COMMON_TERTIARY)
    return primary + b"\0\0" + rest, title


def _from_first_letter(text: str) -> str:
    """Skips leading punctuation, spaces and invisible characters, unless there is nothing else."""
    for start, character in enumerate(text):
        if character.isalpha() or category(character)[0] not in "PZC":
            return text[start:]
    return text


@cache
def collation_table() -> "CollationTable":
    """Reads the table. This takes about 0.2 seconds, so a server does it before it accepts requests, and 13 MB."""
    return CollationTable()


class CollationTable(dict[str, Weights]):
    """The weights of pieces of text. `piece` splits a text that contains anything `special` into them."""

    def __init__(self) -> None:
        self.collator: Any = Collator_10_0_0()
        tails = {chr(point) for point in range(END_OF_PLANES) if combining(chr(point))}
        goes_on = set(map(chr, _tails(self.collator.table.root)))
        tails_in_bmp = "".join(sorted(sign for sign in goes_on if sign <= "\uffff"))  # NON_STARTER has the rest
        tail = "".join(sorted(tails | goes_on))
        self.special = re.compile(rf"\d|{NON_STARTER}|[{tails_in_bmp}]")
        self.piece = re.compile(rf"\d+|(?s:.)[{tail}]*")
        self._digits = [self._elements(digit)[0][0] for digit in "0123456789"]
        plain = {sign: self[sign] for sign in map(chr, range(0x20, 0x7F)) if not self.special.search(sign)}
        plain = {sign: weights for sign, weights in plain.items() if tuple(map(len, weights)) == PLAIN_LENGTHS}
        plain = {sign: weights for sign, weights in plain.items() if weights[1] == COMMON_SECONDARY}
        primaries = {sign: chr(int.from_bytes(weights[0])) for sign, weights in plain.items()}
        self._primaries = "".join([primaries.get(chr(point), UNDEFINED) for point in range(0x80)])
        self._tertiaries = bytes(plain[chr(point)][2][0] if chr(point) in plain else 0 for point in range(256))

    def plain(self, text: str) -> Weights | None:
        """Returns the weights of a text of ASCII letters, numbers and the like in a fifth of the time; None for others.

        Each character has one primary weight, which the codec for single bytes looks up, and the common secondary one.
        """
        if not text.isascii():
            return None
        places = text.encode()
        try:
            return self._primary(places), b"", places.translate(self._tertiaries)
        except UnicodeDecodeError:
            pass
        parts = NUMBER.split(text)
        try:
            primary = [self[part][0] if place % 2 else self._primary(part.encode()) for place, part in enumerate(parts)]
        except UnicodeDecodeError:
            return None
        return b"".join(primary), b"", "".join(parts[::2]).encode().translate(self._tertiaries)

    def _primary(self, places: bytes) -> bytes:
        letters: str = charmap_decode(places, "strict", self._primaries)[0]
        return letters.encode("utf-16-be", "surrogatepass")

    def weights_of(self, text: str) -> Weights:
        """`text` is in NFC, and Stream-Safe."""
        pieces = self.piece.findall(text) if self.special.search(text) else text
        weights = [self[piece] for piece in pieces]
        primary, secondary, tertiary = (b"".join([weight[level] for weight in weights]) for level in range(3))
        return primary, secondary, tertiary

    def __missing__(self, piece: str) -> Weights:
        weights = self._weights(piece)
        if len(piece) <= LONGEST_KEPT:
            if len(self) == MOST_KEPT:
                self.clear()
            self[piece] = weights
        return weights

    def _weights(self, piece: str) -> Weights:
        if piece.isdecimal():
            return self._number("".join([str(decimal(digit)) for digit in piece]))
        if len(piece) == 1 and category(piece) == "No" and (value := numeric(piece)).is_integer():
            return self._number(str(int(value)))
        elements = self._elements(piece)
        primaries = [element[0] for element in elements if element[0]]
        secondary = bytes(element[1] - LEAST_SECONDARY + 1 for element in elements if element[1])
        tertiary = bytes(element[2] for element in elements if element[2])
        return pack(f">{len(primaries)}H", *primaries), secondary, tertiary

    def _number(self, digits: str) -> Weights:
        """Encodes the number of digits, then the digits: sorts by value, among texts that begin with a digit."""
        significant = digits.lstrip("0")
        primaries = [self._digits[0], len(significant) + 1, *(self._digits[int(digit)] for digit in significant)]
        return pack(f">{len(primaries)}H", *primaries), b"", b""

    def _elements(self, piece: str) -> list[list[int]]:
        elements: list[list[int]] = self.collator.collation_elements(normalize("NFD", "".join(map(self._known, piece))))
        return elements

    def _known(self, character: str) -> str:
        """For characters newer than the table, capitals sort as small letters, and symbols after the other symbols."""
        if ord(character) in self.collator.table.root.children:
            return character
        if (small := character.lower()) != character:
            return small
        return LATEST_SYMBOL + character if category(character) == "So" else character


def _tails(root: Any) -> set[int]:
    """Returns the code points that continue a contraction."""
    found: set[int] = set()
    nodes = [node for node in root.children.values() if node.children]
    while nodes:
        children = nodes.pop().children
        found.update(children)
        nodes += [node for node in children.values() if node.children]
    return found
