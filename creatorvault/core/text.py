"""Text that PostgreSQL and UTF-8 can hold: no U+0000, no lone surrogates (RFC 3629 §3)."""

import re
from collections.abc import Iterator
from typing import Any, Final

from creatorvault.core.errors import FieldError

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

type Location = tuple[str | int, ...]


def is_storable(value: Any) -> bool:
    """Whether `unstorable` would find nothing."""
    if isinstance(value, str):
        return "\0" not in value if value.isascii() else UNSTORABLE.search(value) is None
    if isinstance(value, dict):
        return all(map(is_storable, value)) and all(map(is_storable, value.values()))
    return all(map(is_storable, value)) if isinstance(value, list) else True


def unstorable(value: Any, location: Location) -> Iterator[FieldError]:
    """An error for each text in a JSON value, keys included, that cannot be stored."""
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            yield {
                "type": "value_error",
                "loc": location,
                "msg": "Value error, U+0000 and lone surrogates are not allowed",
            }
    elif isinstance(value, dict):
        for key, inner in value.items():
            # A key that cannot be stored cannot be named either.
            yield from unstorable(key, location)
            yield from unstorable(inner, (*location, key) if not UNSTORABLE.search(key) else location)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from unstorable(inner, (*location, index))
