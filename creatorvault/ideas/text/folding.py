"""Folding of text for search and tags: two texts are equal if their folded forms are. See docs/search.md.

It is one rule for all languages and never depends on a locale: results must not change with the server's settings.
Normalisation forms and Stream-Safe Text: Unicode Standard Annex #15. Default Case Folding and NFKC_Casefold: The
Unicode Standard, section 3.13. The cost is linear in the length of any text.
"""

import re
from itertools import chain, zip_longest
from typing import Final
from unicodedata import combining, is_normalized, normalize, unidata_version

import stringzilla

from creatorvault.ideas.text.alphabets import EACH, OUTLIER, OUTLIERS, fold_in_alphabet, nearest_alphabet
from creatorvault.ideas.text.letters import ACCENTS, IGNORABLE_IN_BMP, LETTERS, folded_letter
from creatorvault.ideas.text.letters import IGNORABLE_BEYOND as BEYOND_BMP
from creatorvault.ideas.text.stream_safe import JOINER, NON_STARTER, stream_safe

RULE: Final = f"3/{unidata_version}"
"""Version of the rule and of Unicode's tables: another version may fold texts differently."""


def fold(text: str) -> str:
    """Folds search terms and the texts to search; a match is a substring of the folded text.

    Default-ignorable characters are removed, each character is mapped to its folded letters (`letters`), accents that
    follow a letter are removed, and a run of white space becomes one space. Folding is idempotent. A text of only
    ignored characters becomes empty.
    """
    if text.isascii():
        folded = text.lower()
        while (place := stringzilla.find_first_of(folded, CONTROLS)) >= 0:
            folded = _with_blanks_for(folded[place], folded)
        if stringzilla.find(folded, "  ") < 0:
            return folded
    else:
        folded = fold_in_alphabet(text) or _fold_any(text)
    while _has_two_blanks(folded):  # each pass halves the longest run
        folded = folded.replace("  ", " ")
    return folded


def _has_two_blanks(folded: str) -> bool:
    """Searches the encoded text: CPython's search in the str takes several times as long as encoding it."""
    if folded.isascii():
        place: int = stringzilla.find(folded, "  ")
    else:
        # A match that begins inside a character would be U+2000, which is white space, and therefore folded to a space.
        place = stringzilla.find(folded.encode("utf-16-le", "surrogatepass"), TWO_BLANKS)
    return place >= 0


def _with_blanks_for(control: str, text: str) -> str:
    """Replaces each run of it and of spaces by one space. A search for two spaces takes several times as long."""
    first, *others, last = text.split(control)
    return " ".join([first.rstrip(" "), *filter(None, [part.strip(" ") for part in others]), last.lstrip(" ")])


def fold_case(text: str) -> str:
    """Stream-Safe, NFKC, full case folding, NFKC.

    The first NFKC composes letters before case folding (an iota subscript under other marks would fold differently),
    the second composes what folding has decomposed.
    """
    return normalize("NFKC", normalize("NFKC", stream_safe(text)).casefold())


def fold_tag(tag: str) -> str:
    """Trimmed tags are equal if they differ only in case. Accents matter, since only one of equal tags is kept.

    The result is trimmed again, since NFKC of some signs begins with a space (such as U+00A8): folding is idempotent.
    """
    if tag.isascii():
        return tag.strip().lower()
    return fold_case(tag.strip()).strip()


def _fold_any(text: str) -> str:
    """Does what `fold` does, except for runs of white space."""
    unusual = UNUSUAL.search(text)
    if unusual is not None and unusual[0] in OFTEN_IGNORED:
        while unusual is not None and unusual[0] in OFTEN_IGNORED:
            text = text.replace(unusual[0], "")
            unusual = UNUSUAL.search(text, unusual.start())
        for sign in OFTEN_IGNORED if unusual is not None else "":
            text = text.replace(sign, "")
        if (found := fold_in_alphabet(text)) is not None:
            return found
    if unusual is None and not _is_beyond_bmp(text):
        return fold_case(text)
    has_accents = ACCENT.search(text) is not None
    if not has_accents and (found := _fold_in_parts(text)) is not None:
        return found
    text = IGNORABLE.sub("", text)
    if _is_perhaps_ignorable_beyond(text):
        text = IGNORABLE_BEYOND.sub("", text)
    text = normalize("NFC", stream_safe(text))
    if has_accents and (found := fold_in_alphabet(text)) is not None:
        return found
    return _fold_by_letter(text)


def _is_beyond_bmp(text: str) -> bool:
    """Whether any character is above U+FFFF. A pattern with such characters takes ten times as long."""
    return len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)


def _is_perhaps_ignorable_beyond(text: str) -> bool:
    """Checks the first bytes of those characters in UTF-8, for the same reason."""
    encoded = text.encode("utf-8", "surrogatepass")
    return any(start in encoded for start in IGNORABLE_BEYOND_IN_UTF8)


def _fold_in_parts(text: str) -> str | None:
    """Folds a text mainly in one alphabet, with each of its other parts separately.

    Returns None for other texts, or if a part begins with a mark, which may belong to the previous letter.
    """
    sample = text[::EACH]
    alphabet = nearest_alphabet(sample)
    if alphabet.places(sample, OUTLIERS).count(OUTLIER) * 3 > 2 * len(sample):
        return None
    places = alphabet.places(text, OUTLIERS)
    others = [run.span() for run in OUTLIER_RUN.finditer(places)]
    if len(others) * MOST_OTHERS > len(text) or others[0] == (0, len(text)):
        return None
    parts = [text[start:end] for start, end in others]
    folded = {part: _fold_part(part) for part in set(parts)}  # emoji are often repeated
    if any(combining(part[0]) for part in folded.values() if part):
        return None
    own = alphabet.folded(OUTLIER_RUN.sub(OUTLIER, places)).split(OUTLIER.decode())
    return "".join(chain.from_iterable(zip_longest(own, [folded[part] for part in parts], fillvalue="")))


def _fold_part(part: str) -> str:
    if len(part) <= FEW:  # such as an emoji
        folded = "".join(map(folded_letter, part))
        if is_normalized("NFC", folded) and not any(map(combining, folded)):
            return folded
    return fold_in_alphabet(part) or _fold_any(part)


def _fold_by_letter(text: str) -> str:
    """`text` is in NFC, and Stream-Safe."""
    folded = fold_case(_mapped(text))
    if ACCENT.search(text) or _is_beyond_bmp(text):  # NFKC may turn it into a letter
        folded = _mapped(folded)
    return folded


def _mapped(text: str) -> str:
    text = MAPPED.sub(_folded_letter, text)
    return AFTER_LETTER.sub(_without_accents, text) if ACCENT.search(text) else text


def _folded_letter(found: re.Match[str]) -> str:
    return folded_letter(found[0])


def _without_accents(run: re.Match[str]) -> str:
    """Removes accents from the marks that follow a letter, and the joiners between them."""
    starters = (place for place, mark in enumerate(run[0]) if mark != JOINER and not combining(mark))
    end = next(starters, len(run[0]))
    marks = "".join([mark for mark in run[0][:end] if mark not in ACCENTS and mark != JOINER])
    return normalize("NFC", stream_safe(marks)) + run[0][end:]


CONTROLS: Final = "\t\n\v\f\r\x1c\x1d\x1e\x1f"
TWO_BLANKS: Final = "  ".encode("utf-16-le")
OFTEN_IGNORED: Final = "\u00ad\u200b\u200c\u200d\ufe0f"
"""Soft hyphens, joiners and the emoji selector: most texts contain no other ignored characters."""

MOST_OTHERS: Final = 8
"""A text is folded in parts if at most one in so many characters begins a part in another alphabet."""

FEW: Final = 8
"""Parts of up to so many characters are folded character by character, which is faster for them."""

OUTLIER_RUN: Final = re.compile(OUTLIER + OUTLIER + b"*")  # begins with a literal, which the regex engine can skip to

# Only characters up to U+FFFF: with others the search takes ten times as long.
_MAPPED: Final = (
    "\t-\r\x1c-\x1f\x80-\u02ff\u0370-\u0379\u037b-\u052f\u055a\u05be\u05f3\u05f4\u1680\u1ab0-\u1aff\u1c80-\u1c8f\u1d00-\u214f\u2212\u2c60-\u2c7f"
    "\u2de0-\u2dff\u2e3a\u2e3b\u2e42\u275b-\u2760\u3000\u301d-\u301f\ua640-\ua69f\ua720-\ua7ff\uab30-\uab6f\ufe20-\ufe32\ufe58\ufe63"
)
MAPPED: Final = re.compile(f"[{_MAPPED}]")
"""Characters that `fold_case` does not map to their folded letters, and more; without accents."""

UNUSUAL: Final = re.compile(f"[{_MAPPED}{IGNORABLE_IN_BMP}{''.join(ACCENTS)}]")
ACCENT: Final = re.compile(f"[{''.join(ACCENTS)}]")
IGNORABLE: Final = re.compile(f"[{IGNORABLE_IN_BMP}]")
IGNORABLE_BEYOND: Final = re.compile(f"[{BEYOND_BMP}]")
IGNORABLE_BEYOND_IN_UTF8: Final = (b"\xf0\x9b\xb2", b"\xf0\x9d\x85", b"\xf3\xa0")
AFTER_LETTER: Final = re.compile(f"(?<=[{''.join(LETTERS)}])(?:{NON_STARTER}|{JOINER})+")
