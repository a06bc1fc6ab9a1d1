"""The rules of single fields, as types that request models are made of. Lengths count Unicode code points."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from creatorvault.ideas.folding import fold_tag

TITLE_LENGTH: Final = 200
NOTES_LENGTH: Final = 5000
TAGS_LENGTH: Final = 1000
LARGEST_OFFSET: Final = 2**63 - 1


def split_tags(text: str) -> list[str]:
    return [tag for part in text.split(",") if (tag := part.strip())]


def _trimmed(title: str) -> str:
    if not (trimmed := title.strip()):
        raise ValueError("Title must not be blank")
    return trimmed


def _distinct(tags: Sequence[str]) -> list[str]:
    """Trimmed, split at commas, without blanks; of tags equal without regard to case the first spelling stays."""
    kept: dict[str, str] = {}
    for tag in _parts(tags):
        kept.setdefault(fold_tag(tag), tag)
    distinct = list(kept.values())
    if len(",".join(distinct)) > TAGS_LENGTH:
        raise PydanticCustomError(
            "tags_too_long",
            "Tags joined by commas should have at most {max_length} characters",
            {"max_length": TAGS_LENGTH},
        )
    return distinct


def _parts(tags: Iterable[str]) -> Iterable[str]:
    for tag in tags:
        yield from split_tags(tag)


def _utc(time: dt.datetime) -> dt.datetime:
    """Naive times are read as UTC."""
    try:
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("Time must lie in the years 1 to 9999 of UTC") from None


def _uuid(value: Any) -> UUID:
    """Every spelling that `uuid.UUID` reads: hyphens anywhere, braces, `urn:uuid:`."""
    try:
        return UUID(value)
    except ValueError as error:
        raise PydanticCustomError(
            "uuid_parsing", "Input should be a valid UUID, {error}", {"error": str(error)}
        ) from None


def _storable_offset(offset: int) -> int:
    if offset > LARGEST_OFFSET:
        raise PydanticCustomError(
            "less_than_equal", "Input should be less than or equal to {le}", {"le": LARGEST_OFFSET}
        )
    return offset


Title = Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH), AfterValidator(_trimmed)]
Notes = Annotated[str, Field(max_length=NOTES_LENGTH)]
Tags = Annotated[list[str], AfterValidator(_distinct)]
DueDate = Annotated[dt.datetime, AfterValidator(_utc)]
AnyUuid = Annotated[UUID, BeforeValidator(_uuid)]
Offset = Annotated[int, Field(ge=0), AfterValidator(_storable_offset)]
