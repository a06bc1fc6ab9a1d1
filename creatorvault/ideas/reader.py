"""Reads and opens the ideas of a vault in one snapshot, to build a search index."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final, NamedTuple

from creatorvault.core.identifiers import VaultRevision, vault_ids
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.bodies import read_bodies
from creatorvault.ideas.checkpoints.comparing import ComparedRead
from creatorvault.ideas.repositories import IdeaRepository
from creatorvault.ideas.sealing import REVISION, STAMP, IdeaSealer
from creatorvault.ideas.search.blocks import ID_BYTES, MOST, MOST_BYTES, Block, ids_in
from creatorvault.ideas.search.cache import BEGINNING
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.segments.repositories import SegmentRepository
from creatorvault.ideas.segments.sealing import (
    ENDLESS,
    FEWEST,
    Gap,
    SegmentSealer,
    Span,
    gaps_between,
    go_together,
)
from creatorvault.ideas.segments.writer import SegmentWriter
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault, VaultView

MOST_GAPS: Final = 32
"""If more gaps between segments contain ideas, the segments are deleted and written again without gaps."""

IDS_AT_ONCE: Final = 2**11
"""Comparing this many ids takes a fraction of a millisecond."""

EVERYTHING: Final = Gap(BEGINNING, ENDLESS)


class Segments(NamedTuple):
    """The segments of the snapshot, and the writer of new ones."""

    stored: SegmentRepository
    writer: SegmentWriter


class VaultReader:
    """Reads a vault from its segments. Where there are none, reads row by row and writes segments of what it read.

    Without `segments` it reads only rows. Implements `search.vault_reader.VaultReader`. Raises the alerts of
    `IdeaSealer.open` and of `SegmentSealer.open`, VaultMismatch if the segments are not a copy of the rows, and as
    `ComparedRead`.
    """

    def __init__(
        self,
        repository: IdeaRepository,
        view: VaultView,
        vault: OpenVault,
        time_slice: TimeSlice,
        segments: Segments | None = None,
        compared: ComparedRead | None = None,
    ) -> None:
        """`time_slice` is that of the caller, which yields to the event loop between blocks. `compared` compares the
        first read of the whole vault with its checkpoint.
        """
        self.version = vault.version
        self.bodies = partial(read_bodies, view, vault.version, time_slice)
        self._repository = repository
        self._vault = vault
        self._time_slice = time_slice
        self._compared = compared
        self._segments = segments if vault.version.idea_count >= FEWEST else None
        self._sealer = IdeaSealer.of(vault.cipher)
        self._segment_sealer = SegmentSealer.of(vault.cipher)
        self._makes_segments = True  # and deletes those that cannot be used

    async def changed_since(self, revision: VaultRevision) -> AsyncGenerator[Block]:
        compared = self._compared if revision == BEGINNING else None
        if compared:
            compared.restart()
        if revision == BEGINNING and self._segments:
            blocks = self._all(self._segments)
        else:
            blocks = self._rows(Gap(revision, ENDLESS))
        async with aclosing(blocks):
            async for block in blocks:
                if compared:
                    compared.add(block)
                yield block
        if compared:
            await compared.finish(self._time_slice)

    async def live_ids(self) -> AsyncGenerator[Sequence[bytes]]:
        size = IDS_AT_ONCE * ID_BYTES
        async with aclosing(self._repository.packed_ids()) as batches:
            async for packed in batches:
                for start in range(0, len(packed), size):
                    yield ids_in(packed[start : start + size])

    async def _all(self, segments: Segments) -> AsyncGenerator[Block]:
        spans, gaps = await self._spans_and_gaps(segments)
        read: set[bytes] = set()
        if spans:
            async with aclosing(segments.stored.all()) as batches:
                async for batch in batches:
                    for segment in batch:
                        block = self._segment_sealer.open(segment)
                        read.update(block.ids)
                        yield block
        for gap in gaps:
            async with aclosing(self._rows(gap)) as blocks:
                async for block in blocks:
                    if spans:
                        read.update(block.ids)
                    yield block
                    if len(block) >= FEWEST or _is_full(len(block), block.size):
                        self._make_segment(segments, block)
        if spans:
            await self._compare_with_rows(read)
        self._makes_segments = False  # a second read of the vault need not write them again

    async def _spans_and_gaps(self, segments: Segments) -> tuple[Sequence[Span], Sequence[Gap]]:
        """Returns the spans of usable segments and the gaps that contain other ideas. Every idea is in exactly one.

        Segments that are folded by another rule, overlap, or have too many gaps are deleted. Raises VaultMismatch if
        the spans and gaps together contain more or fewer ideas than the vault.
        """
        spans = await segments.stored.spans()
        if not spans:
            return (), [EVERYTHING]
        if go_together(spans):
            gaps = await self._repository.rows_in(gaps_between(spans))
            if sum(span.ideas for span in spans) + sum(rows for _, rows in gaps) != self.version.idea_count:
                raise await self._mismatch()
            if len(gaps) <= MOST_GAPS:
                return spans, [gap for gap, _ in gaps]
        if self._makes_segments:
            segments.writer.forget(self._vault.id)
        return (), [EVERYTHING]

    async def _compare_with_rows(self, read: set[bytes]) -> None:
        """Raises VaultMismatch unless `read` are the ids of all rows of the vault.

        The number of ideas read equals the vault's count. If the number of rows is the same, and each row was read,
        then each was read once and every idea read has a row. Each change of an idea deletes the segment that contains
        it, so unless somebody edits a row's revision, the idea is read in the state of its row.
        """
        rows = 0
        async with aclosing(self.live_ids()) as batches:
            async for ids in batches:
                if not read.issuperset(ids):
                    raise await self._mismatch()
                rows += len(ids)
                await self._time_slice.rest_if_over()
        if rows != self.version.idea_count:
            raise await self._mismatch()

    async def _rows(self, gap: Gap) -> AsyncGenerator[Block]:
        opened: list[OpenedIdea] = []
        size = 0
        async with aclosing(self._repository.changed_within(gap)) as batches:
            async for rows in batches:
                for row in rows:
                    idea = OpenedIdea.of(row[REVISION], row[STAMP], self._sealer.open(row))
                    opened.append(idea)
                    size += idea.size
                    if _is_full(len(opened), size):
                        yield Block.of(opened)
                        opened, size = [], 0
                    if self._time_slice.is_over:
                        await self._time_slice.rest()
        if opened:
            yield Block.of(opened)

    def _make_segment(self, segments: Segments, block: Block) -> None:
        if self._makes_segments and segments.writer.has_room:
            segments.writer.write(self._vault.id, self._segment_sealer.seal(block), block.digest)

    async def _mismatch(self) -> VaultMismatch:
        """Returns the error. It names the segments' table if the rows and the vault's row agree."""
        rows = await self._repository.count()
        where = {"table": "idea_segments"} if rows == self.version.idea_count else {}
        return VaultMismatch(**vault_ids(self._vault.id), **where)


def _is_full(ideas: int, size: int) -> bool:
    return ideas >= MOST or size >= MOST_BYTES
