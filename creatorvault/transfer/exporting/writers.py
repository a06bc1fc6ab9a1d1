"""What the formats have in common."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Protocol

import msgspec

from creatorvault.transfer.exporting.entries import Entry

_encode = msgspec.json.Encoder().encode


class Writer(Protocol):
    """One export in one format. `compressible` says whether a content coding would make it smaller."""

    media_type: ClassVar[str]
    suffix: ClassVar[str]
    compressible: ClassVar[bool]

    def write(self, entry: Entry) -> Iterator[bytes]:
        """Yields the bytes of the entry. The last one is End, with which the file is complete."""


def json_text(value: object) -> str:
    return _encode(value).decode()


def written_time(time: datetime | None) -> str | None:
    """Returns a time as the API writes it: RFC 3339, UTC, with `Z`."""
    return None if time is None else json_text(time)[1:-1]
