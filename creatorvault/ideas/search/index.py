"""The search index of a vault: its ideas, opened and folded, at exactly one revision. No SQL and no keys.

Why it is not in the database: docs/decisions/0003-corpus-instead-of-index.md.
"""

from bisect import bisect_left, insort
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Sequence
from functools import reduce
from itertools import batched, chain
from operator import xor

import msgspec

from creatorvault.core.identifiers import VaultVersion
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.blocks import MOST, MOST_BYTES, Block
from creatorvault.ideas.search.documents import Document
from creatorvault.ideas.search.filters import Filter, Page, SearchQuery, page_of
from creatorvault.ideas.search.needles import finder
from creatorvault.ideas.search.ordering import RUN_ROWS, SORT_KEYS, SortField, sort_in_turns

RECENT_RESULTS = 4
"""Number of searches whose matches are cached: their next page needs no scan."""

KEPT_IN_ORDER = 64
"""Up to this many changes are inserted into the known orders one by one; after more, orders are rebuilt on demand."""

FEW = 8
"""Matches are few if they are at most one in this many ideas."""

AT_ONCE = 64
"""Comparing the tags of this many ideas takes a fraction of a millisecond, regardless of their number."""

EMPTY_BYTES = 2048
"""Memory of an index without ideas, so that the budget accounts for many nearly empty vaults."""

type Orders = dict[SortField, list[Document]]


class SearchIndex:
    """Immutable to callers: a scan that yields between time slices returns results of the revision it began with."""

    def __init__(self, version: VaultVersion, blocks: Sequence[Block], orders: Orders) -> None:
        self.version = version
        self._blocks = blocks
        self._orders = orders
        self.size = EMPTY_BYTES + sum([block.size for block in blocks])
        self._by_tag: dict[str, list[Document]] | None = None
        self._recent: dict[tuple[SortField, Filter], Sequence[Document]] = {}

    async def select(self, query: SearchQuery, time_slice: TimeSlice) -> Page:
        time_slice.restart()
        matches = await self._matches(query.sort, Filter.of(query), time_slice)
        rows, last = page_of(matches, query, SORT_KEYS[query.sort])
        return Page(len(matches), [msgspec.Raw(document.body) for document in rows], last)

    async def _matches(self, sort: SortField, wanted: Filter, time_slice: TimeSlice) -> Sequence[Document]:
        if wanted.passes_all():
            return await self._ordered(sort, time_slice)
        if (known := self._recent.pop((sort, wanted), None)) is None:
            known = await self._found(sort, wanted, time_slice)
        self._recent[sort, wanted] = known
        if len(self._recent) > RECENT_RESULTS:
            del self._recent[next(iter(self._recent))]
        return known

    async def _found(self, sort: SortField, wanted: Filter, time_slice: TimeSlice) -> Sequence[Document]:
        """Sorts few matches separately. The order of all ideas requires reading every idea's keys, and iterating over
        all of them in order takes longer.
        """
        if wanted.needle:
            among: Iterable[Document] = await holding(wanted.needle, self._blocks, time_slice)
        elif wanted.tags:
            among = await self._tagged(wanted.tags, time_slice)
        else:
            return await passing(wanted, await self._ordered(sort, time_slice), time_slice)
        found = await passing(wanted, among, time_slice)
        if len(found) * FEW <= self.version.idea_count:
            return await _sorted(found, sort, time_slice)
        return await _those_of(found, await self._ordered(sort, time_slice), time_slice)

    async def _tagged(self, tags: Iterable[str], time_slice: TimeSlice) -> Iterable[Document]:
        """Returns the ideas that have any of the folded tags, each once."""
        if self._by_tag is None:
            by_tag: dict[str, list[Document]] = {}
            for document in chain.from_iterable(block.documents for block in self._blocks):
                for tag in document.keys.tags:
                    by_tag.setdefault(tag, []).append(document)
                if time_slice.is_over:
                    await time_slice.rest()
            self._by_tag = by_tag
        found: dict[bytes, Document] = {}
        for rows in batched(chain.from_iterable(self._by_tag.get(tag, ()) for tag in tags), RUN_ROWS):
            found.update({document.id: document for document in rows})
            if time_slice.is_over:
                await time_slice.rest()
        return found.values()

    async def _ordered(self, sort: SortField, time_slice: TimeSlice) -> list[Document]:
        if sort not in self._orders:
            documents: list[Document] = []
            for block in self._blocks:
                documents.extend(block.documents)
                if time_slice.is_over:
                    await time_slice.rest()
            self._orders[sort] = await _sorted(documents, sort, time_slice)
        return self._orders[sort]

    def draft(self) -> "SearchIndexDraft":
        return SearchIndexDraft(self._blocks, self._orders)


async def _sorted(documents: Sequence[Document], sort: SortField, time_slice: TimeSlice) -> list[Document]:
    await read_keys(documents, time_slice)
    return await sort_in_turns(documents, SORT_KEYS[sort], time_slice)


async def _those_of(wanted: Iterable[Document], ordered: Iterable[Document], time_slice: TimeSlice) -> list[Document]:
    """Returns the wanted documents in the order of `ordered`."""
    ids: set[bytes] = set()
    for rows in batched(wanted, RUN_ROWS):
        ids.update([document.id for document in rows])
        if time_slice.is_over:
            await time_slice.rest()
    found: list[Document] = []
    for rows in batched(ordered, RUN_ROWS):
        found.extend([document for document in rows if document.id in ids])
        if time_slice.is_over:
            await time_slice.rest()
    return found


async def holding(needle: str, blocks: Iterable[Block], time_slice: TimeSlice) -> list[Document]:
    """Returns the ideas whose folded text contains the needle."""
    find, found = finder(needle), list[Document]()
    for block in blocks:
        found.extend(block.holding(find))
        if time_slice.is_over:
            await time_slice.rest()
    return found


async def passing(wanted: Filter, documents: Iterable[Document], time_slice: TimeSlice) -> Sequence[Document]:
    """Returns the documents whose stage, priority and tags match, in the same order."""
    if not wanted.needs_keys:
        return list(documents)
    found: list[Document] = []
    for rows in batched(documents, AT_ONCE):
        await read_keys(rows, time_slice)
        found.extend(wanted.with_keys(rows))
        if time_slice.is_over:
            await time_slice.rest()
    return found


async def read_keys(documents: Iterable[Document], time_slice: TimeSlice) -> None:
    """Reading the keys of an idea with hundreds of tags takes a tenth of a millisecond, once."""
    for document in documents:
        if document.known_keys is None:
            _ = document.keys
            if time_slice.is_over:
                await time_slice.rest()


class SearchIndexDraft:
    """Builds the next index, from nothing or from an older index, which is not modified.

    `size` is the size of the next index. Ideas that were read again count twice until `settle`.
    """

    def __init__(self, blocks: Sequence[Block] = (), orders: Orders | None = None) -> None:
        self._blocks = list(blocks)
        self._orders = dict(orders or {})  # other requests may add orders to the older index meanwhile
        self._read: list[Block] = []
        self._gone: list[Document] = []
        self._come: list[Document] = []
        self.size = EMPTY_BYTES + sum([block.size for block in blocks])

    @property
    def idea_count(self) -> int:
        return sum(map(len, self._blocks)) + sum(map(len, self._read))

    def is_of(self, version: VaultVersion) -> bool:
        """Returns whether the ideas match the vault at that version. Valid after `settle`."""
        digest = reduce(xor, [block.digest for block in self._blocks], 0)
        return (digest, self.idea_count) == (version.digest, version.idea_count)

    def merge(self, block: Block) -> None:
        """Adds ideas that are new or have changed."""
        self._read.append(block)
        self.size += block.size

    async def settle(self, time_slice: TimeSlice) -> None:
        """Removes the older versions of merged ideas."""
        read, self._read = self._read, []
        changed: set[bytes] = set()
        if self._blocks:
            for block in read:
                changed.update(block.ids)
                await time_slice.rest_if_over()
            await self._drop(changed.intersection, time_slice)
        for block in read:
            if self._orders:
                self._come.extend(block.documents)
            self._append(block)
            await time_slice.rest_if_over()

    async def retain(self, batches: AsyncIterable[Sequence[bytes]], time_slice: TimeSlice) -> None:
        """Removes all ideas except these. To be called after `settle`."""
        live: set[bytes] = set()
        async for ids in batches:
            live.update(ids)
            await time_slice.rest_if_over()
        await self._drop(lambda ids: set(ids) - live, time_slice)

    async def finish(self, version: VaultVersion, time_slice: TimeSlice) -> SearchIndex:
        return SearchIndex(version, self._blocks, await self._next_orders(time_slice))

    async def _drop(self, gone_of: Callable[[Iterable[bytes]], Collection[bytes]], time_slice: TimeSlice) -> None:
        blocks, self._blocks = self._blocks, []
        for block in blocks:
            left: Block | None = block
            if gone := gone_of(block.ids):
                left = block.without(gone)
                self.size += (left.size if left else 0) - block.size
                if self._orders:
                    self._gone.extend([document for document in block.documents if document.id in gone])
            if left:
                self._append(left)
            await time_slice.rest_if_over()

    def _append(self, block: Block) -> None:
        """Joins two adjacent blocks that fill at most half a block, so that many changes do not leave many blocks."""
        if self._blocks:
            last = self._blocks[-1]
            if len(last) + len(block) <= MOST // 2 and last.size + block.size <= MOST_BYTES // 2:
                block = self._blocks.pop().joined(block)
        self._blocks.append(block)

    async def _next_orders(self, time_slice: TimeSlice) -> Orders:
        if len(self._gone) + len(self._come) > KEPT_IN_ORDER:
            return {}
        orders: Orders = {}
        for sort, order in self._orders.items():
            key = SORT_KEYS[sort]
            orders[sort] = rows = list(order)
            for document in self._come:
                insort(rows, document, key=key)
                await time_slice.rest_if_over()
            for document in self._gone:  # bisect_left finds it before an added document with the same key
                del rows[bisect_left(rows, key(document), key=key)]
                await time_slice.rest_if_over()
        return orders
