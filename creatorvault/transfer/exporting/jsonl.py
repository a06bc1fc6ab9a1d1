"""JSON lines (docs/export.md): the format that can be imported again without any loss."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import msgspec

from creatorvault.transfer.exporting.entries import Beginning, EarlierVersion, End, Entry, LiveIdea, VaultSettings

FORMAT: Final = "creatorvault"
VERSION: Final = 1

_encode = msgspec.json.Encoder().encode


class JsonLines:
    media_type: ClassVar[str] = "application/jsonl"
    suffix: ClassVar[str] = "jsonl"
    compressible: ClassVar[bool] = True

    def write(self, entry: Entry) -> Iterator[bytes]:
        yield _line(entry)


def _line(entry: Entry) -> bytes:
    match entry:
        case Beginning():
            return _encode({"type": "export", "format": FORMAT, "version": VERSION, **entry._asdict()}) + b"\n"
        case VaultSettings():
            return _encode({"type": "settings", **entry._asdict()}) + b"\n"
        case End():
            return _encode({"type": "end", **entry._asdict()}) + b"\n"
        case LiveIdea():
            head: dict[str, Any] = {"type": "idea", "number": entry.number}
        case EarlierVersion():
            head = {"type": "version", "number": entry.number, "replaced_at": entry.replaced_at}
        case _:
            head = {"type": "trashed", "number": entry.number, "deleted_at": entry.deleted_at}
    return b"%b,%b\n" % (_encode(head)[:-1], _encode(entry.idea)[1:])
