"""Strict JSON of one line: no NaN, no repeated keys, no numbers without bounds, no text that cannot be stored."""

import json
import math
from typing import Final, NoReturn

from creatorvault.core.http.nesting import is_shallow
from creatorvault.core.text import is_storable

type JSON = bool | int | float | str | list[JSON] | dict[str, JSON] | None

MOST_DIGITS: Final = 20


def strict_json(raw: bytes) -> JSON:
    """Raises ValueError."""
    if not is_shallow(raw):
        raise ValueError("nested too deep")
    value: JSON = json.loads(
        raw.decode("utf-8"),
        object_pairs_hook=_without_repeats,
        parse_constant=_no_constants,
        parse_int=_small,
        parse_float=_finite,
    )
    if not is_storable(value):
        raise ValueError("text that cannot be stored")
    return value


def _without_repeats(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a repeated key")
    return found


def _no_constants(text: str) -> NoReturn:
    raise ValueError("not a number")


def _small(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("a number with too many digits")
    return int(text)


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number that is too large")
    return number
