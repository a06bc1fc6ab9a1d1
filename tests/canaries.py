"""Unique strings, and a search for them in every form that text may have on a disk."""

import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol, Self


class Sought(Protocol):
    def forms(self) -> dict[str, bytes]:
        """What is searched for, by the names of the forms."""
        ...


@dataclass(frozen=True)
class Mark:
    """The common prefix of canaries. Only the prefix is searched for, so that one search finds all of them."""

    text: str

    @classmethod
    def new(cls) -> Self:
        # Lower case and digits: folding for search and sorting does not change it.
        return cls(f"kanari{secrets.token_hex(6)}")

    def canaries(self) -> Iterator[str]:
        """Yields unique canaries, so that a match shows where it was sent."""
        return (f"{self.text}n{number:03}" for number in count())

    def forms(self) -> dict[str, bytes]:
        plain = self.text.encode()
        wide = self.text.encode("utf-16-le")
        forms = {"utf-8": plain, "utf-16": wide, "upper case": self.text.upper().encode()}
        return forms | _encoded("utf-8", plain) | _encoded("utf-16", wide)


@dataclass(frozen=True)
class Piece:
    """Bytes that are as good as unique, such as a part of a ciphertext."""

    name: str
    data: bytes

    def forms(self) -> dict[str, bytes]:
        return {self.name: self.data} | _encoded(self.name, self.data)


def _encoded(name: str, data: bytes) -> dict[str, bytes]:
    forms = {f"hex of {name}": data.hex().encode(), f"upper hex of {name}": data.hex().upper().encode()}
    for offset in range(3):
        forms[f"base64 of {name} at {offset}"] = _base64(data, offset, b64encode)
        forms[f"base64url of {name} at {offset}"] = _base64(data, offset, urlsafe_b64encode)
    return forms


def _base64(data: bytes, offset: int, encode: Callable[[bytes], bytes]) -> bytes:
    """Returns the characters that depend only on `data`, if `offset` bytes (mod 3) precede it."""
    whole = encode(bytes(offset) + data)
    return whole[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]


@dataclass(frozen=True)
class Find:
    place: str
    form: str
    around: bytes


def search(mark: Sought, places: Iterable[tuple[str, bytes]]) -> list[Find]:
    """Big-endian UTF-16 also contains the little-endian form, shifted by one byte, except its first zero."""
    forms = mark.forms()
    return [
        Find(place, form, content[at : at + len(needle) + 16])
        for place, content in places
        for form, needle in forms.items()
        if (at := content.find(needle[:-1] if form == "utf-16" else needle)) >= 0
    ]


def files_under(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yields every file, regardless of its name; ignores files that disappear meanwhile."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()
