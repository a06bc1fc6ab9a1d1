"""Limits on reported validation errors, so that a response is about as short as its request."""

from collections.abc import Iterable
from itertools import islice
from math import isfinite
from typing import Final

import msgspec

from creatorvault.core.errors import FieldError
from creatorvault.core.text import is_storable

MAX_ERRORS: Final = 50
MAX_INPUT: Final = 100
"""Characters of a text that is repeated as `input`; longer ones are omitted."""

MAX_NAME: Final = 64
"""Characters of a name in `loc`; longer ones end in an ellipsis."""

MAX_STEPS: Final = 8
"""Maximum number of elements of `loc`."""

MORE_BYTES: Final = 3584
"""Bytes of the list in excess of the request. With the rest of the response it stays below 4 KiB."""

LARGEST_INPUT: Final = 2**63

_encode: Final = msgspec.json.Encoder().encode


def reported(errors: Iterable[FieldError], sent: int) -> list[FieldError]:
    """Returns at most MAX_ERRORS errors, one per location, as many as fit for `sent` bytes of request; at least one."""
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
    """Allows only short scalar values: a whole body would repeat private fields, and JSON cannot express infinity."""
    if isinstance(value, str):
        return len(value) <= MAX_INPUT and is_storable(value)
    if isinstance(value, float):
        return isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) < LARGEST_INPUT)


def _shortened(step: str | int) -> str | int:
    return f"{step[:MAX_NAME]}…" if isinstance(step, str) and len(step) > MAX_NAME else step
