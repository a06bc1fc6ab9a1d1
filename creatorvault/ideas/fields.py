"""Validation of single fields, as types of request models. Lengths count Unicode code points."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from creatorvault.core.http.field_errors import MAX_ERRORS
from creatorvault.ideas.text.folding import fold_tag

TITLE_LENGTH: Final = 200
NOTES_LENGTH: Final = 5000
TAGS_LENGTH: Final = 1000
SEARCH_LENGTH: Final = 1000
LARGEST_OFFSET: Final = 2**63 - 1
MOST_DIGITS: Final = 20
CALENDAR_FORMS: Final = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
CALENDAR_YEARS: Final = range(1900, 2200)
CALENDAR_ERROR: Final = "a date in digits alone may be unix time as well, write it as in 2026-01-15"
CALENDAR_DIGITS: Final = "Input should be a valid datetime or date, {error}"


def split_tags(text: str) -> list[str]:
    return [tag for part in text.split(",") if (tag := part.strip())]


def _trimmed(title: str) -> str:
    if not (trimmed := title.strip()):
        raise ValueError("Title must not be blank")
    return trimmed


def _with_few_errors(tags: Any) -> Any:
    """Truncates a list with many invalid elements to as many as are reported, since each costs an error object."""
    if not isinstance(tags, list) or {*map(type, tags)} <= {str}:
        return tags
    wrong = [place for place, tag in enumerate(tags) if not isinstance(tag, str)]
    return tags[: wrong[MAX_ERRORS - 1] + 1] if len(wrong) > MAX_ERRORS else tags


def _distinct(tags: Sequence[str]) -> list[str]:
    """Trims tags, splits them at commas, drops empty ones; of tags that differ only in case the first is kept.

    A tag that is too long by itself is not folded, and none after the total length is exceeded.
    """
    kept: dict[str, str] = {}
    spellings: set[str] = set()
    length = -1
    for tag in _parts(tags):
        if tag in spellings:
            continue
        if len(tag) > TAGS_LENGTH:
            raise _tags_too_long()
        spellings.add(tag)
        if (folded := fold_tag(tag)) not in kept:
            kept[folded] = tag
            length += 1 + len(tag)
            if length > TAGS_LENGTH:
                raise _tags_too_long()
    return list(kept.values())


def _tags_too_long() -> PydanticCustomError:
    return PydanticCustomError(
        "tags_too_long",
        "Tags joined by commas should have at most {max_length} characters",
        {"max_length": TAGS_LENGTH},
    )


def _parts(tags: Iterable[str]) -> Iterable[str]:
    for tag in tags:
        yield from split_tags(tag)


def _no_calendar_digits(value: Any) -> Any:
    """Refuses a date of digits only, such as 20260115, which the contract reads as seconds or milliseconds.

    This applies to a date, or a date and a time. As Unix time, 8 and 12 digits are times from 1970 to 1977, 14 digits
    are after 2570: not plausible as due dates. Ten digits, as 2026011510, are accepted: seconds in the year 2034.
    """
    if isinstance(value, str) and len(value) <= MOST_DIGITS and value.isascii():
        try:
            number = float(value)
        except ValueError:
            return value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    else:
        return value
    if 0 < number < 10**MOST_DIGITS and number == int(number):
        digits = str(int(number))
        if (form := CALENDAR_FORMS.get(len(digits))) and _is_calendar(digits, form):
            raise PydanticCustomError("datetime_from_date_parsing", CALENDAR_DIGITS, {"error": CALENDAR_ERROR})
    return value


def _is_calendar(digits: str, form: str) -> bool:
    try:
        return dt.datetime.strptime(digits, form).replace(tzinfo=dt.UTC).year in CALENDAR_YEARS
    except ValueError:
        return False


def _utc(time: dt.datetime) -> dt.datetime:
    """Converts to UTC. Naive times are read as UTC."""
    try:
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("Time must lie in the years 1 to 9999 of UTC") from None


def _uuid(value: Any) -> UUID:
    """Accepts every spelling that `uuid.UUID` accepts: hyphens anywhere, braces, `urn:uuid:`."""
    try:
        return UUID(value)
    except ValueError as error:
        raise PydanticCustomError(
            "uuid_parsing", "Input should be a valid UUID, {error}", {"error": str(error)}
        ) from None


def _text(value: Any) -> Any:
    """JSON has other values than text, which `uuid.UUID` does not expect."""
    if isinstance(value, str):
        return value
    raise PydanticCustomError("uuid_type", "UUID input should be a string")


def _storable_offset(offset: int) -> int:
    if offset > LARGEST_OFFSET:
        raise PydanticCustomError(
            "less_than_equal", "Input should be less than or equal to {le}", {"le": LARGEST_OFFSET}
        )
    return offset


Title = Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH), AfterValidator(_trimmed)]
Notes = Annotated[str, Field(max_length=NOTES_LENGTH)]
Tags = Annotated[list[str], BeforeValidator(_with_few_errors), AfterValidator(_distinct)]
DueDate = Annotated[dt.datetime, BeforeValidator(_no_calendar_digits), AfterValidator(_utc)]
AnyUuid = Annotated[UUID, BeforeValidator(_uuid)]
"""In a path or a query, where every value is text."""

UuidText = Annotated[AnyUuid, BeforeValidator(_text)]
"""In a body."""
Search = Annotated[str, Field(max_length=SEARCH_LENGTH)]
TagFilter = Annotated[str, Field(max_length=TAGS_LENGTH)]
Offset = Annotated[int, Field(ge=0), AfterValidator(_storable_offset)]
