"""A vault's ideas, opened and folded, as of exactly one revision of the vault. No SQL and no keys in here.

Why there is no index instead: docs/decisions/0003-corpus-instead-of-index.md.
"""

from bisect import bisect_left, insort
from collections.abc import AsyncIterable, Iterable, Sequence
from itertools import batched, chain

import msgspec

from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.loop_budget import LoopTurn
from creatorvault.ideas.entries import Entry
from creatorvault.ideas.ordering import RUN_ROWS, SORT_KEYS, SortField, sort_in_turns
from creatorvault.ideas.queries import CorpusQuery, Filter, Page, page_of

RECENT_RESULTS = 4
"""The matches of so many searches are remembered: their next page needs no scan, typing on needs a short one."""

KEPT_IN_ORDER = 64
"""Up to so many changes are put into the known orders one by one; more, and the orders are made anew when asked for."""

FEW = 8
"""Matches are few while they are at most one in so many."""

AT_ONCE = 64
"""Going through the texts of so many ideas takes a fraction of a millisecond, however long they are."""

EMPTY_BYTES = 2048
"""What a corpus takes without any idea: budgets must see the many vaults that hold next to nothing."""

type Orders = dict[SortField, list[Entry]]


class Corpus:
    """Immutable as seen from outside: a scan that rests between its turns answers for the revision it began with."""

    def __init__(self, revision: VaultRevision, entries: dict[bytes, Entry], size: int, orders: Orders) -> None:
        self.revision = revision
        self.size = size
        self._entries = entries
        self._orders = orders
        self._by_tag: dict[str, list[Entry]] | None = None
        self._recent: dict[tuple[SortField, Filter], Sequence[Entry]] = {}

    @property
    def idea_count(self) -> int:
        return len(self._entries)

    async def select(self, query: CorpusQuery, turn: LoopTurn) -> Page:
        turn.restart()
        matches = await self._matches(query.sort, Filter.of(query), turn)
        rows, last = page_of(matches, query, SORT_KEYS[query.sort])
        return Page(len(matches), [msgspec.Raw(entry.body) for entry in rows], last)

    async def _matches(self, sort: SortField, wanted: Filter, turn: LoopTurn) -> Sequence[Entry]:
        if wanted.passes_all():
            return await self._ordered(sort, turn)
        if (known := self._recent.pop((sort, wanted), None)) is None:
            known = await self._found(sort, wanted, turn)
        self._recent[sort, wanted] = known
        if len(self._recent) > RECENT_RESULTS:
            del self._recent[next(iter(self._recent))]
        return known

    async def _found(self, sort: SortField, wanted: Filter, turn: LoopTurn) -> Sequence[Entry]:
        """What is found is put in order by itself where it is little. To know the order of all, every idea's keys have
        to be read; and to go through all of them in order takes longer.
        """
        if (wider := self._wider(sort, wanted)) is not None:
            return await passing(wanted, wider, turn)
        if wanted.tags or (wanted.needle and sort not in self._orders):
            among = await self._tagged(wanted.tags, turn) if wanted.tags else self._entries.values()
            found = await passing(wanted, among, turn)
            if len(found) * FEW <= len(self._entries):
                return await _sorted(found, sort, turn)
        return await passing(wanted, await self._ordered(sort, turn), turn)

    def _wider(self, sort: SortField, wanted: Filter) -> Sequence[Entry] | None:
        """Remembered matches, in order, that hold all of the wanted ones."""
        for (known_sort, wider), known in reversed(self._recent.items()):
            if known_sort == sort and wanted.narrows(wider):
                return known
        return None

    async def _tagged(self, tags: Iterable[str], turn: LoopTurn) -> Iterable[Entry]:
        """The ideas that have any of the folded tags, each once."""
        if self._by_tag is None:
            by_tag: dict[str, list[Entry]] = {}
            for entry in self._entries.values():
                for tag in entry.keys.tags:
                    by_tag.setdefault(tag, []).append(entry)
                if turn.is_over:
                    await turn.rest()
            self._by_tag = by_tag
        found: dict[bytes, Entry] = {}
        for rows in batched(chain.from_iterable(self._by_tag.get(tag, ()) for tag in tags), RUN_ROWS):
            found.update({entry.id: entry for entry in rows})
            if turn.is_over:
                await turn.rest()
        return found.values()

    async def _ordered(self, sort: SortField, turn: LoopTurn) -> list[Entry]:
        if sort not in self._orders:
            self._orders[sort] = await _sorted(list(self._entries.values()), sort, turn)
        return self._orders[sort]

    def draft(self) -> "CorpusDraft":
        return CorpusDraft(dict(self._entries), self.size, dict(self._orders))


async def _sorted(entries: list[Entry], sort: SortField, turn: LoopTurn) -> list[Entry]:
    await read_keys(entries, turn)
    return await sort_in_turns(entries, SORT_KEYS[sort], turn)


async def passing(wanted: Filter, entries: Iterable[Entry], turn: LoopTurn) -> list[Entry]:
    """Those that the filter lets pass, in their order."""
    found: list[Entry] = []
    for rows in batched(entries, AT_ONCE):
        candidates = wanted.with_needle(rows)
        if wanted.needs_keys:
            await read_keys(candidates, turn)
            candidates = wanted.with_keys(candidates)
        found.extend(candidates)
        if turn.is_over:
            await turn.rest()
    return found


async def read_keys(entries: Iterable[Entry], turn: LoopTurn) -> None:
    """Those of an idea with hundreds of tags take a tenth of a millisecond, once."""
    for entry in entries:
        if entry.known_keys is None:
            _ = entry.keys
            if turn.is_over:
                await turn.rest()


class CorpusDraft:
    """The next corpus in the making, from nothing or from an older corpus, which stays as it is."""

    def __init__(
        self, entries: dict[bytes, Entry] | None = None, size: int = EMPTY_BYTES, orders: Orders | None = None
    ) -> None:
        self.entries = {} if entries is None else entries
        self.size = size
        self._orders = orders or {}
        self._before: dict[bytes, Entry | None] = {}

    def merge(self, changed: Sequence[Entry]) -> None:
        """Takes in ideas that are new or have changed. Taking one in again does no harm."""
        entries = {entry.id: entry for entry in changed}
        if not self._orders and entries.keys().isdisjoint(self.entries.keys()):
            self.entries.update(entries)
            self.size += sum([entry.size for entry in changed])
            return
        for entry in changed:
            self._put(entry.id, entry)

    async def retain(self, batches: AsyncIterable[Sequence[bytes]], turn: LoopTurn) -> None:
        """Drops every idea but these."""
        gone = self.entries.keys() - set()
        async for ids in batches:
            gone.difference_update(ids)
            await turn.rest_if_over()
        for idea_id in gone:
            self._put(idea_id, None)
            if turn.is_over:
                await turn.rest()

    async def finish(self, revision: VaultRevision, turn: LoopTurn) -> Corpus:
        return Corpus(revision, self.entries, self.size, await self._next_orders(turn))

    def _put(self, idea_id: bytes, entry: Entry | None) -> None:
        before = self.entries.pop(idea_id, None)
        if self._orders:
            self._before.setdefault(idea_id, before)
        self.size += (entry.size if entry else 0) - (before.size if before else 0)
        if entry:
            self.entries[idea_id] = entry

    async def _next_orders(self, turn: LoopTurn) -> Orders:
        if len(self._before) > KEPT_IN_ORDER:
            return {}
        orders: Orders = {}
        for sort, order in self._orders.items():
            key = SORT_KEYS[sort]
            orders[sort] = rows = list(order)
            for idea_id, before in self._before.items():
                if before:
                    del rows[bisect_left(rows, key(before), key=key)]
                if after := self.entries.get(idea_id):
                    insort(rows, after, key=key)
                if turn.is_over:
                    await turn.rest()
        return orders
