"""Request and response schemas of delta sync."""

from typing import Annotated, ClassVar, Final
from uuid import UUID

import msgspec
from pydantic import AfterValidator, Field, WithJsonSchema

from creatorvault.core.http.schemas import Prose, RequestModel
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.sync.changes import openapi

LONGEST_TOKEN: Final = 2048
MOST: Final = 500


def _possible_token(token: str) -> str:
    """Refuses a text that is longer than any issued token, like any other invalid token."""
    if len(token) > LONGEST_TOKEN:
        raise ValueError("too long")
    return token


Since = Annotated[str, AfterValidator(_possible_token), WithJsonSchema({"type": "string", "maxLength": LONGEST_TOKEN})]


class ChangesQuery(RequestModel):
    """How far the client has read, and the size of the page."""

    described = openapi.QUERY
    private = frozenset({"since"})

    since: Since = ""
    limit: int = Field(default=100, ge=1, le=MOST)


class ChangedIdea(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An idea as it is now, and its version."""

    described: ClassVar[Prose] = openapi.CHANGED

    etag: str
    idea: IdeaResponse


class ChangeList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of changes, in the order in which they were stored."""

    described: ClassVar[Prose] = openapi.CHANGES

    changed: list[ChangedIdea]
    deleted: list[UUID]
    next: str
    has_more: bool
