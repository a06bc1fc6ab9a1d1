"""How much of what is wrong with a request is told: the answer stays about as short as the request."""

from collections.abc import Iterable
from itertools import islice
from math import isfinite
from typing import Final

import msgspec

from creatorvault.core.errors import FieldError
from creatorvault.core.text import is_storable

MAX_ERRORS: Final = 50
MAX_INPUT: Final = 100
"""Characters of a text that is repeated as `input`; a longer one is left out."""

MAX_NAME: Final = 64
"""Characters of a name in `loc`; a longer one ends in an ellipsis."""

MAX_STEPS: Final = 8
"""How far `loc` leads into what is nested deeper."""

MORE_BYTES: Final = 3584
"""What the list of errors may take beyond the size of the request. With the rest of the answer it stays under 4 KiB."""

LARGEST_INPUT: Final = 2**63

_encode: Final = msgspec.json.Encoder().encode


def reported(errors: Iterable[FieldError], sent: int) -> list[FieldError]:
    """At most MAX_ERRORS, one for each place, as many as fit beside the `sent` bytes of the request; at least one."""
    places: dict[tuple[str | int, ...], FieldError] = {}
    room = MORE_BYTES + sent
    for error in errors:
        loc = tuple(map(_shortened, islice(error["loc"], MAX_STEPS)))
        if loc in places:
            continue
        shown: FieldError = {**error, "loc": loc}
        room -= len(_encode(shown)) + 1
        if places and room < 0:
            break
        places[loc] = shown
        if len(places) == MAX_ERRORS:
            break
    return list(places.values())


def may_be_repeated(value: object) -> bool:
    """Short and plain values only: a whole body would repeat its private fields, and JSON has no word for infinity."""
    if isinstance(value, str):
        return len(value) <= MAX_INPUT and is_storable(value)
    if isinstance(value, float):
        return isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) < LARGEST_INPUT)


def _shortened(step: str | int) -> str | int:
    return f"{step[:MAX_NAME]}…" if isinstance(step, str) and len(step) > MAX_NAME else step
