"""Hostile files, built when a test asks for them: small to send, harmful to a careless reader."""

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Final, NamedTuple

from tests.transfer.formats.factories import zipped

PAGE: Final = b"---\nstage: draft\n---\n# A page\n\nText.\n"
MIB: Final = 1 << 20
CENTRAL: Final = b"PK\x01\x02"
LOCAL: Final = b"PK\x03\x04"
END: Final = b"PK\x05\x06"
HEAD: Final = (
    b'{"type":"export","format":"creatorvault","version":1,"user_id":"u","exported_at":"2026-11-30T10:00:00Z"}\n'
)
SETTINGS: Final = b'{"type":"settings","retention_days":30}\n'
IDEA: Final = (
    b'{"type":"idea","number":2,"title":"T","notes":null,"stage":"idea","priority":"low","tags":[],"due_date":null,'
    b'"id":"00000000-0000-4000-8000-000000000001","user_id":"u","created_at":"2026-01-01T00:00:00Z",'
    b'"updated_at":"2026-01-01T00:00:00Z"}\n'
)
VERSION: Final = IDEA.replace(b'"idea","number":2', b'"version","number":1,"replaced_at":"2026-01-02T00:00:00Z"')


LONG_IDEA: Final = IDEA.replace(b"null", b'"' + b" " * 5000 + b'"', 1)


class Hostile(NamedTuple):
    code: str
    name: str
    build: Callable[[], bytes]


def end(ideas: int = 0, versions: int = 0, trashed: int = 0) -> bytes:
    return b'{"type":"end","ideas":%d,"versions":%d,"trashed":%d}\n' % (ideas, versions, trashed)


def own(*lines: bytes) -> Callable[[], bytes]:
    return lambda: b"".join([HEAD, SETTINGS, *lines])


def patched(raw: bytes, signature: bytes, offset: int, form: str, value: int) -> bytes:
    """Returns an archive with another value in the first record with the signature."""
    target = bytearray(raw)
    struct.pack_into(form, target, raw.index(signature) + offset, value)
    return bytes(target)


def central(offset: int, form: str, value: int) -> Callable[[], bytes]:
    return lambda: patched(zipped({"a.md": PAGE}), CENTRAL, offset, form, value)


def named(name: str) -> Callable[[], bytes]:
    return lambda: zipped({name: PAGE})


def raw_name(name: bytes) -> Callable[[], bytes]:
    """`zipfile` writes no such names."""
    return lambda: zipped({"x" * len(name): PAGE}).replace(b"x" * len(name), name)


def twice_the_same() -> bytes:
    return zipped({"a.md": PAGE, "b.md": PAGE}).replace(b"b.md", b"a.md")


def link() -> bytes:
    target = io.BytesIO()
    info = zipfile.ZipInfo("a.md")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return target.getvalue()


def overlapping() -> bytes:
    """One entry's bytes are the content of a thousand others."""
    raw = zipped({"0000.md": b" " * MIB})
    at, finish = raw.index(CENTRAL), raw.index(END)
    entry = raw[at:finish]
    entries = b"".join(entry.replace(b"0000.md", b"%04d.md" % number) for number in range(1000))
    return raw[:at] + entries + struct.pack("<4s4H2IH", END, 0, 0, 1000, 1000, len(entries), at, 0)


def million_entries() -> bytes:
    """A million entries that share one content, and an end that admits to one."""
    local = struct.pack("<4s5H3I2H", LOCAL, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    entry = struct.pack("<4s6H3I5H2I", CENTRAL, 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    count = 1_000_000
    return local + entry * count + struct.pack("<4s4H2IH", END, 0, 0, 1, 1, len(entry) * count, len(local), 0)


def deflate_bomb(name: str, size: int) -> Callable[[], bytes]:
    return lambda: zipped({name: b"\n" * size})


def many_pages_bomb() -> bytes:
    """Pages within their own limit, which are too much together."""
    return zipped({f"{number}.md": b"\n" * MIB for number in range(40)})


def nested_bomb() -> bytes:
    inner = zipped({"Page 0123456789abcdef0123456789abcdef.md": b"\n" * (30 * MIB)})
    return zipped({"Export-Part-1.zip": zipped({"Export-Part-1.zip": inner})})


def part_bomb() -> bytes:
    return zipped({"Export-Part-1.zip": b"\0" * (30 * MIB)})


def lying_size() -> bytes:
    """The directory says 10 bytes, and the compressed content is a mebibyte."""
    raw = zipped({"a.md": b"\n" * MIB})
    return patched(patched(raw, CENTRAL, 24, "<I", 10), LOCAL, 22, "<I", 10)


def gzip_bomb() -> bytes:
    """Lines that are short enough, and say the same again and again."""
    return gzip.compress(HEAD + SETTINGS + LONG_IDEA * 4000, 9)


def gzip_line_bomb() -> bytes:
    return gzip.compress(HEAD + b" " * (30 * MIB), 9)


def yaml_bomb() -> bytes:
    levels = "".join(f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]\n" for level in range(1, 9))
    return f"---\nl0: &l0 [lol]\n{levels}---\nText\n".encode()


def board(cards: str = "[]", more: str = "") -> bytes:
    return f'{{"name":"B","lists":[],"cards":{cards}{more}}}'.encode()


def wide_table() -> bytes:
    return b"title" + b",c" * 100_000 + b"\na\n"


HOSTILE: Final = {
    # Archives
    "an entry that grows a thousandfold": Hostile("compressed_too_much", "a.zip", deflate_bomb("a.md", 30 * MIB)),
    "an entry beyond the limit of all": Hostile("too_large", "a.zip", central(24, "<I", 0x7FFFFFFF)),
    "many entries that grow": Hostile("compressed_too_much", "a.zip", many_pages_bomb),
    "zips in zips in zips": Hostile("nested_archives", "a.zip", nested_bomb),
    "a part that grows": Hostile("compressed_too_much", "a.zip", part_bomb),
    "a zip in a vault's zip alone": Hostile(
        "nested_archives", "a.zip", lambda: zipped({"v.zip": zipped({"a.md": PAGE})})
    ),
    "entries that share bytes": Hostile("entries_overlap", "a.zip", overlapping),
    "a million entries": Hostile("too_many_entries", "a.zip", million_entries),
    "a size that lies": Hostile("zip_broken", "a.zip", lying_size),
    "a checksum that lies": Hostile("zip_broken", "a.zip", central(16, "<I", 1)),
    "an offset that lies": Hostile("entries_overlap", "a.zip", central(42, "<I", 2**31)),
    "a compressed size that lies": Hostile("entries_overlap", "a.zip", central(20, "<I", 2**31)),
    "an encrypted entry": Hostile("encrypted", "a.zip", central(8, "<H", 1)),
    "a compression that nobody knows": Hostile("compression_unknown", "a.zip", central(10, "<H", 99)),
    "a compression that takes much memory": Hostile(
        "compression_unknown", "a.zip", lambda: zipped({"a.md": PAGE}, zipfile.ZIP_LZMA)
    ),
    "a symbolic link": Hostile("special_file", "a.zip", link),
    "a path to a parent": Hostile("path_unsafe", "a.zip", named("notes/../../a.md")),
    "a path of Windows to a parent": Hostile("path_unsafe", "a.zip", raw_name(b"..\\..\\a.md")),
    "an absolute path": Hostile("path_unsafe", "a.zip", named("/etc/a.md")),
    "a drive letter": Hostile("path_unsafe", "a.zip", named("C:/a.md")),
    "a share of a network": Hostile("path_unsafe", "a.zip", raw_name(b"\\\\host\\a.md")),
    "a name with U+0000": Hostile("name_invalid", "a.zip", raw_name(b"a.md\0.exe")),
    "a name with a line break": Hostile("name_invalid", "a.zip", raw_name(b"a\n.md")),
    "an endless name": Hostile("name_invalid", "a.zip", named("a" * 5000 + ".md")),
    "two entries with one name": Hostile("names_repeated", "a.zip", twice_the_same),
    "folders alone": Hostile("nothing_to_import", "a.zip", lambda: zipped({"a/": b"", "a/b/": b""})),
    "an archive without entries": Hostile("nothing_to_import", "a.zip", lambda: zipped({})),
    "an archive without pages": Hostile("unknown_format", "a.zip", lambda: zipped({"a.exe": b"MZ"})),
    "an archive cut in its directory": Hostile("zip_broken", "a.zip", lambda: zipped({"a.md": PAGE * 9})[:-30]),
    "an archive cut in its content": Hostile("zip_broken", "a.zip", lambda: zipped({"a.md": PAGE * 9})[:60]),
    "a directory that is elsewhere": Hostile(
        "zip_broken", "a.zip", lambda: patched(zipped({"a.md": PAGE}), END, 12, "<I", 2**31)
    ),
    "a text called zip": Hostile("unknown_format", "a.zip", lambda: PAGE),
    # Our own export
    "an export without its end": Hostile("cut_off", "a.jsonl", own(IDEA)),
    "a compressed export without its end": Hostile(
        "cut_off", "a.gz", lambda: gzip.compress(b"".join([HEAD, SETTINGS, IDEA * 50, end(50)]))[:-12]
    ),
    "a compressed export that is damaged": Hostile("gzip_broken", "a.gz", lambda: b"\x1f\x8b\x08\x00" + b"\xff" * 60),
    "a compressed file of somebody else": Hostile("unknown_format", "a.gz", lambda: gzip.compress(b"hello\n")),
    "lines that grow": Hostile("compressed_too_much", "a.gz", gzip_bomb),
    "a line that grows": Hostile("row_too_large", "a.gz", gzip_line_bomb),
    "an end that counts wrongly": Hostile("counts_differ", "a.jsonl", own(IDEA, end(2))),
    "lines behind the end": Hostile("after_end", "a.jsonl", own(IDEA, end(1), IDEA)),
    "a version without its idea": Hostile("line_invalid", "a.jsonl", own(VERSION, end(0, 1))),
    "versions in the wrong order": Hostile("line_invalid", "a.jsonl", own(IDEA, VERSION, VERSION, end(1, 2))),
    "settings at the wrong place": Hostile("line_invalid", "a.jsonl", own(IDEA, SETTINGS, end(1))),
    "a second head": Hostile("line_invalid", "a.jsonl", own(HEAD, end())),
    "a field of the future": Hostile("line_invalid", "a.jsonl", own(IDEA.replace(b"{", b'{"x":1,', 1), end(1))),
    "a repeated key": Hostile("line_invalid", "a.jsonl", own(IDEA.replace(b"{", b'{"title":"S",', 1), end(1))),
    "a lone surrogate": Hostile("line_invalid", "a.jsonl", own(IDEA.replace(b'"T"', rb'"\ud800"'), end(1))),
    "U+0000 in a title": Hostile("line_invalid", "a.jsonl", own(IDEA.replace(b'"T"', rb'"\u0000"'), end(1))),
    "NaN": Hostile("line_invalid", "a.jsonl", own(IDEA.replace(b'":2', b'":NaN'), end(1))),
    "a number with 100,000 digits": Hostile(
        "line_invalid", "a.jsonl", own(IDEA.replace(b'":2', b'":' + b"9" * 100_000))
    ),
    "a float beyond all": Hostile("line_invalid", "a.jsonl", own(IDEA.replace(b'":2', b'":1e999'), end(1))),
    "brackets in a line": Hostile("line_invalid", "a.jsonl", own(b"[" * 100_000 + b"\n")),
    "a line that is not UTF-8": Hostile("line_invalid", "a.jsonl", own(IDEA.replace(b'"T"', b'"\xff"'), end(1))),
    # Trello
    "brackets without end": Hostile("nested_too_deep", "a.json", lambda: board(more=',"x":' + "[" * 100_000)),
    "JSON that is cut off": Hostile("json_broken", "a.json", lambda: board()[:-1]),
    "NaN in a board": Hostile("json_broken", "a.json", lambda: board(more=',"x":NaN')),
    "a lone surrogate in a list's name": Hostile(
        "json_broken", "a.json", lambda: board().replace(b'"B"', rb'"\ud800"')
    ),
    "another JSON": Hostile("not_a_board", "a.json", lambda: json.dumps({"cards": 7}).encode()),
    "a JSON list": Hostile("json_broken", "a.json", lambda: b"[1, 2]"),
    "a board without cards": Hostile("nothing_to_import", "a.json", board),
    # Markdown
    "a bomb of aliases": Hostile("yaml_anchor", "a.md", yaml_bomb),
    "a Python object": Hostile("yaml_tag", "a.md", lambda: b"---\na: !!python/object/apply:os.system [id]\n---\n"),
    "front matter that is nested": Hostile(
        "nested_too_deep", "a.md", lambda: b"---\na: " + b"[" * 60 + b"]" * 60 + b"\n---\n"
    ),
    "front matter without end": Hostile(
        "front_matter_too_large", "a.md", lambda: b"---\na: " + b"x" * 99_999 + b"\n---\n"
    ),
    "a page of two mebibytes": Hostile("too_large", "a.md", lambda: b"x" * (2 * MIB)),
    "a page in UTF-32": Hostile("encoding_unknown", "a.md", lambda: "\ufeff# A page".encode("utf-32-le")),
    "a program called md": Hostile("binary_file", "a.md", lambda: b"\x7fELF\0\0\0\0" + bytes(range(256))),
    # CSV
    "a cell of 100 MB": Hostile("row_too_large", "a.csv", lambda: b"title\n" + b"x" * 100_000_000),
    "a quoted cell of many lines": Hostile("field_too_large", "a.csv", lambda: b'title\n"' + b"x\n" * 200_000 + b'"\n'),
    "a row of many lines": Hostile("row_too_large", "a.csv", lambda: b"title\n" + b'"\n",,,,' * 300_000),
    "100,000 columns": Hostile("too_many_columns", "a.csv", wide_table),
    "a quotation mark that stays open": Hostile("cut_off", "a.csv", lambda: b'title,notes\na,"b\nc,d\n'),
    "a header that cannot be read": Hostile("header_broken", "a.csv", lambda: b'"title"x,notes\na,b\n'),
    "no column of titles": Hostile("no_title_column", "a.csv", lambda: b"views,likes\n1,2\n"),
    "a header alone": Hostile("nothing_to_import", "a.csv", lambda: b"title,notes\n"),
    "half a character of UTF-16": Hostile("cut_off", "a.csv", lambda: "title\na\n".encode("utf-16")[:-1]),
    "a wrong surrogate of UTF-16": Hostile("encoding_unknown", "a.csv", lambda: b"\xff\xfet\0\0\xdc\0\xdc"),
    "half a character of UTF-8": Hostile("cut_off", "a.csv", lambda: "title\ncafé".encode()[:-1]),
    "neither UTF-8 nor Windows-1252": Hostile("encoding_unknown", "a.csv", lambda: b"title\n\x81\x8d\n"),
    "UTF-16 without a mark": Hostile("binary_file", "a.csv", lambda: "title\na\n".encode("utf-16-le")),
    # Others
    "an empty file": Hostile("empty_file", "a.csv", lambda: b""),
    "a file of blanks": Hostile("empty_file", "a.csv", lambda: b"\xef\xbb\xbf \r\n\t\n"),
    "an age archive": Hostile("encrypted", "a.age", lambda: b"age-encryption.org/v1\n-> X25519 abc\n"),
    "a text of an unknown kind": Hostile("unknown_format", "a.rtf", lambda: b"{\\rtf1 hello}"[1:]),
}
