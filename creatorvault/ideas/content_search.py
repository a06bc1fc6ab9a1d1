"""Questions about content: search, tags and the order of titles.

Answered from memory, or by a full read of the vault. Either takes processor time that grows with the vault, so it
counts against the creator's allowance, runs in slices, and ends when the client has left.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from litestar.types import HTTPScope, Receive

from creatorvault.core.database.sessions import Database
from creatorvault.core.identifiers import VaultId
from creatorvault.core.limits.work_allowance import Meter, Metered, WorkAllowance
from creatorvault.core.telemetry.request_context import request_context_of
from creatorvault.core.waiting.client_watch import ClientWatch
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.ideas.full_reads import FullReads
from creatorvault.ideas.lists.pages import IdeaPage
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.services import IdeaReadingService
from creatorvault.ideas.statements.reads import IdeaGlances
from creatorvault.tenants.revisions import SeenRevisions

DRIVER_SHARE: Final = 1 / 2
"""What the driver does for a full read, as a part of what is measured: it runs between the task's steps, and beside
them where segments are read ahead. Measured: 0.7 for segments, 0.25 for rows, 0.1 where folding takes most.
"""

type SnapshotOf = Callable[[Database], AbstractAsyncContextManager[IdeaReadingService]]


class ContentSearchParts:
    """What all searches of a process share."""

    def __init__(
        self,
        search_cache: SearchCache,
        full_reads: FullReads,
        allowance: WorkAllowance,
        budget: EventLoopBudget,
        database: Database,
    ) -> None:
        """`database` is the one that ordinary requests use."""
        self.search_cache = search_cache
        self.full_reads = full_reads
        self.allowance = allowance
        self.budget = budget
        self.database = database


class ContentSearch:
    """One request's."""

    def __init__(
        self,
        parts: ContentSearchParts,
        statements: IdeaGlances,
        revisions: SeenRevisions,
        snapshot: SnapshotOf,
        vault: VaultId,
        scope: HTTPScope,
        receive: Receive,
    ) -> None:
        self._parts = parts
        self._glances = statements
        self._revisions = revisions
        self._snapshot = snapshot
        self._vault = vault
        self._scope = scope
        self._receive = receive
        self._creator = request_context_of(scope).caller or ""

    async def page(self, query: IdeaQuery) -> IdeaPage:
        """Raises WorkUsedUp, ClientGone, and what `FullReads.turn` and `IdeaReadingService.page` raise."""
        self._admit()
        meter = Meter()
        try:
            async with ClientWatch(self._receive) as watch:
                time_slice = TimeSlice(self._parts.budget, watch.start)
                return await Metered(meter, self._page(query, time_slice, watch, meter))
        finally:
            self._parts.allowance.charge(self._scope, self._creator, meter)

    async def _page(self, query: IdeaQuery, time_slice: TimeSlice, watch: ClientWatch, meter: Meter) -> IdeaPage:
        if (page := await self._glances.page(query, time_slice)) is not None:
            return page
        rows = await self._rows_to_read()
        watch.start()
        full_reads = self._parts.full_reads
        async with full_reads.lock(self._creator, rows):
            self._admit()
            before = meter.seconds
            try:
                async with self._snapshot(full_reads.database) as ideas:
                    return await ideas.page(query, time_slice)
            finally:
                meter.seconds += (meter.seconds - before) * DRIVER_SHARE

    async def _rows_to_read(self) -> int:
        """At the most: an idea has one revision, and a vault as many as it has had changes."""
        revision = self._revisions.get(self._vault)
        if revision is None:  # the first request for this vault in this process
            async with self._snapshot(self._parts.database) as ideas:
                revision = ideas.revision
        return revision - self._parts.search_cache.revision_of(self._vault)

    def _admit(self) -> None:
        self._parts.allowance.admit(self._scope, self._creator)
