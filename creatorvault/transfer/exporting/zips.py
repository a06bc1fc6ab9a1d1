"""Zip archives (PKWARE APPNOTE 6.3.10) as a stream of bytes.

Not `zipfile`: it keeps an object for each member until the end, and then writes the directory of all of them at once,
so a large vault would neither be exported in constant memory nor leave the event loop to others. It also writes the
sizes of a member behind it, which some readers of streams refuse. Here each member is whole before it is written, so
its sizes come first, and the directory is kept deflated, about 40 bytes for each member.
"""

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

EARLIEST: Final = datetime(1980, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_END_64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64: Final = struct.Struct("<4sIQI")
_OFFSET_64: Final = struct.Struct("<2HQ")

VERSION: Final = 20
VERSION_64: Final = 45
MADE_BY: Final = 3 << 8 | VERSION_64
"""Unix, whose permissions are in the external attributes."""
UTF_8: Final = 1 << 11
DEFLATED: Final = 8
REGULAR_FILE: Final = 0o100644 << 16
MOST_16: Final = 0xFFFF
MOST_32: Final = 0xFFFFFFFF
LEVEL: Final = 4
OF_DIRECTORY: Final = 1
PIECE: Final = 65_536


class ZipStream:
    def __init__(self) -> None:
        self._offset = 0
        self._members = 0
        self._directory_bytes = 0
        self._deflated: list[bytes] = []
        self._deflater = zlib.compressobj(OF_DIRECTORY)

    def file(self, path: str, content: bytes, time: datetime) -> bytes:
        """Returns the bytes of one member. Neither `content` nor its position in the archive is limited to 4 GiB."""
        name, deflated = path.encode(), _deflate(content)
        facts = (UTF_8, DEFLATED, *_dos_time(time), zlib.crc32(content), len(deflated), len(content), len(name))
        self._record(name, facts)
        local = b"%b%b%b" % (_LOCAL.pack(b"PK\3\4", VERSION, *facts, 0), name, deflated)
        self._offset += len(local)
        return local

    def end(self) -> Iterator[bytes]:
        """Yields the directory and the end of the archive."""
        deflated, self._deflated = [*self._deflated, self._deflater.flush()], []
        inflater = zlib.decompressobj()
        for index, piece in enumerate(deflated):
            deflated[index] = b""  # what has been written need not be kept
            yield inflater.decompress(piece, PIECE)
            while rest := inflater.unconsumed_tail:
                yield inflater.decompress(rest, PIECE)
        yield inflater.flush()
        yield self._trailer()

    def _record(self, name: bytes, facts: tuple[int, ...]) -> None:
        extra, offset, version = b"", self._offset, VERSION
        if offset >= MOST_32:
            extra, offset, version = _OFFSET_64.pack(1, _OFFSET_64.size - 4, offset), MOST_32, VERSION_64
        head = _CENTRAL.pack(b"PK\1\2", MADE_BY, version, *facts, len(extra), 0, 0, 0, REGULAR_FILE, offset)
        entry = b"%b%b%b" % (head, name, extra)
        self._members += 1
        self._directory_bytes += len(entry)
        if piece := self._deflater.compress(entry):
            self._deflated.append(piece)

    def _trailer(self) -> bytes:
        size, offset, members = self._directory_bytes, self._offset, self._members
        trailer = b""
        if members >= MOST_16 or size >= MOST_32 or offset >= MOST_32:
            trailer = _END_64.pack(
                b"PK\6\6", _END_64.size - 12, MADE_BY, VERSION_64, 0, 0, members, members, size, offset
            ) + _LOCATOR_64.pack(b"PK\6\7", 0, offset + size, 1)
        members, size, offset = min(members, MOST_16), min(size, MOST_32), min(offset, MOST_32)
        return trailer + _END.pack(b"PK\5\6", 0, 0, members, members, size, offset, 0)


def _deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, 8)
    return deflater.compress(content) + deflater.flush()


def _dos_time(time: datetime) -> tuple[int, int]:
    """Returns time and date, in UTC: a zip has no time zone."""
    time = min(max(time, EARLIEST), LATEST)
    return (
        time.hour << 11 | time.minute << 5 | time.second // 2,
        time.year - EARLIEST.year << 9 | time.month << 5 | time.day,
    )
