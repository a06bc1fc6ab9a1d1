"""Search queries, filters and pages of results."""

from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import PriorityEnum, StageEnum
from creatorvault.ideas.search.documents import Document
from creatorvault.ideas.search.ordering import Place, SortField, SortKey
from creatorvault.ideas.search.times import EVER, Period, microseconds
from creatorvault.ideas.text.folding import fold, fold_tag


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Filters combine with AND, values of one filter with OR; a filter without values matches everything.

    `search` and `tags` are not folded yet. `due`, `created` and `updated` are the periods of these times; of the first,
    `times.UNDATED` are the ideas without a due date. `after` is the sort key of the last item of the previous page;
    that idea may have been deleted or moved since.
    """

    search: str | None = None
    tags: tuple[str, ...] = ()
    stages: tuple[StageEnum, ...] = ()
    priorities: tuple[PriorityEnum, ...] = ()
    due: Period = EVER
    created: Period = EVER
    updated: Period = EVER
    sort: SortField = "created_at"
    descending: bool = True
    limit: int = 20
    offset: int = 0
    after: SortKey | None = None


class Page(msgspec.Struct, frozen=True):
    """`total` counts all matches; an item is the JSON of an IdeaResponse.

    `last` is the place of the last item, or None if no match follows it.
    """

    total: int
    items: list[msgspec.Raw]
    last: Place | None


type Bodies = Callable[[Mapping[bytes, int]], Awaitable[Mapping[bytes, bytes]]]
"""Reads ideas: returns the JSON by id. Its argument contains the stamp that each idea must have."""


class Filter(msgspec.Struct, frozen=True):
    """The folded filters of a query. Equal filters match the same ideas."""

    needle: str
    tags: frozenset[str]
    stages: frozenset[int]
    priorities: frozenset[int]
    due: Period
    created: Period
    updated: Period

    @classmethod
    def of(cls, query: SearchQuery) -> "Filter":
        return cls(
            fold(query.search or ""),
            frozenset(map(fold_tag, query.tags)),
            frozenset(STAGE_RANK[stage] for stage in query.stages),
            frozenset(PRIORITY_RANK[priority] for priority in query.priorities),
            query.due,
            query.created,
            query.updated,
        )

    def passes_all(self) -> bool:
        return not (self.needle or self.needs_keys)

    @property
    def has_periods(self) -> bool:
        return not (self.due == self.created == self.updated == EVER)

    @property
    def needs_keys(self) -> bool:
        return bool(self.stages or self.priorities or self.tags) or self.has_periods

    def with_keys(self, documents: Sequence[Document]) -> Sequence[Document]:
        """Returns the documents whose stage, priority, tags and times match. Reads their keys if not known yet."""
        if self.stages:
            documents = [one for one in documents if (one.known_keys or one.keys).stage in self.stages]
        if self.priorities:
            documents = [one for one in documents if (one.known_keys or one.keys).priority in self.priorities]
        if tags := self.tags:
            documents = [one for one in documents if not tags.isdisjoint((one.known_keys or one.keys).tags)]
        return self._within_periods(documents) if self.has_periods else documents

    def _within_periods(self, documents: Sequence[Document]) -> Sequence[Document]:
        if self.due != EVER:
            first, until = self.due
            documents = [one for one in documents if first <= one.keys.due < until]
        if self.created != EVER:
            first, until = self.created
            documents = [one for one in documents if first <= microseconds(one.keys.created_at) < until]
        if self.updated != EVER:
            first, until = self.updated
            documents = [one for one in documents if first <= microseconds(one.keys.updated_at) < until]
        return documents


def page_of[E](
    ascending: Sequence[E], query: SearchQuery, key: Callable[[E], SortKey]
) -> tuple[Sequence[E], Place | None]:
    """Returns the page's rows from all matches in ascending order, and the place of the last one if others follow.

    Descending order is the exact reverse, including the id.
    """
    offset = query.offset
    if query.after is not None:
        passed = (bisect_left if query.descending else bisect_right)(ascending, query.after, key=key)
        offset = len(ascending) - passed if query.descending else passed
    if query.descending:
        end = max(len(ascending) - offset, 0)
        rows = ascending[max(end - query.limit, 0) : end][::-1]
    else:
        rows = ascending[offset : offset + query.limit]
    follows = 0 < len(rows) < len(ascending) - offset
    return rows, Place.of(key(rows[-1])) if follows else None
