"""What a corpus is built from: the vault's ideas, opened, as one snapshot sees them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final, NamedTuple

from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.loop_budget import LoopTurn
from creatorvault.ideas.corpora import BEGINNING
from creatorvault.ideas.entries import Entry
from creatorvault.ideas.repositories import ID_BYTES, IdeaRepository, SegmentRepository
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

EVERYTHING: Final = Gap(BEGINNING, ENDLESS)


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
    `IdeaSealer.open` and of `SegmentSealer.open`.
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
        async with aclosing(self._repository.packed_ids()) as batches:
            async for packed in batches:
                yield [packed[start : start + ID_BYTES] for start in range(0, len(packed), ID_BYTES)]

    async def _all(self, segments: Segments) -> AsyncGenerator[Sequence[Entry]]:
        spans, gaps = await self._spans_and_gaps(segments)
        if spans:
            async with aclosing(segments.stored.all()) as batches:
                async for batch in batches:
                    for segment in batch:
                        yield self._segment_sealer.open(segment)
        for gap in gaps:
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
        self._makes_segments = False  # who reads the vault a second time has made them

    async def _spans_and_gaps(self, segments: Segments) -> tuple[Sequence[Span], Sequence[Gap]]:
        """Spans that hold what the vault has, and where it has more. As a whole they are believed or not: every idea is
        counted in one or found in a gap.
        """
        spans = await segments.stored.spans()
        if not spans:
            return (), [EVERYTHING]
        if go_together(spans):
            gaps = await self._repository.rows_in(gaps_between(spans))
            found = sum(span.ideas for span in spans) + sum(rows for _, rows in gaps)
            if found == self.idea_count and len(gaps) <= MOST_GAPS:
                return spans, [gap for gap, _ in gaps]
        if self._makes_segments:
            segments.writer.forget(self._vault.id)
        return (), [EVERYTHING]

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
