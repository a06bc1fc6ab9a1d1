"""What the ideas API answers. Field order is key order on the wire; names of types are names in the published document."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec


class StageEnum(StrEnum):
    """In the order of progress: `sort=stage` follows it."""

    IDEA = "idea"
    OUTLINE = "outline"
    DRAFT = "draft"
    PUBLISHED = "published"


class PriorityEnum(StrEnum):
    """From the most important to the least; `sort=priority` ascends from low."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class IdeaResponse(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Times are aware and in UTC: they are then written as RFC 3339 with `Z`."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    notes: Annotated[str, msgspec.Meta(max_length=5000)] | None = None
    stage: StageEnum = StageEnum.IDEA
    priority: PriorityEnum = PriorityEnum.MEDIUM
    tags: list[str] = msgspec.field(default_factory=list)
    due_date: datetime | None = None
    id: UUID
    user_id: str
    created_at: datetime
    updated_at: datetime


class IdeaListResponse(msgspec.Struct, frozen=True, kw_only=True):
    """`total` counts every match, `items` is the page of them that `limit` and `offset` select."""

    items: list[IdeaResponse]
    total: Annotated[int, msgspec.Meta(ge=0)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)]
    offset: Annotated[int, msgspec.Meta(ge=0)]
    has_more: bool
