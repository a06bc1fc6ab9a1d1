"""Writes segments in the background. The requests that read the ideas do not wait for it."""

import asyncio
from collections import deque
from contextvars import Context
from typing import Final, NamedTuple

from creatorvault.core.database.statements import Statements
from creatorvault.core.database.tenant_context import CONTEXT_IS_SET
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.ideas.segments.sealing import Segment

log = get_logger(__name__)

WAITING_BYTES: Final = 16 * 2**20
"""Enough for the segments of about 20,000 ideas of 500 characters. Beyond it, writing is left to a later read."""

AT_ONCE: Final = 8
"""Segments per statement, about a megabyte: changes of the vault wait for it."""

# Locks the vault's row until commit, and writes only if the vault is at the revision at which the ideas were read.
WRITE: Final = f"""
    WITH vault AS (
        UPDATE vaults SET segmented = true FROM tenants
        WHERE {CONTEXT_IS_SET}
            AND tenants.tenant_id = $1::text::uuid AND tenants.status = 'active'
            AND vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2 AND vaults.revision = $3
        RETURNING vaults.tenant_id
    )
    INSERT INTO idea_segments (tenant_id, user_id, first_revision, last_revision, ideas, folding, sealed)
    SELECT vault.tenant_id, $2, part.*
    FROM vault, unnest($4::bigint[], $5::bigint[], $6::integer[], $7::text[], $8::bytea[]) AS part
    ON CONFLICT DO NOTHING
    RETURNING ideas
"""  # noqa: S608 - constants
FORGET: Final = f"""
    DELETE FROM idea_segments
    WHERE {CONTEXT_IS_SET}
        AND tenant_id = $1::text::uuid AND user_id = $2
    RETURNING ideas
"""  # noqa: S608 - constants


class PendingWrite(NamedTuple):
    """`segment` is of the vault at `revision`; None means to delete all segments of the vault."""

    vault: VaultId
    revision: VaultRevision | None
    segment: Segment | None


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

    def write(self, vault: VaultId, revision: VaultRevision, segment: Segment) -> None:
        """Queues a segment. It is dropped if the vault has changed before it is written."""
        self._waiting_bytes += len(segment.sealed)
        self._begin(PendingWrite(vault, revision, segment))

    def forget(self, vault: VaultId) -> None:
        """Queues the deletion of all segments of the vault. They are copies: a needless deletion only costs time."""
        self._begin(PendingWrite(vault, None, None))

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
                await self._write(work, [work.segment, *self._more_like(work)])

    def _more_like(self, work: PendingWrite) -> list[Segment]:
        """Removes from the queue the next segments that can be written in the same statement."""
        more: list[Segment] = []
        while self._waiting and len(more) < AT_ONCE - 1:
            vault, revision, segment = self._waiting[0]
            if segment is None or (vault, revision) != (work.vault, work.revision):
                break
            more.append(segment)
            self._waiting.popleft()
        return more

    async def _write(self, work: PendingWrite, segments: list[Segment]) -> None:
        columns = zip(*((*segment.span, segment.sealed) for segment in segments), strict=True)
        try:
            written = await self._try(WRITE, work.vault, work.revision, *map(list, columns))
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
