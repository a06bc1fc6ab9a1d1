"""Query parameters of lists whose values are separated by commas, or repeated, or both."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from creatorvault.ideas.fields import AnyUuid, split_tags

MOST_IDS: Final = 100


class IdeaField(StrEnum):
    """A field of an idea."""

    TITLE = "title"
    NOTES = "notes"
    STAGE = "stage"
    PRIORITY = "priority"
    TAGS = "tags"
    DUE_DATE = "due_date"
    ID = "id"
    USER_ID = "user_id"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


REQUIRED_FIELDS: Final = frozenset(
    {IdeaField.TITLE, IdeaField.ID, IdeaField.USER_ID, IdeaField.CREATED_AT, IdeaField.UPDATED_AT}
)
"""Generated clients refuse an idea without these."""


def _parts(given: Sequence[str]) -> list[str]:
    """Blanks are ignored, as in `tags`."""
    return [part for value in given for part in split_tags(value)]


Ids = Annotated[list[AnyUuid], Field(max_length=MOST_IDS), BeforeValidator(_parts)]
Fields = Annotated[list[IdeaField], BeforeValidator(_parts)]
