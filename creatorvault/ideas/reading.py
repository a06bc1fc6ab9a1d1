"""Reading ideas: at a glance, or from a snapshot where that takes more than one statement."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.lists.pages import IdeaPage, is_about_content
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.services import IdeaReadingService, StoredIdea
from creatorvault.ideas.statements.reads import IdeaGlances

type Snapshot = Callable[[], AbstractAsyncContextManager[IdeaReadingService]]


class IdeaReading:
    """Raises what `IdeaReadingService` raises, and what opening the vault does."""

    def __init__(
        self,
        statements: IdeaGlances,
        snapshot: Snapshot,
        searching: Callable[[], ContentSearch],
        budget: EventLoopBudget,
    ) -> None:
        self._glances = statements
        self._snapshot = snapshot
        self._searching = searching
        self._budget = budget

    async def get(self, idea_id: UUID) -> StoredIdea:
        if (stored := await self._glances.get(idea_id)) is not None:
            return stored
        async with self._snapshot() as ideas:
            return await ideas.get(idea_id)

    async def tag(self, query: IdeaQuery) -> str:
        """The entity tag that the page has now."""
        if (tag := await self._glances.tag(query)) is not None:
            return tag
        async with self._snapshot() as ideas:
            return ideas.tag_of(query)

    async def page(self, query: IdeaQuery) -> IdeaPage:
        """Raises what `ContentSearch.page` raises, for a question about content."""
        if is_about_content(query):
            return await self._searching().page(query)
        time_slice = TimeSlice(self._budget)
        if (page := await self._glances.page(query, time_slice)) is not None:
            return page
        async with self._snapshot() as ideas:
            return await ideas.page(query, time_slice)
