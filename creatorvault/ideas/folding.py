"""The fixed rule by which two texts count as the same, for search, tags and the order of titles.

It is one rule for all languages and never depends on a locale: an answer may not change with the server's settings.
Normalisation forms: Unicode Standard Annex #15. Default Case Folding: The Unicode Standard, section 3.13.
"""

from typing import Final
from unicodedata import category, normalize, unidata_version

RULE: Final = f"1/{unidata_version}"
"""What is folded by another rule, or with the tables of another version of Unicode, may be folded differently."""


def fold(text: str) -> str:
    """NFKC, full case folding, NFKC again: both a search and what it is searched in go through it, so STRASSE finds
    straße, `fi` finds the ligature in `ﬁlm`, and a letter typed with a combining accent finds the precomposed one.

    A match is a substring of the folded text. So `e` does not find `é` (accents tell texts apart in a search), a
    lone combining mark does not find the letter that it would have merged with, and `s` finds `ß` as half of `ss`.
    The first NFKC lets case folding see every letter in its composed form (an iota subscript under other marks
    would fold differently), the second composes what folding took apart.
    """
    if text.isascii():
        return text.lower()
    return normalize("NFKC", normalize("NFKC", text).casefold())


def fold_tag(tag: str) -> str:
    """Tags are equal when their trimmed, folded forms are.

    Trimmed again, since NFKC makes some signs begin with a space (U+00A8 for one): folding twice changes nothing.
    """
    if tag.isascii():
        return tag.strip().lower()
    return fold(tag.strip()).strip()


def title_key(title: str) -> tuple[str, str]:
    """Sorts titles as people expect: accents and case do not count at first, between equals the code points decide."""
    if title.isascii():
        return title.lower(), title
    return _without_marks(_without_marks(title).casefold()), title


def _without_marks(text: str) -> str:
    return "".join(character for character in normalize("NFKD", text) if category(character) != "Mn")
