"""Text that can be printed on one line: no line breaks, no control characters, valid UTF-8."""

from typing import Final
from unicodedata import category

LONGEST: Final = 500
UNSHOWN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""General categories (Unicode 4.5): control, surrogate, line separator, paragraph separator."""


def is_one_line(text: str) -> bool:
    return text.isprintable() or not any(category(character) in UNSHOWN for character in text)


def one_line(text: str) -> str:
    """Replaces white space by spaces, escapes unprintable characters, and omits the middle of long texts."""
    words = " ".join(text.split())
    if len(words) > LONGEST:
        words = f"{words[: LONGEST // 2]} … {words[-LONGEST // 2 :]}"
    if is_one_line(words):
        return words
    return "".join(c if is_one_line(c) else c.encode("unicode_escape").decode() for c in words)
