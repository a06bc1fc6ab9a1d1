"""Zip archives of strangers: everything is checked before and while it is read, by the standard library's reader."""

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple

from creatorvault.transfer.formats.imported import FileRefused, Limits

CHUNK: Final = 1 << 16
MAGIC: Final = b"PK\x03\x04"
EMPTY_MAGIC: Final = b"PK\x05\x06"
READ: Final = (".md", ".markdown", ".csv", ".zip")
"""Other entries are never uncompressed, so their size does not matter."""

_ENTRY: Final = b"PK\x01\x02"
"""Every entry of a central directory begins with it."""

_LOCAL_HEADER_BYTES: Final = 30
_FREE_BYTES: Final = 1 << 20
_LONGEST_NAME: Final = 1024
_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_BROKEN: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    OverflowError,
)
_SYSTEM: Final = re.compile(r"(?:.*/)?(?:__MACOSX(?:/.*)?|\.DS_Store|Thumbs\.db|desktop\.ini)")
"""Files that operating systems add. They hold nothing of the creator and are not listed as lost."""


class Budget:
    """Counts the uncompressed bytes of one file and refuses it when there are too many."""

    def __init__(self, limits: Limits, compressed: int) -> None:
        self._most = limits.most_bytes
        self._plausible = _FREE_BYTES + limits.most_ratio * compressed
        self._taken = 0

    def take(self, count: int, where: str | None = None) -> None:
        self._taken += count
        self.check(self._taken, where)

    def check(self, total: int, where: str | None = None) -> None:
        if total > self._most:
            raise FileRefused("too_large", f"Uncompressed, the file has more than {self._most} bytes", where)
        if total > self._plausible:
            raise FileRefused("compressed_too_much", "Much more comes out of the file than a text can hold", where)


class Entry(NamedTuple):
    """`name` has slashes, no drive and no parent folders."""

    name: str
    part: zipfile.ZipFile
    info: zipfile.ZipInfo

    @property
    def extension(self) -> str:
        """In lower case and without the dot."""
        return self.name.rpartition("/")[2].rpartition(".")[2].lower()


class Archive:
    """The files of a zip, or of several that are one export. Folders and files of operating systems are left out."""

    def __init__(self, file: BinaryIO, limits: Limits, budget: Budget) -> None:
        self.limits = limits
        self.budget = budget
        self.entries = _entries(file, limits, budget)

    def read(self, entry: Entry, most: int) -> bytes | None:
        """Returns None if the entry has more than `most` bytes."""
        if entry.info.file_size > most:
            return None
        with _refusing(entry.name), entry.part.open(entry.info) as stream:
            content = bytearray()
            while piece := stream.read(CHUNK):
                self.budget.take(len(piece), entry.name)
                content += piece
        if len(content) != entry.info.file_size:
            raise FileRefused("zip_broken", "A file in the archive has another size than its entry says", entry.name)
        return bytes(content)

    def head(self, entry: Entry, most: int) -> bytes:
        """Returns the beginning of an entry, at most `most` bytes."""
        with _refusing(entry.name), entry.part.open(entry.info) as stream:
            content = stream.read(most)
        self.budget.take(len(content), entry.name)
        return content

    def open_parts(self) -> None:
        """Replaces the entries, which are zips, by those in them, one level deep."""
        parts = self.entries
        if sum(part.info.file_size for part in parts) > self.limits.most_bytes_in_memory:
            raise FileRefused("too_large", f"The parts have more than {self.limits.most_bytes_in_memory} bytes")
        self.entries = []
        for part in parts:
            if (content := self.read(part, self.limits.most_bytes_in_memory)) is not None:
                self.entries += _entries(io.BytesIO(content), self.limits, self.budget)
        _check_names([entry.name for entry in self.entries], self.limits)


def _entries(file: BinaryIO, limits: Limits, budget: Budget) -> list[Entry]:
    _check_count(file, limits)
    with _refusing(None):
        part = zipfile.ZipFile(file)
        infos = part.infolist()
    _check_infos(infos)
    _check_places(infos, part.start_dir)
    budget.check(sum(info.file_size for info in infos if info.orig_filename.lower().endswith(READ)))
    entries = [Entry(_name(info), part, info) for info in infos]
    _check_names([entry.name for entry in entries], limits)
    return [entry for entry in entries if not entry.name.endswith("/") and not _SYSTEM.fullmatch(entry.name)]


@contextmanager
def _refusing(where: str | None) -> Iterator[None]:
    try:
        yield
    except _BROKEN:
        raise FileRefused("zip_broken", "The zip archive is damaged or cut off", where) from None


def _check_count(file: BinaryIO, limits: Limits) -> None:
    """Counts signatures before the library makes an object of each entry. Headers may state any number."""
    file.seek(0)
    count, before = 0, b""
    while chunk := file.read(CHUNK):
        count += (before + chunk).count(_ENTRY)
        before = chunk[-len(_ENTRY) + 1 :]
        if count > limits.most_entries:
            raise _too_many(limits)
    file.seek(0)


def _too_many(limits: Limits) -> FileRefused:
    return FileRefused("too_many_entries", f"The archive has more than {limits.most_entries} entries")


def _check_infos(infos: list[zipfile.ZipInfo]) -> None:
    for info in infos:
        name = info.orig_filename
        if info.flag_bits & _ENCRYPTED:
            raise FileRefused("encrypted", "The archive is encrypted: import one without a password", name)
        if info.compress_type not in _METHODS:
            raise FileRefused("compression_unknown", "Only stored and deflated entries can be read", name)
        if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise FileRefused("special_file", "The archive holds a link or another special file", name)


def _check_places(infos: list[zipfile.ZipInfo], end: int) -> None:
    """Refuses entries that share bytes, with which a small archive has an enormous content."""
    places = sorted((info.header_offset, info.compress_size) for info in infos)
    for (offset, size), (following, _) in pairwise([*places, (end, 0)]):
        if offset < 0 or offset + _LOCAL_HEADER_BYTES + size > following:
            raise FileRefused("entries_overlap", "Entries of the archive overlap")


def _name(info: zipfile.ZipInfo) -> str:
    """Returns the name in Unicode's composed form. macOS writes UTF-8 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8 and not name.isascii():
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.orig_filename
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _check_names(names: list[str], limits: Limits) -> None:
    if len(names) > limits.most_entries:
        raise _too_many(limits)
    for name in names:
        if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
            raise FileRefused("path_unsafe", "A name in the archive leads out of it", name)
        if not name or len(name) > _LONGEST_NAME or any(letter < " " for letter in name):
            raise FileRefused(
                "name_invalid", "A name in the archive is empty, too long or has control characters", name
            )
    if len(set(names)) < len(names):
        raise FileRefused("names_repeated", "Two entries of the archive have the same name")
