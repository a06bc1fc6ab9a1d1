"""What a corpus is built from: the vault's ideas, opened, as one snapshot sees them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from struct import unpack
from typing import Final, NamedTuple

from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.loop_budget import LoopTurn
from creatorvault.crypto.cipher import vault_ids
from creatorvault.ideas.corpora import BEGINNING
from creatorvault.ideas.entries import Entry
from creatorvault.ideas.errors import VaultMismatch
from creatorvault.ideas.repositories import ID_BYTES, IdeaRepository, SegmentRepository
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.sealing import IdeaSealer
from creatorvault.ideas.segment_writes import SegmentWriter
from creatorvault.ideas.segments import (
    ENDLESS,
    FEWEST,
    MOST,
    MOST_BYTES,
    Gap,
    SegmentSealer,
    Span,
    gaps_between,
    go_together,
)
from creatorvault.tenants.services import OpenVault

OPENED_AT_ONCE: Final = 32
"""Fewer where opening them takes longer than a slice of the event loop: the reader rests between batches."""

MOST_GAPS: Final = 32
"""Segments with more gaps between them that hold ideas are forgotten, and made anew without gaps."""

IDS_AT_ONCE: Final = 2**11
"""Comparing so many ids takes a fraction of a millisecond."""

EVERYTHING: Final = Gap(BEGINNING, ENDLESS)
EVERY_IDEA: Final = IdeaQuery()


class Segments(NamedTuple):
    """Those that the snapshot has, and who writes new ones."""

    stored: SegmentRepository
    writer: SegmentWriter


class Run:
    """Ideas that become a segment: so many, or so much of them, that a few segments at once are no burden."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._size = 0

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._size += entry.size

    @property
    def is_full(self) -> bool:
        return len(self.entries) >= MOST or self._size >= MOST_BYTES


class VaultReader:
    """All of a vault is read from its segments, and row by row where there are none; those it makes of what it read.

    Without `segments` it reads row by row only. Answers are those of `ideas.corpora.VaultReader`; raises the alarms of
    `IdeaSealer.open` and of `SegmentSealer.open`, and VaultMismatch where the segments are not a copy of the rows.
    """

    def __init__(
        self, repository: IdeaRepository, vault: OpenVault, turn: LoopTurn, segments: Segments | None = None
    ) -> None:
        """`turn` is that of who reads the batches, and rests between them."""
        self.revision = vault.revision
        self.idea_count = vault.idea_count
        self._repository = repository
        self._vault = vault
        self._turn = turn
        self._segments = segments if vault.idea_count >= FEWEST else None
        self._sealer = IdeaSealer.of(vault.cipher)
        self._segment_sealer = SegmentSealer.of(vault.cipher)
        self._makes_segments = True  # and forgets those that are not believed

    async def changed_since(self, revision: VaultRevision) -> AsyncGenerator[Sequence[Entry]]:
        if revision == BEGINNING and self._segments:
            ideas = self._all(self._segments)
        else:
            ideas = self._rows(Gap(revision, ENDLESS))
        async with aclosing(ideas):
            async for batch in ideas:
                yield batch

    async def live_ids(self) -> AsyncGenerator[Sequence[bytes]]:
        size = IDS_AT_ONCE * ID_BYTES
        async with aclosing(self._repository.packed_ids()) as batches:
            async for packed in batches:
                for start in range(0, len(packed), size):
                    some = packed[start : start + size]
                    yield unpack(f"{ID_BYTES}s" * (len(some) // ID_BYTES), some)  # takes a fifth of what slices take

    async def _all(self, segments: Segments) -> AsyncGenerator[Sequence[Entry]]:
        spans, gaps = await self._spans_and_gaps(segments)
        read: set[bytes] = set()
        if spans:
            async with aclosing(segments.stored.all()) as batches:
                async for batch in batches:
                    for segment in batch:
                        entries = self._segment_sealer.open(segment)
                        read.update([entry.id for entry in entries])
                        yield entries
        for gap in gaps:
            async with aclosing(self._rows_and_their_segments(gap, segments)) as rows:
                async for batch_of_rows in rows:
                    if spans:
                        read.update([entry.id for entry in batch_of_rows])
                    yield batch_of_rows
        if spans:
            async with aclosing(self._compared_with_rows(read)) as pauses:
                async for pause in pauses:
                    yield pause
        self._makes_segments = False  # who reads the vault a second time has made them

    async def _rows_and_their_segments(self, gap: Gap, segments: Segments) -> AsyncGenerator[Sequence[Entry]]:
        async with aclosing(self._rows(gap)) as rows:
            run = Run()
            async for entries in rows:
                yield entries
                for entry in entries:
                    run.add(entry)
                    if run.is_full:
                        self._make_segment(segments, run.entries)
                        run = Run()
            if len(run.entries) >= FEWEST:
                self._make_segment(segments, run.entries)

    async def _spans_and_gaps(self, segments: Segments) -> tuple[Sequence[Span], Sequence[Gap]]:
        """Spans that hold what the vault has, and where it has more. Every idea is counted in one or found in a gap.

        Segments that are folded by another rule or overlap, and those with too many gaps, are forgotten. Raises
        VaultMismatch when there are more or fewer ideas in them and beside them than the vault has.
        """
        spans = await segments.stored.spans()
        if not spans:
            return (), [EVERYTHING]
        if go_together(spans):
            gaps = await self._repository.rows_in(gaps_between(spans))
            if sum(span.ideas for span in spans) + sum(rows for _, rows in gaps) != self.idea_count:
                raise await self._mismatch()
            if len(gaps) <= MOST_GAPS:
                return spans, [gap for gap, _ in gaps]
        if self._makes_segments:
            segments.writer.forget(self._vault.id)
        return (), [EVERYTHING]

    async def _compared_with_rows(self, read: set[bytes]) -> AsyncGenerator[Sequence[Entry]]:
        """Yields nothing, again and again. Raises VaultMismatch unless `read` are the ids of all rows of the vault.

        There are then as many ideas as the vault counts, each of them read once, and none that has no row. A segment
        that an idea is in has gone with each change of it; so as long as nobody edits a row's revision, it is read as
        its row has it.
        """
        rows = 0
        async with aclosing(self.live_ids()) as batches:
            async for ids in batches:
                if not read.issuperset(ids):
                    raise await self._mismatch()
                rows += len(ids)
                yield ()
        if rows != len(read):
            raise await self._mismatch()

    async def _rows(self, gap: Gap) -> AsyncGenerator[Sequence[Entry]]:
        async with aclosing(self._repository.changed_within(gap)) as batches:
            async for rows in batches:
                opened: list[Entry] = []
                for row in rows:
                    opened.append(Entry.of(row.revision, self._sealer.open(row)))
                    if len(opened) >= OPENED_AT_ONCE or self._turn.is_over:
                        yield opened
                        opened = []
                if opened:
                    yield opened

    def _make_segment(self, segments: Segments, entries: Sequence[Entry]) -> None:
        if self._makes_segments and segments.writer.has_room:
            segments.writer.write(self._vault.id, self.revision, self._segment_sealer.seal(entries))

    async def _mismatch(self) -> VaultMismatch:
        """Between rows, segments and the vault's row. It names the segments where the other two agree."""
        rows = (await self._repository.counted(EVERY_IDEA)).rows
        where = {"table": "idea_segments"} if rows == self.idea_count else {}
        return VaultMismatch(**vault_ids(self._vault.id), **where)
