"""File names that every file system accepts, made of titles."""

import re
import unicodedata
from typing import Final
from uuid import UUID

MOST_BYTES: Final = 120
"""Of the part that comes from a title. With the id and the suffix, a name has at most 255 bytes, a path at most 260
characters in a folder of some depth.
"""
ID_DIGITS: Final = 8
UNTITLED: Final = "Untitled"

# Not allowed by Windows, or with a meaning in Markdown links of Obsidian.
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*#^\[\]]+')
_BLANKS: Final = re.compile(r"\s+")
_RESERVED: Final = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]) *(\.|$)", re.IGNORECASE)
_DROPPED: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
"""Unicode categories: controls, invisible and unassigned characters, private use."""


class FileNames:
    """Names of one folder: a title and the beginning of the id. Ids must come in ascending order.

    The beginning is one digit longer than what the id has in common with the one before, so that no name comes twice,
    without a record of all names. It is told apart without regard to case, as Windows and macOS do.
    """

    def __init__(self) -> None:
        self._before = ""

    def of(self, title: str, idea_id: UUID) -> str:
        own = idea_id.hex
        common = next((at for at, (one, other) in enumerate(zip(own, self._before, strict=False)) if one != other), 0)
        self._before = own
        return f"{safe_title(title)} ({own[: max(ID_DIGITS, common + 1)]})"


def safe_title(title: str) -> str:
    """Returns NFC without what some file system refuses; `Untitled` if nothing is left."""
    text = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", title))
    text = _BLANKS.sub(" ", text)
    text = "".join([character for character in text if unicodedata.category(character) not in _DROPPED])
    text = unicodedata.normalize("NFC", text).strip(" .")
    text = text.encode()[:MOST_BYTES].decode(errors="ignore").rstrip(" .")
    if _RESERVED.match(text):
        text = f"_{text}"
    return text or UNTITLED
