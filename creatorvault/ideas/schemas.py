"""Request and response schemas of the idea endpoints. Field order is key order on the wire; type names are schema names
in the published document.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Self
from uuid import UUID

import msgspec
from pydantic import Field, model_validator

from creatorvault.core.http.paging import Cursor, refuse_offset_beside_cursor
from creatorvault.core.http.repeatable import Repeatable
from creatorvault.core.http.schemas import Code, Moment, Prose, RequestModel
from creatorvault.ideas.fields import AnyUuid, DueDate, Notes, Offset, Search, TagFilter, Tags, Title
from creatorvault.ideas.lists.parameters import Fields, Ids
from creatorvault.ideas.prose import CONFLICT, CONTENT, IDEA, ONE_IDEA, OWNER, PAGE, QUERY


class StageEnum(StrEnum):
    """Stages in order of progress, which `sort=stage` follows."""

    IDEA = "idea"
    OUTLINE = "outline"
    DRAFT = "draft"
    PUBLISHED = "published"


class PriorityEnum(StrEnum):
    """Priorities from most to least important; `sort=priority` ascends from low."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class IdeaResponse(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stored idea. Times are UTC, in RFC 3339 format with `Z`."""

    described: ClassVar[Prose] = IDEA

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    notes: Annotated[str, msgspec.Meta(max_length=5000)] | None = None
    stage: StageEnum = StageEnum.IDEA
    priority: PriorityEnum = PriorityEnum.MEDIUM
    tags: list[str] = msgspec.field(default_factory=list)
    due_date: Moment | None = None
    id: UUID
    user_id: str
    created_at: Moment
    updated_at: Moment


class IdeaConflict(msgspec.Struct, frozen=True):
    """Somebody has changed the idea since. `current` is its current version, and the header `ETag` names it."""

    described: ClassVar[Prose] = CONFLICT

    detail: str
    code: Code
    current: IdeaResponse


class IdeaListResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A page of ideas. `total` counts all matches, `items` are selected by `limit` and `offset`, or by `cursor`."""

    described: ClassVar[Prose] = PAGE

    items: list[IdeaResponse]
    total: Annotated[int, msgspec.Meta(ge=0)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)]
    offset: Annotated[int, msgspec.Meta(ge=0)]
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET


class OwnerPath(RequestModel):
    described = OWNER

    user_id: str


class IdeaPath(OwnerPath):
    described = ONE_IDEA

    idea_id: AnyUuid


class IdeaCreate(RequestModel):
    """A complete idea, to create one or to replace an existing one."""

    described = CONTENT
    private = frozenset({"title", "notes", "tags"})

    title: Title
    notes: Notes | None = None
    stage: StageEnum = StageEnum.IDEA
    priority: PriorityEnum = PriorityEnum.MEDIUM
    tags: Tags = Field(default_factory=list)
    due_date: DueDate | None = None


class IdeaUpdate(RequestModel):
    """The fields to change. `null` clears notes and due date; other fields are left unchanged by `null`."""

    described = CONTENT
    private = IdeaCreate.private

    title: Title | None = None
    notes: Notes | None = None
    stage: StageEnum | None = None
    priority: PriorityEnum | None = None
    tags: Tags | None = None
    due_date: DueDate | None = None

    def changes(self) -> dict[str, Any]:
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in sent.items() if value is not None or name in CLEARABLE}


CLEARABLE: Final = frozenset({"notes", "due_date"})


class IdeaQuery(RequestModel):
    """Filters, order and page of the idea list. `ids` without any id matches nothing; None is no filter."""

    described = QUERY
    private = frozenset({"search", "tags", "cursor"})
    repeatable = frozenset({"stage", "priority", "ids", "fields"})
    published_null = frozenset({"search", "stage", "priority", "tags"})

    limit: int = Field(default=20, ge=1, le=100)
    offset: Offset = 0
    search: Search | None = None
    stage: Repeatable[StageEnum] = Field(default_factory=Repeatable)
    priority: Repeatable[PriorityEnum] = Field(default_factory=Repeatable)
    tags: TagFilter | None = None
    sort: str = Field(default="created_at", pattern="^(created_at|updated_at|title|priority|stage|due_date)$")
    order: str = Field(default="desc", pattern="^(asc|desc)$")
    cursor: Cursor | None = None
    due_from: DueDate | None = None
    due_to: DueDate | None = None
    created_from: DueDate | None = None
    created_to: DueDate | None = None
    updated_from: DueDate | None = None
    updated_to: DueDate | None = None
    has_due: bool | None = None
    ids: Ids | None = None
    fields: Fields | None = None

    @property
    def periods(self) -> Mapping[str, datetime | bool]:
        """The filters by time that were given, by name."""
        names = ("due_from", "due_to", "created_from", "created_to", "updated_from", "updated_to", "has_due")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _pages_one_way(self) -> Self:
        refuse_offset_beside_cursor(type(self).__name__, self.offset, self.cursor)
        return self
