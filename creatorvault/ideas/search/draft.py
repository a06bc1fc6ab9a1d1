"""Builds the next index of a vault, from nothing or from an older index, and as a slim one if it does not fit."""

from bisect import bisect_left, insort
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Sequence
from functools import reduce
from operator import xor
from typing import Final, cast

from creatorvault.core.identifiers import VaultVersion
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.blocks import MOST, MOST_BYTES, Block
from creatorvault.ideas.search.documents import Document
from creatorvault.ideas.search.index import EMPTY_BYTES, Orders, SearchIndex
from creatorvault.ideas.search.ordering import SORT_KEYS
from creatorvault.ideas.search.slim import SlimIndex
from creatorvault.ideas.search.slim_blocks import SlimBlock

KEPT_IN_ORDER: Final = 64
"""Up to this many changes are inserted into the known orders one by one; after more, orders are rebuilt on demand."""

type Index = SearchIndex | SlimIndex
type AnyBlock = Block | SlimBlock


class SearchIndexDraft:
    """Builds the next index, from nothing or from an older index, which is not modified.

    `size` is the size of the next index. Ideas that were read again count twice until `settle`.
    """

    def __init__(self, base: Index | None = None) -> None:
        self._blocks: list[AnyBlock] = list(base.blocks) if base else []
        self.is_slim = isinstance(base, SlimIndex)
        # A copy, since other requests may add orders to the older index meanwhile.
        self._orders = dict(base.orders) if isinstance(base, SearchIndex) else {}
        self._read: list[AnyBlock] = []
        self._gone: list[Document] = []
        self._come: list[Document] = []
        self.size = (0 if self.is_slim else EMPTY_BYTES) + sum([block.size for block in self._blocks])

    @property
    def idea_count(self) -> int:
        return sum(map(len, self._blocks)) + sum(map(len, self._read))

    def is_of(self, version: VaultVersion) -> bool:
        """Returns whether the ideas match the vault at that version. Valid after `settle`."""
        digest = reduce(xor, [block.digest for block in self._blocks], 0)
        return (digest, self.idea_count) == (version.digest, version.idea_count)

    def merge(self, block: Block) -> None:
        """Adds ideas that are new or have changed."""
        added = SlimBlock.of(block) if self.is_slim else block
        self._read.append(added)
        self.size += added.size

    async def slim_down(self, time_slice: TimeSlice) -> None:
        """Keeps of all ideas, and of those merged later, only what finds and sorts them."""
        self.is_slim, self._orders = True, {}
        for blocks in (self._blocks, self._read):
            for place, block in enumerate(blocks):
                blocks[place] = SlimBlock.of(cast("Block", block))
                await time_slice.rest_if_over()
        self.size = sum([block.size for block in (*self._blocks, *self._read)])

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
                self._come.extend(cast("Block", block).documents)
            self._append(block)
            await time_slice.rest_if_over()

    async def retain(self, batches: AsyncIterable[Sequence[bytes]], time_slice: TimeSlice) -> None:
        """Removes all ideas except these. To be called after `settle`."""
        live: set[bytes] = set()
        async for ids in batches:
            live.update(ids)
            await time_slice.rest_if_over()
        await self._drop(lambda ids: set(ids) - live, time_slice)

    async def finish(self, version: VaultVersion, time_slice: TimeSlice) -> Index:
        if self.is_slim:
            return SlimIndex(version, cast("list[SlimBlock]", self._blocks))
        return SearchIndex(version, cast("list[Block]", self._blocks), await self._next_orders(time_slice))

    async def _drop(self, gone_of: Callable[[Iterable[bytes]], Collection[bytes]], time_slice: TimeSlice) -> None:
        blocks, self._blocks = self._blocks, []
        for block in blocks:
            left: AnyBlock | None = block
            if gone := gone_of(block.ids):
                left = block.without(gone)
                self.size += (left.size if left else 0) - block.size
                if self._orders:
                    documents = cast("Block", block).documents
                    self._gone.extend([document for document in documents if document.id in gone])
            if left:
                self._append(left)
            await time_slice.rest_if_over()

    def _append(self, block: AnyBlock) -> None:
        """Joins two adjacent blocks that fill at most half a block, so that many changes do not leave many blocks."""
        if self._blocks:
            last = self._blocks[-1]
            if len(last) + len(block) <= MOST // 2 and last.size + block.size <= MOST_BYTES // 2:
                self._blocks.pop()
                block = last.joined(block)  # type: ignore[arg-type]  # all blocks of a draft are of one kind
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
