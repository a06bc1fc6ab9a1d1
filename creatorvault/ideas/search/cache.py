"""Search indexes of many vaults in one process, within one memory budget; least recently used is evicted first."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import msgspec

from creatorvault.core.identifiers import VaultId, VaultRevision, VaultVersion, vault_ids
from creatorvault.core.lru import LRU
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.draft import Index, SearchIndexDraft
from creatorvault.ideas.search.filters import Bodies
from creatorvault.ideas.search.questions import Question
from creatorvault.ideas.search.vault_reader import VaultReader
from creatorvault.settings.sections import SearchSettings
from creatorvault.tenants.errors import VaultMismatch, VaultSetBack

BEGINNING = VaultRevision(0)
REMEMBERED_TOO_LARGE = 10_000
MOST_INDEXES = 1_000_000
"""Not a practical limit: the memory budget is reached far earlier."""


class CacheStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """`bytes` and `vaults` are current values; the others are counts since the start of the process."""

    hits: int
    refreshes: int
    misses: int
    streams: int
    evictions: int
    bytes: int
    vaults: int


class SearchCache:
    """One per process, for one event loop. Readers of a vault hold its lock (`ideas.full_reads`), so each one finds
    what the previous request has read.
    """

    def __init__(self, settings: SearchSettings) -> None:
        self._budget = settings.corpus_bytes
        self._vault_budget = min(settings.vault_bytes, settings.corpus_bytes)
        self._indexes = LRU[VaultId, Index](MOST_INDEXES)
        self._sizes: dict[VaultId, int] = {}
        self._bytes = 0
        self._growing_bytes = 0
        self._too_large = LRU[VaultId, int](REMEMBERED_TOO_LARGE)
        self._epoch = 0
        self._hits = self._refreshes = self._misses = self._streams = self._evictions = 0

    async def ask[FoundT](
        self, vault: VaultId, reader: VaultReader, question: Question[FoundT], time_slice: TimeSlice
    ) -> FoundT:
        """Answers as of the reader's revision. If the reader raises an error, the cache is left unchanged.

        Raises VaultMismatch if the rows do not match the vault's row, and as the question.
        """
        search_index = self._hit(vault, reader.version) or await self._refreshed(vault, reader, time_slice)
        if search_index is None:
            self._streams += 1
            return await self._streamed(vault, reader, question, time_slice)
        return await self._asked(vault, search_index, question, time_slice, reader.bodies)

    async def ask_at_hand[FoundT](
        self, vault: VaultId, version: VaultVersion, question: Question[FoundT], time_slice: TimeSlice, bodies: Bodies
    ) -> FoundT | None:
        """Answers as of exactly this version; None if the cache does not have it. Raises as the question."""
        search_index = self._hit(vault, version)
        if search_index is None:
            return None
        return await self._asked(vault, search_index, question, time_slice, bodies)

    def revision_of(self, vault: VaultId) -> VaultRevision:
        """Returns the revision up to which the vault has been read; 0 if it is not in the cache."""
        search_index = self._indexes.peek(vault)
        return BEGINNING if search_index is None else search_index.version.revision

    def vaults(self) -> Iterable[VaultId]:
        return self._indexes

    def forget(self, vault: VaultId) -> None:
        """Removes an erased vault. What current requests are reading of it is not stored either."""
        self._epoch += 1
        self._too_large.pop(vault)
        self._drop(vault)

    def statistics(self) -> CacheStatistics:
        return CacheStatistics(
            hits=self._hits,
            refreshes=self._refreshes,
            misses=self._misses,
            streams=self._streams,
            evictions=self._evictions,
            bytes=self._bytes + self._growing_bytes,
            vaults=len(self._indexes),
        )

    def _hit(self, vault: VaultId, version: VaultVersion) -> Index | None:
        search_index = self._indexes.peek(vault)
        if search_index is None or search_index.version != version:
            return None
        self._indexes.use(vault)
        self._hits += 1
        return search_index

    async def _asked[FoundT](
        self, vault: VaultId, search_index: Index, question: Question[FoundT], time_slice: TimeSlice, bodies: Bodies
    ) -> FoundT:
        found = await question.of_index(search_index, bodies, time_slice)
        if search_index.size != self._sizes.get(vault) and self._indexes.peek(vault) is search_index:
            self._count(vault, search_index)  # it has kept something
            self._make_room(vault)
        return found

    async def _refreshed(self, vault: VaultId, reader: VaultReader, time_slice: TimeSlice) -> Index | None:
        """Returns the index at the reader's version, or None if the ideas have to be streamed."""
        base, version = self._indexes.peek(vault), reader.version
        if base and base.version.revision == version.revision:
            return await self._replaced(vault, reader, time_slice)
        if base and base.version.revision > version.revision:
            # The reader's snapshot began before a change that another request has seen: keep the newer index.
            return None
        too_large = self._too_large.peek(vault)
        if too_large is not None and version.idea_count >= too_large:
            return None
        return await self._loaded(vault, reader, base, time_slice)

    async def _replaced(self, vault: VaultId, reader: VaultReader, time_slice: TimeSlice) -> Index | None:
        """Reloads a vault whose revision was assigned twice: after a failover that lost commits, or because somebody
        changed rows and digest outside of the service. Raises VaultMismatch if rows and digest do not match.
        """
        self.forget(vault)
        replaced = await self._loaded(vault, reader, None, time_slice)
        raise_alert(VaultSetBack.alarm, **vault_ids(vault), revision=str(reader.version.revision))
        return replaced

    async def _loaded(
        self, vault: VaultId, reader: VaultReader, base: Index | None, time_slice: TimeSlice
    ) -> Index | None:
        epoch = self._epoch
        draft = SearchIndexDraft(base)
        if not await self._read_into(draft, vault, reader, base, time_slice):
            return None
        await draft.settle(time_slice)
        if base and not draft.is_of(reader.version):
            async with aclosing(reader.live_ids()) as ids:
                await draft.retain(ids, time_slice)
        if not draft.is_of(reader.version):
            if base is None:
                raise VaultMismatch(**vault_ids(vault))
            return await self._loaded(vault, reader, None, time_slice)
        if base:
            self._refreshes += 1
        else:
            self._misses += 1
        search_index = await draft.finish(reader.version, time_slice)
        if epoch == self._epoch:
            self._store(vault, search_index)
        return search_index

    async def _read_into(
        self,
        draft: SearchIndexDraft,
        vault: VaultId,
        reader: VaultReader,
        base: Index | None,
        time_slice: TimeSlice,
    ) -> bool:
        """Returns False if the changes do not fit: a draft counts against the budget while it grows."""
        size_before, growth = draft.size, 0
        try:
            async with aclosing(
                _changes(vault, reader, base.version.revision if base else BEGINNING, time_slice)
            ) as changes:
                async for block in changes:
                    draft.merge(block)
                    if draft.size > self._vault_budget:
                        await draft.settle(time_slice)
                    if draft.size > self._vault_budget and not draft.is_slim:
                        await draft.slim_down(time_slice)
                    self._growing_bytes += draft.size - size_before - growth
                    growth = draft.size - size_before
                    if draft.size > self._vault_budget:
                        self._remember_too_large(vault, draft.idea_count)
                        return False
                    if not self._make_room(vault):
                        return False
            return True
        finally:
            self._growing_bytes -= growth

    def _make_room(self, vault: VaultId) -> bool:
        """Evicts other vaults, least recently used first, until the budget is met."""
        while self._bytes + self._growing_bytes > self._budget:
            others = (other for other in self._indexes if other != vault)
            if (victim := next(others, None)) is None:
                return False
            self._drop(victim)
            self._evictions += 1
        return True

    def _store(self, vault: VaultId, search_index: Index) -> None:
        self._drop(vault)
        self._indexes.put(vault, search_index)
        self._count(vault, search_index)
        self._too_large.pop(vault)
        self._make_room(vault)

    def _drop(self, vault: VaultId) -> None:
        self._indexes.pop(vault)
        self._bytes -= self._sizes.pop(vault, 0)

    def _count(self, vault: VaultId, search_index: Index) -> None:
        self._bytes += search_index.size - self._sizes.get(vault, 0)
        self._sizes[vault] = search_index.size

    def _remember_too_large(self, vault: VaultId, ideas: int) -> None:
        """Records that `ideas` were too large to cache. The vault is not tried again until it has fewer."""
        self._drop(vault)
        self._too_large.put(vault, ideas)

    async def _streamed[FoundT](
        self, vault: VaultId, reader: VaultReader, question: Question[FoundT], time_slice: TimeSlice
    ) -> FoundT:
        collector, seen, digest = question.of_stream(), 0, 0
        async with aclosing(_changes(vault, reader, BEGINNING, time_slice)) as stream:
            async for block in stream:
                seen += len(block)
                digest ^= block.digest
                await collector.add(block, time_slice)
        if (digest, seen) != reader.version[1:]:
            raise VaultMismatch(**vault_ids(vault))
        async with aclosing(_changes(vault, reader, BEGINNING, time_slice)) as again:
            return await collector.result(again, time_slice)


async def _changes(
    vault: VaultId, reader: VaultReader, since: VaultRevision, time_slice: TimeSlice
) -> AsyncGenerator[Block]:
    """Yields the reader's blocks, and yields to the event loop between them when the time slice is over."""
    async with aclosing(reader.changed_since(since)) as blocks:
        async for block in blocks:
            _, last_revision = block.revisions
            if last_revision > reader.version.revision:
                raise VaultMismatch(**vault_ids(vault))
            yield block
            await time_slice.rest_if_over()
