"""What can be asked of the ideas of a vault: a page of them, or counts."""

from collections.abc import AsyncIterable
from typing import Protocol

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.draft import Index
from creatorvault.ideas.search.filters import Bodies, Page, SearchQuery
from creatorvault.ideas.search.streaming import PageWindow


class Collector[FoundT](Protocol):
    """Takes the ideas of a vault that is not in memory."""

    async def add(self, block: Block, time_slice: TimeSlice) -> None:
        """Each idea is in one block."""

    async def result(self, again: AsyncIterable[Block], time_slice: TimeSlice) -> FoundT:
        """`again` yields the same ideas a second time."""


class Question[FoundT](Protocol):
    """For one request."""

    async def of_index(self, search_index: Index, bodies: Bodies, time_slice: TimeSlice) -> FoundT:
        """Raises as `bodies`."""

    def of_stream(self) -> Collector[FoundT]: ...


class PageQuestion:
    def __init__(self, query: SearchQuery) -> None:
        self._query = query

    async def of_index(self, search_index: Index, bodies: Bodies, time_slice: TimeSlice) -> Page:
        return await search_index.select(self._query, time_slice, bodies)

    def of_stream(self) -> PageWindow:
        return PageWindow(self._query)
