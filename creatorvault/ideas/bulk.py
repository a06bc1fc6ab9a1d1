"""Stores many ideas of one vault: sample ideas, imports. Each is stored as a single create would store it.

A batch is one transaction: it locks the vault's row, and one statement inserts the sealed rows and updates the
counters. The rows are arrays, not COPY. PostgreSQL refuses COPY into a table with row-level security, and COPY into a
temporary table with INSERT … SELECT is no faster: 29,700 rows a second in batches of 500, 29,400 by arrays, and in
batches of 100 20,100 and 24,800 (`python -m benchmarks.bulk`).

In a large vault the same transaction stores the ideas in segments as well, so that no search has to read them row by
row.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import Final, NamedTuple
from uuid import UUID

from creatorvault.core.database.sessions import WriteSession, computing, run
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import IdeaSealer, SealedRow
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.segments.growth import LARGE
from creatorvault.ideas.segments.sealing import FEWEST, Segment, SegmentSealer
from creatorvault.ideas.segments.writer import WRITE, arguments_of
from creatorvault.ideas.statements.bulk import INSERT_MANY, STORED
from creatorvault.tenants.opening import LockedVault
from creatorvault.tenants.services import VaultService
from creatorvault.tenants.statements.changes import UsageDelta, VaultChange

AT_ONCE: Final = 500
"""A good size for a batch: changes of the vault wait for a batch, for about 40 ms."""


type AlsoStore = Callable[[WriteSession, Sequence[SealedRow]], Awaitable[None]]
"""Stores something with the rows, in their transaction."""


class BatchStored(NamedTuple):
    """The result of a committed batch. `known` ideas were in the vault or its trash already, or twice in the batch."""

    stored: int
    known: int


async def store_batches(
    vault: VaultService,
    batches: AsyncIterable[Sequence[IdeaResponse]],
    budget: EventLoopBudget | None = None,
    also: AlsoStore | None = None,
) -> AsyncGenerator[BatchStored]:
    """Stores complete ideas, whose ids and times are kept, in their order. Yields after each batch is committed.

    An idea whose id is in the vault or its trash is left as it is, so the same batches can be given again after an
    error, or after the last one that was yielded. A batch that exceeds a quota is not stored at all.

    Raises as `VaultService.transaction`, and QuotaExceeded.
    """
    slices = TimeSlice(budget)
    async for batch in batches:
        yield await _store(vault, batch, slices, also)


async def _store(
    vault: VaultService, batch: Sequence[IdeaResponse], slices: TimeSlice, also: AlsoStore | None
) -> BatchStored:
    left: dict[UUID, IdeaResponse] = {}
    for idea in batch:
        left.setdefault(idea.id, idea)
    stored = 0
    while left:
        async with vault.transaction() as locked:
            for (idea_id,) in await run(locked.session, STORED, str(vault.id.tenant_id), vault.id.user_id, [*left]):
                del left[idea_id]
            # The rest of them follow under the next key, which another transaction makes.
            ideas = [*left.values()][: locked.last_revision - locked.revision]
            if ideas:
                with computing(locked.session):
                    rows = await _sealed(locked, ideas, slices)
                    segments = await segments_of(locked, ideas, rows, slices)
                await locked.apply(_insertion(rows), locked.cipher)
                if also is not None:
                    await also(locked.session, rows)
                await write_segments(locked, segments)
        for idea in ideas:
            del left[idea.id]
        stored += len(ideas)
    return BatchStored(stored, len(batch) - stored)


async def _sealed(vault: LockedVault, ideas: Sequence[IdeaResponse], slices: TimeSlice) -> Sequence[SealedRow]:
    """Seals the ideas in slices."""
    sealer, rows = IdeaSealer.of(vault.cipher), []
    slices.restart()
    for idea in ideas:
        await slices.rest_if_over()
        rows.append(sealer.seal(idea))
    return rows


async def segments_of(
    vault: LockedVault, ideas: Sequence[IdeaResponse], rows: Sequence[SealedRow], slices: TimeSlice
) -> Sequence[tuple[Segment, int]]:
    """Seals the ideas in segments, with the revisions that they will have; none if the vault or the batch is small."""
    if len(ideas) < FEWEST or vault.revision + len(ideas) < LARGE:
        return []
    opened, segments = list[OpenedIdea](), list[tuple[Segment, int]]()
    for revision, (idea, row) in enumerate(zip(ideas, rows, strict=True), start=vault.revision + 1):
        await slices.rest_if_over()
        opened.append(OpenedIdea.of(revision, row.stamp, idea))
    for segment in SegmentSealer.of(vault.cipher).seal_all(opened):
        segments.append(segment)
        await slices.rest_if_over()
    return segments


async def write_segments(vault: LockedVault, segments: Sequence[tuple[Segment, int]]) -> None:
    if segments:
        arguments = arguments_of(*zip(*segments, strict=True))
        await run(vault.session, WRITE, str(vault.id.tenant_id), vault.id.user_id, *arguments)


def _insertion(rows: Sequence[SealedRow]) -> VaultChange:
    usage = UsageDelta(ideas=len(rows), sealed_bytes=sum(row.size for row in rows))
    digest = reduce(xor, (row.stamp for row in rows))
    columns = zip(*rows, strict=True)
    return VaultChange(INSERT_MANY, usage, digest, datetime.now(UTC), tuple(map(list, columns)))
