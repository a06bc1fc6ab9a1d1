"""The search index of a vault: its ideas, opened and folded, at exactly one revision. No SQL and no keys.

Why it is not in the database: docs/decisions/0003-corpus-instead-of-index.md.
"""

from collections.abc import Iterable, Sequence
from itertools import batched, chain

import msgspec

from creatorvault.core.identifiers import VaultVersion
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.documents import Document
from creatorvault.ideas.search.filters import Bodies, Filter, Page, SearchQuery, page_of
from creatorvault.ideas.search.needles import finder
from creatorvault.ideas.search.ordering import RUN_ROWS, SORT_KEYS, SortField, sort_in_turns
from creatorvault.ideas.search.summaries import KeptTags

RECENT_RESULTS = 4
"""Number of searches whose matches are cached: their next page needs no scan."""

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
        self.blocks = blocks
        self.orders = orders
        self._size = EMPTY_BYTES + sum([block.size for block in blocks])
        self.tags = KeptTags()
        self._by_tag: dict[str, list[Document]] | None = None
        self._recent: dict[tuple[SortField, Filter], Sequence[Document]] = {}

    @property
    def size(self) -> int:
        return self._size + self.tags.size

    async def select(self, query: SearchQuery, time_slice: TimeSlice, _bodies: Bodies | None = None) -> Page:
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
            among: Iterable[Document] = await holding(wanted.needle, self.blocks, time_slice)
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
            for document in chain.from_iterable(block.documents for block in self.blocks):
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
        if sort not in self.orders:
            documents: list[Document] = []
            for block in self.blocks:
                documents.extend(block.documents)
                if time_slice.is_over:
                    await time_slice.rest()
            self.orders[sort] = await _sorted(documents, sort, time_slice)
        return self.orders[sort]


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
