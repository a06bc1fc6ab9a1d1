"""A vault's ideas, opened and folded, as of exactly one revision of the vault. No SQL and no keys in here.

Why there is no index instead: docs/decisions/0003-corpus-instead-of-index.md.
"""

from bisect import bisect_left, insort
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Sequence
from itertools import batched, chain

import msgspec

from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.waiting.event_loop_budget import LoopTurn
from creatorvault.ideas.search.blocks import MOST, MOST_BYTES, Block
from creatorvault.ideas.search.documents import Entry
from creatorvault.ideas.search.filters import CorpusQuery, Filter, Page, page_of
from creatorvault.ideas.search.needles import finder
from creatorvault.ideas.search.ordering import RUN_ROWS, SORT_KEYS, SortField, sort_in_turns

RECENT_RESULTS = 4
"""The matches of so many searches are remembered: their next page needs no scan."""

KEPT_IN_ORDER = 64
"""Up to so many changes are put into the known orders one by one; more, and the orders are made anew when asked for."""

FEW = 8
"""Matches are few while they are at most one in so many."""

AT_ONCE = 64
"""Comparing the tags of so many ideas takes a fraction of a millisecond, however many each has."""

EMPTY_BYTES = 2048
"""What a corpus takes without any idea: budgets must see the many vaults that hold next to nothing."""

type Orders = dict[SortField, list[Entry]]


class Corpus:
    """Immutable as seen from outside: a scan that rests between its turns answers for the revision it began with."""

    def __init__(self, revision: VaultRevision, blocks: Sequence[Block], orders: Orders) -> None:
        self.revision = revision
        self._blocks = blocks
        self._orders = orders
        self.idea_count = sum(map(len, blocks))
        self.size = EMPTY_BYTES + sum([block.size for block in blocks])
        self._by_tag: dict[str, list[Entry]] | None = None
        self._recent: dict[tuple[SortField, Filter], Sequence[Entry]] = {}

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
        if wanted.needle:
            among: Iterable[Entry] = await holding(wanted.needle, self._blocks, turn)
        elif wanted.tags:
            among = await self._tagged(wanted.tags, turn)
        else:
            return await passing(wanted, await self._ordered(sort, turn), turn)
        found = await passing(wanted, among, turn)
        if len(found) * FEW <= self.idea_count:
            return await _sorted(found, sort, turn)
        return await _those_of(found, await self._ordered(sort, turn), turn)

    async def _tagged(self, tags: Iterable[str], turn: LoopTurn) -> Iterable[Entry]:
        """The ideas that have any of the folded tags, each once."""
        if self._by_tag is None:
            by_tag: dict[str, list[Entry]] = {}
            for entry in chain.from_iterable(block.entries for block in self._blocks):
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
            entries: list[Entry] = []
            for block in self._blocks:
                entries.extend(block.entries)
                if turn.is_over:
                    await turn.rest()
            self._orders[sort] = await _sorted(entries, sort, turn)
        return self._orders[sort]

    def draft(self) -> "CorpusDraft":
        return CorpusDraft(self._blocks, self._orders)


async def _sorted(entries: Sequence[Entry], sort: SortField, turn: LoopTurn) -> list[Entry]:
    await read_keys(entries, turn)
    return await sort_in_turns(entries, SORT_KEYS[sort], turn)


async def _those_of(wanted: Iterable[Entry], ordered: Iterable[Entry], turn: LoopTurn) -> list[Entry]:
    """The wanted entries in the order of all."""
    ids: set[bytes] = set()
    for rows in batched(wanted, RUN_ROWS):
        ids.update([entry.id for entry in rows])
        if turn.is_over:
            await turn.rest()
    found: list[Entry] = []
    for rows in batched(ordered, RUN_ROWS):
        found.extend([entry for entry in rows if entry.id in ids])
        if turn.is_over:
            await turn.rest()
    return found


async def holding(needle: str, blocks: Iterable[Block], turn: LoopTurn) -> list[Entry]:
    """The ideas in whose folded text the needle is."""
    find, found = finder(needle), list[Entry]()
    for block in blocks:
        found.extend(block.holding(find))
        if turn.is_over:
            await turn.rest()
    return found


async def passing(wanted: Filter, entries: Iterable[Entry], turn: LoopTurn) -> Sequence[Entry]:
    """Those whose stage, priority and tags pass, in their order."""
    if not wanted.needs_keys:
        return list(entries)
    found: list[Entry] = []
    for rows in batched(entries, AT_ONCE):
        await read_keys(rows, turn)
        found.extend(wanted.with_keys(rows))
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
    """The next corpus in the making, from nothing or from an older corpus, which stays as it is.

    `size` is that of the corpus to be. Ideas that were read again count twice until `settle`.
    """

    def __init__(self, blocks: Sequence[Block] = (), orders: Orders | None = None) -> None:
        self._blocks = list(blocks)
        self._orders = dict(orders or {})  # others may ask the older corpus for more while this one is made
        self._read: list[Block] = []
        self._gone: list[Entry] = []
        self._come: list[Entry] = []
        self.size = EMPTY_BYTES + sum([block.size for block in blocks])

    @property
    def idea_count(self) -> int:
        return sum(map(len, self._blocks)) + sum(map(len, self._read))

    def merge(self, block: Block) -> None:
        """Takes in ideas that are new or have changed."""
        self._read.append(block)
        self.size += block.size

    async def settle(self, turn: LoopTurn) -> None:
        """Drops the older states of what was merged."""
        read, self._read = self._read, []
        changed: set[bytes] = set()
        if self._blocks:
            for block in read:
                changed.update(block.ids)
                await turn.rest_if_over()
            await self._drop(changed.intersection, turn)
        for block in read:
            if self._orders:
                self._come.extend(block.entries)
            self._append(block)
            await turn.rest_if_over()

    async def retain(self, batches: AsyncIterable[Sequence[bytes]], turn: LoopTurn) -> None:
        """Drops every idea but these, after `settle`."""
        live: set[bytes] = set()
        async for ids in batches:
            live.update(ids)
            await turn.rest_if_over()
        await self._drop(lambda ids: set(ids) - live, turn)

    async def finish(self, revision: VaultRevision, turn: LoopTurn) -> Corpus:
        return Corpus(revision, self._blocks, await self._next_orders(turn))

    async def _drop(self, gone_of: Callable[[Iterable[bytes]], Collection[bytes]], turn: LoopTurn) -> None:
        blocks, self._blocks = self._blocks, []
        for block in blocks:
            left: Block | None = block
            if gone := gone_of(block.ids):
                left = block.without(gone)
                self.size += (left.size if left else 0) - block.size
                if self._orders:
                    self._gone.extend([entry for entry in block.entries if entry.id in gone])
            if left:
                self._append(left)
            await turn.rest_if_over()

    def _append(self, block: Block) -> None:
        """Two neighbours that fill half of a block are made one, so that many changes do not leave many blocks."""
        if self._blocks:
            last = self._blocks[-1]
            if len(last) + len(block) <= MOST // 2 and last.size + block.size <= MOST_BYTES // 2:
                block = self._blocks.pop().joined(block)
        self._blocks.append(block)

    async def _next_orders(self, turn: LoopTurn) -> Orders:
        if len(self._gone) + len(self._come) > KEPT_IN_ORDER:
            return {}
        orders: Orders = {}
        for sort, order in self._orders.items():
            key = SORT_KEYS[sort]
            orders[sort] = rows = list(order)
            for entry in self._come:
                insort(rows, entry, key=key)
                await turn.rest_if_over()
            for entry in self._gone:  # to the left of what came with the same key
                del rows[bisect_left(rows, key(entry), key=key)]
                await turn.rest_if_over()
        return orders
