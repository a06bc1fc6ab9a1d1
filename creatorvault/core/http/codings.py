"""Negotiation of content codings (RFC 9110 §12.5.3)."""

import re
from collections.abc import Sequence
from typing import Final

IDENTITY: Final = "identity"
GZIP: Final = "gzip"
ANY: Final = "*"
ALIASES: Final = {"x-gzip": GZIP}

_MEMBER: Final = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?", re.IGNORECASE
)


def chosen_coding(accept_encoding: str | None, offered: Sequence[str]) -> str | None:
    """Returns the offered coding with the highest quality; of equal ones the one that is offered first.

    Identity is acceptable unless it is excluded, but anything that the client names is preferred. Returns None if none
    is acceptable. A member that is not well-formed is ignored.
    """
    if accept_encoding is None:
        return IDENTITY if IDENTITY in offered else offered[0]
    qualities = _qualities(accept_encoding)
    best, best_quality = None, 0.0
    for coding in offered:
        quality = qualities.get(coding, qualities.get(ANY))
        if quality is None:
            quality = 0.0001 if coding == IDENTITY else 0.0  # lower than any that can be written
        if quality > best_quality:
            best, best_quality = coding, quality
    return best


def _qualities(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for member in text.split(","):
        if match := _MEMBER.fullmatch(member):
            name = match[1].lower()
            found[ALIASES.get(name, name)] = 1.0 if match[2] is None else float(match[2])
    return found
