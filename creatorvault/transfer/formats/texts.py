"""Bytes to text: UTF-8 or UTF-16 with a byte order mark, and Windows-1252 where nothing else fits."""

import codecs
import io
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from typing import BinaryIO, Final

from creatorvault.transfer.formats.imported import FileRefused

CHUNK: Final = 1 << 16
FALLBACK: Final = "cp1252"
"""What Excel writes as CSV in western Europe and America."""

_MARKS: Final = (
    (BOM_UTF8, "utf-8-sig"),
    (BOM_UTF32_LE, ""),
    (BOM_UTF32_BE, ""),
    (BOM_UTF16_LE, "utf-16"),
    (BOM_UTF16_BE, "utf-16"),
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
NOT_TEXT: Final = "The file is neither UTF-8 nor UTF-16 with a byte order mark: save it as UTF-8"
GUESSED: Final = "Not UTF-8: read as Windows-1252, some letters may be wrong"


def encoding_of(file: BinaryIO, where: str | None = None) -> str:
    """Reads the whole file in small pieces. Raises FileRefused if no encoding fits."""
    file.seek(0)
    head = file.read(4)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    if encoding and _decodes(file, encoding, where):
        return encoding
    if encoding == "utf-8" and _decodes(file, FALLBACK, where):
        return FALLBACK
    raise FileRefused("encoding_unknown", NOT_TEXT, where)


def _decodes(file: BinaryIO, encoding: str, where: str | None) -> bool:
    """Raises FileRefused if the file ends in the middle of a character."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            text = decoder.decode(chunk)
            if encoding == FALLBACK and _CONTROLS.search(text):
                return False
    except UnicodeDecodeError:
        return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileRefused("cut_off", "The file ends in the middle of a character", where) from None
    return True


def decoded(raw: bytes, where: str) -> tuple[str, str]:
    """Returns the text and its encoding. Raises as `encoding_of`."""
    encoding = encoding_of(io.BytesIO(raw), where)
    return raw.decode(encoding), encoding
