"""Request and response schemas of counts."""

from typing import Annotated, ClassVar

import msgspec
from pydantic import Field

from creatorvault.core.http.schemas import Prose, RequestModel
from creatorvault.ideas.fields import Offset
from creatorvault.ideas.statistics.openapi import DUE, MONTH, PRIORITIES, STAGES, STATISTICS, TAG, TAG_QUERY, TAGS

Count = Annotated[int, msgspec.Meta(ge=0)]


class StageCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The number of ideas in each stage."""

    described: ClassVar[Prose] = STAGES

    idea: Count
    outline: Count
    draft: Count
    published: Count


class PriorityCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The number of ideas of each priority."""

    described: ClassVar[Prose] = PRIORITIES

    high: Count
    medium: Count
    low: Count


class DueCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The number of ideas without a due date, with one that has passed, and with one that has not."""

    described: ClassVar[Prose] = DUE

    none: Count
    overdue: Count
    upcoming: Count


class MonthCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The number of ideas that were created and that are due in a month of UTC."""

    described: ClassVar[Prose] = MONTH

    month: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}$")]
    created: Count
    due: Count


class IdeaStats(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of all ideas, of one moment. Those by stage, by priority and by due date each add up to `total`."""

    described: ClassVar[Prose] = STATISTICS

    total: Count
    by_stage: StageCounts
    by_priority: PriorityCounts
    by_due: DueCounts
    by_month: list[MonthCounts]


class TagQuery(RequestModel):
    described = TAG_QUERY

    limit: int = Field(default=100, ge=1, le=1000)
    offset: Offset = 0


class TagCount(msgspec.Struct, frozen=True, kw_only=True):
    """A tag and the number of ideas that have it, ignoring case."""

    described: ClassVar[Prose] = TAG

    tag: str
    count: Annotated[int, msgspec.Meta(ge=1)]


class TagList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tags, the most frequent first."""

    described: ClassVar[Prose] = TAGS

    items: list[TagCount]
    total: Count
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    offset: Count
    has_more: bool
