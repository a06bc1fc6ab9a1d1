"""Which format a file has: by content first, by its name where contents look alike."""

import zlib
from typing import BinaryIO, Final

from creatorvault.transfer.formats import notion, own
from creatorvault.transfer.formats.archives import EMPTY_MAGIC, MAGIC, Archive, Budget
from creatorvault.transfer.formats.imported import FileRefused, Format, Limits
from creatorvault.transfer.formats.markdown import EXTENSIONS
from creatorvault.transfer.formats.tables import DELIMITERS
from creatorvault.transfer.formats.words import FIELDS, plain

HEAD_BYTES: Final = 1 << 16
TABLES: Final = ("csv", "tsv", "txt")
WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
AGE: Final = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED")
UNKNOWN: Final = "Not a file that can be imported: our own export, Markdown, Notion's zip, Trello's JSON or CSV"


def opened(name: str, file: BinaryIO, limits: Limits) -> tuple[Format, Archive | None]:
    """Returns the format, and the archive if the file is one."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not size or (size <= HEAD_BYTES and not head.strip(b"\0\t\r\n \xef\xbb\xbf\xfe\xff")):
        raise FileRefused("empty_file", "The file is empty")
    if not head.startswith((MAGIC, EMPTY_MAGIC)):
        return _format_of_text(name.rpartition(".")[2].lower(), head), None
    archive = Archive(file, limits, Budget(limits, size))
    return _format_of_archive(archive), archive


def _format_of_archive(archive: Archive) -> Format:
    names = [entry.name for entry in archive.entries]
    if not names:
        raise FileRefused("nothing_to_import", "The archive holds no files")
    if all(entry.extension == "zip" for entry in archive.entries):
        archive.open_parts()
        if not notion.is_export([entry.name for entry in archive.entries]):
            raise FileRefused("nested_archives", "Archives in an archive are only read from Notion's exports")
        return Format.NOTION
    if notion.is_export(names):
        return Format.NOTION
    if any(entry.extension in EXTENSIONS for entry in archive.entries):
        return Format.MARKDOWN
    raise FileRefused("unknown_format", UNKNOWN)


def _format_of_text(extension: str, head: bytes) -> Format:
    if head.startswith(own.GZIP):
        return _format_of_gzip(head)
    if head.startswith(AGE):
        raise FileRefused("encrypted", "The file is an age archive: decrypt it first")
    if extension in {"zip", "gz"}:
        raise FileRefused("unknown_format", f"The file is called .{extension} and is none")
    if b"\0" in head and not head.startswith(WIDE_MARKS):
        raise FileRefused("binary_file", "The file is neither text nor a zip archive")
    if extension in EXTENSIONS:
        return Format.MARKDOWN
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin.startswith(b"{"):
        return Format.OWN if own.is_own(begin) else Format.TRELLO
    if extension in {"json", "jsonl"}:
        raise FileRefused("json_broken", "The file is not a JSON object")
    if begin.startswith(b"---"):
        return Format.MARKDOWN
    if extension in TABLES or _has_title_column(begin):
        return Format.CSV
    raise FileRefused("unknown_format", UNKNOWN)


def _format_of_gzip(head: bytes) -> Format:
    try:
        begin = zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
    except zlib.error:
        raise FileRefused("gzip_broken", "The compressed file is damaged") from None
    if not own.is_own(begin):
        raise FileRefused("unknown_format", "Of files compressed by gzip only our own export is read")
    return Format.OWN


def _has_title_column(begin: bytes) -> bool:
    line = begin.partition(b"\n")[0].decode("utf-8", "replace")
    cells = [line.split(delimiter) for delimiter in DELIMITERS]
    return any(len(row) > 1 and any(FIELDS.get(plain(cell)) == "title" for cell in row) for row in cells)
