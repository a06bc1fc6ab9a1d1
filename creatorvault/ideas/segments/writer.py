"""Writes segments in the background. The requests that read the ideas do not wait for it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from typing import Final, NamedTuple

from creatorvault.core.database.statements import Statements
from creatorvault.core.database.tenant_context import CONTEXT_IS_SET
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultId
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.ideas.models import VAULT_HASH
from creatorvault.ideas.segments.sealing import Segment

log = get_logger(__name__)

WAITING_BYTES: Final = 16 * 2**20
"""Enough for the segments of about 20,000 ideas of 500 characters. Beyond it, writing is left to a later read."""

AT_ONCE: Final = 8
"""Segments per statement, about a megabyte: changes of the vault wait for it."""

ATTEMPTS: Final = 2
"""A vault that changes often may have changed while a statement waited for its lock."""

# Writes a segment only if the rows with a revision in its span are the ideas in it: as many, and with the same stamps.
# The vault's row is locked until commit. If it has changed while the statement waited for the lock, the rows may be
# newer than those that the statement sees, so nothing is written. Nor is it if the vault has a newer key: a rotation
# destroys the earlier ones when nothing is sealed with them. A segment before that overlaps is kept.
WRITE: Final = f"""
    WITH seen AS MATERIALIZED (
        SELECT vaults.revision FROM vaults
        WHERE {CONTEXT_IS_SET} AND vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2
    ), vault AS (
        UPDATE vaults SET segmented = true FROM tenants
        WHERE {CONTEXT_IS_SET}
            AND tenants.tenant_id = $1::text::uuid AND tenants.status = 'active'
            AND vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2
            AND vaults.status IS NULL AND vaults.key_version = $9
            AND vaults.revision = (SELECT seen.revision FROM seen)
        RETURNING vaults.tenant_id
    )
    INSERT INTO idea_segments (tenant_id, user_id, first_revision, last_revision, ideas, folding, sealed)
    SELECT vault.tenant_id, $2, part.first, part.last, part.ideas, part.folding, part.sealed
    FROM vault
    CROSS JOIN unnest($3::bigint[], $4::bigint[], $5::integer[], $6::text[], $7::bytea[], $8::bigint[])
        AS part (first, last, ideas, folding, sealed, digest)
    CROSS JOIN LATERAL (
        SELECT count(*) AS ideas, coalesce(bit_xor(ideas.stamp), 0) AS digest FROM ideas
        WHERE ideas.vault_hash = {VAULT_HASH.format(user_id="$2", tenant_id="vault.tenant_id")}
            AND ideas.tenant_id = vault.tenant_id AND ideas.user_id = $2
            AND ideas.revision BETWEEN part.first AND part.last
    ) AS stored
    LEFT JOIN LATERAL (
        SELECT idea_segments.last_revision FROM idea_segments
        WHERE idea_segments.tenant_id = vault.tenant_id AND idea_segments.user_id = $2
            AND idea_segments.first_revision <= part.last
        ORDER BY idea_segments.first_revision DESC LIMIT 1
    ) AS before ON true
    WHERE (stored.ideas, stored.digest) = (part.ideas, part.digest) AND coalesce(before.last_revision, 0) < part.first
    ON CONFLICT DO NOTHING
    RETURNING ideas
"""  # noqa: S608 - constants
FORGET: Final = f"""
    DELETE FROM idea_segments
    WHERE {CONTEXT_IS_SET}
        AND tenant_id = $1::text::uuid AND user_id = $2
    RETURNING ideas
"""  # noqa: S608 - constants


def arguments_of(segments: Sequence[Segment], digests: Sequence[int]) -> Sequence[object]:
    """Returns the arguments of WRITE that follow the tenant's and the user's id.

    There must be at least one segment, and all must be sealed with the same key.
    """
    rows = ((*segment.span, segment.sealed, digest) for segment, digest in zip(segments, digests, strict=True))
    return [*map(list, zip(*rows, strict=True)), segments[0].key_version]


class PendingWrite(NamedTuple):
    """`digest` combines the stamps of the ideas in `segment`. Without a segment, all of the vault are to be deleted."""

    vault: VaultId
    segment: Segment | None
    digest: int


class SegmentWriter:
    """One per process, for one event loop. Segments that it cannot write are dropped, and created again later.

    `written` and `lost` count segments since the start of the process.
    """

    def __init__(self, database: Statements) -> None:
        self._database = database
        self._waiting: deque[PendingWrite] = deque()
        self._waiting_bytes = 0
        self.written = self.lost = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def has_room(self) -> bool:
        return self._waiting_bytes < WAITING_BYTES

    def write(self, vault: VaultId, segment: Segment, digest: int) -> None:
        """Queues a segment. It is dropped if its ideas have changed before it is written.

        `digest` combines the stamps of its ideas by exclusive or.
        """
        self._waiting_bytes += len(segment.sealed)
        self._begin(PendingWrite(vault, segment, digest))

    def forget(self, vault: VaultId) -> None:
        """Queues the deletion of all segments of the vault. They are copies: a needless deletion only costs time."""
        self._begin(PendingWrite(vault, None, 0))

    async def finish(self) -> None:
        """Waits until the queue is empty."""
        if self._task:
            await self._task

    async def aclose(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self, work: PendingWrite) -> None:
        self._waiting.append(work)
        if self._task is None or self._task.done():
            # In a new context: the request that queued it may have ended before the task runs.
            self._task = asyncio.create_task(self._work_off(), context=Context())

    async def _work_off(self) -> None:
        while self._waiting:
            work = self._waiting.popleft()
            if work.segment is None:
                await self._try(FORGET, work.vault)
            else:
                digests = [work.digest]
                segments = [work.segment]
                self._add_more(work.vault, segments, digests)
                await self._write(work.vault, segments, digests)

    def _add_more(self, vault: VaultId, segments: list[Segment], digests: list[int]) -> None:
        """Takes from the queue the next segments that can be written in the same statement."""
        while self._waiting and len(segments) < AT_ONCE:
            more = self._waiting[0]
            if more.segment is None or more.vault != vault or more.segment.key_version != segments[0].key_version:
                break
            segments.append(more.segment)
            digests.append(more.digest)
            self._waiting.popleft()

    async def _write(self, vault: VaultId, segments: list[Segment], digests: list[int]) -> None:
        arguments = arguments_of(segments, digests)
        try:
            written = 0
            for _ in range(ATTEMPTS):
                if written := await self._try(WRITE, vault, *arguments):
                    break
        finally:
            self._waiting_bytes -= sum(len(segment.sealed) for segment in segments)
        self.written += written
        self.lost += len(segments) - written

    async def _try(self, statement: str, vault: VaultId, *arguments: object) -> int:
        """Returns the number of affected rows; 0 if the database is unavailable."""
        try:
            return len(await self._database.changed(statement, str(vault.tenant_id), vault.user_id, *arguments))
        except ServiceUnavailable:
            log.info("segments.not_written")
            return 0
