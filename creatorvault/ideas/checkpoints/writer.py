"""Writes checkpoints in the background. The requests that read the vaults do not wait for it."""

import asyncio
from collections.abc import Iterable
from contextvars import Context
from datetime import UTC, datetime
from typing import Final, NamedTuple

from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultId
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.checkpoints.sealing import Checkpoint, CheckpointSealer
from creatorvault.ideas.statements.checkpoints import WRITE
from creatorvault.tenants.opening import Run

log = get_logger(__name__)

MOST_WAITING: Final = 1_000
"""Vaults whose checkpoint waits to be written. Beyond it, writing is left to a later full read."""


class PendingCheckpoint(NamedTuple):
    """`stamps` is `vaults.digest` at that revision. `cipher` seals."""

    checkpoint: Checkpoint
    stamps: int
    cipher: VaultCipher


class CheckpointWriter:
    """One per process, for one event loop. `written` and `lost` count checkpoints since the start of the process."""

    def __init__(self, database: Statements) -> None:
        self._database = database
        self._waiting: dict[VaultId, PendingCheckpoint] = {}
        self.written = self.lost = 0
        self._task: asyncio.Task[None] | None = None

    def write(self, pending: PendingCheckpoint) -> None:
        """Queues a checkpoint, in place of one of the same vault that waits. Drops it if too many wait."""
        vault = pending.cipher.vault
        if len(self._waiting) >= MOST_WAITING and vault not in self._waiting:
            self.lost += 1
            return
        self._waiting[vault] = pending
        if self._task is None or self._task.done():
            # In a new context: the request that queued it may have ended before the task runs.
            self._task = asyncio.create_task(self._work_off(), context=Context())

    def vaults(self) -> Iterable[VaultId]:
        return list(self._waiting)

    def forget(self, vault: VaultId) -> None:
        """Drops what waits for a vault that was erased or set back."""
        self._waiting.pop(vault, None)

    async def finish(self) -> None:
        """Waits until the queue is empty."""
        if self._task:
            await self._task

    async def aclose(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work_off(self) -> None:
        while self._waiting:
            pending = self._waiting.pop(next(iter(self._waiting)))
            try:
                is_written = await write_checkpoint(self._database.changed, pending)
            except ServiceUnavailable:
                log.info("checkpoints.not_written")
                is_written = False
            self.written += is_written
            self.lost += not is_written


async def write_checkpoint(run: Run, pending: PendingCheckpoint) -> bool:
    """Seals and stores a checkpoint. Returns False if it is not stored, for one of the reasons at `WRITE`.

    `run` executes a statement, in the vault's tenant if it is in a transaction. Raises as `run`.
    """
    checkpoint, stamps, cipher = pending
    sealed = CheckpointSealer.of(cipher).seal(checkpoint)
    rows = await run(
        WRITE,
        *(str(cipher.vault.tenant_id), cipher.vault.user_id),
        *(*checkpoint, sealed.sealed, datetime.now(UTC), stamps),
        *(cipher.version, cipher.first_revision, *cipher.wrap),
    )
    return bool(rows)
