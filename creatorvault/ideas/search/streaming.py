"""Builds a page from a stream of ideas, for a vault that is not cached. Memory is bounded by offset + limit."""

from collections.abc import AsyncIterable, Sequence
from operator import gt, lt

import msgspec

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.documents import Document
from creatorvault.ideas.search.filters import Filter, Page, SearchQuery, page_of
from creatorvault.ideas.search.index import holding, passing, read_keys
from creatorvault.ideas.search.ordering import SORT_KEYS, Place, SortKey, sort_in_turns

SHALLOW = 1000
"""Pages that end before this hold whole documents. Deeper ones hold only sort keys, and ideas are read twice."""

SLACK = 1024

type Candidate = tuple[SortKey, Document | None]


def _key(candidate: Candidate) -> SortKey:
    return candidate[0]


class PageWindow:
    """Counts the matches among ideas in any order, and holds the candidates for the page."""

    def __init__(self, query: SearchQuery) -> None:
        self._query = query
        self._filter = Filter.of(query)
        self._sort_key = SORT_KEYS[query.sort]
        self._reach = query.offset + query.limit + 1  # one more tells whether anything follows
        self.shallow = self._reach <= SHALLOW
        self._candidates: list[Candidate] = []
        self.worst: SortKey | None = None
        self.total = 0

    async def add(self, block: Block, time_slice: TimeSlice) -> None:
        needle = self._filter.needle
        documents = await holding(needle, [block], time_slice) if needle else block.documents
        matches = await passing(self._filter, documents, time_slice)
        await read_keys(matches, time_slice)
        self.total += len(matches)
        key = self._sort_key
        await self._consider([(key(document), document if self.shallow else None) for document in matches], time_slice)

    async def add_keys(self, keys: Sequence[SortKey], time_slice: TimeSlice) -> None:
        """Adds matches by their sort keys only."""
        self.total += len(keys)
        await self._consider([(key, None) for key in keys], time_slice)

    async def _consider(self, candidates: list[Candidate], time_slice: TimeSlice) -> None:
        descending = self._query.descending
        if (after := self._query.after) is not None:
            lies_beyond = lt if descending else gt
            candidates = [candidate for candidate in candidates if lies_beyond(candidate[0], after)]
        if (worst := self.worst) is not None:
            is_better = gt if descending else lt
            candidates = [candidate for candidate in candidates if is_better(candidate[0], worst)]
        self._candidates += candidates
        if len(self._candidates) >= 2 * self._reach + SLACK:
            await self._drop_hopeless(time_slice)

    async def _drop_hopeless(self, time_slice: TimeSlice) -> None:
        """After this, an idea can be on the page only if it sorts before the last candidate."""
        ascending = await sort_in_turns(self._candidates, _key, time_slice)
        self._candidates = ascending[-self._reach :] if self._query.descending else ascending[: self._reach]
        if len(self._candidates) == self._reach:
            self.worst = _key(self._candidates[0 if self._query.descending else -1])

    async def chosen(self, time_slice: TimeSlice) -> tuple[Sequence[Candidate], Place | None]:
        await self._drop_hopeless(time_slice)
        return page_of(self._candidates, self._query, _key)

    async def result(self, again: AsyncIterable[Block], time_slice: TimeSlice) -> Page:
        """`again` yields the same ideas a second time. It is read only for a deep page, up to the last idea needed."""
        chosen, last = await self.chosen(time_slice)
        bodies: dict[object, bytes] = {document.id: document.body for _, document in chosen if document}
        places = [key[-1] for key, _ in chosen]
        missing = set(places).difference(bodies)
        if missing:
            async for block in again:
                if not missing.isdisjoint(block.ids):
                    bodies |= {document.id: document.body for document in block.documents if document.id in missing}
                if len(bodies) == len(places):
                    break
        return Page(self.total, [msgspec.Raw(bodies[place]) for place in places], last)
