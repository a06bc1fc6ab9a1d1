"""Reads and opens everything of a vault in one snapshot, as the entries of an export."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Final
from uuid import UUID

from creatorvault.core.database.sessions import computing, run
from creatorvault.core.database.statements import Row
from creatorvault.core.identifiers import VaultVersion, vault_ids
from creatorvault.ideas.checkpoints.comparing import opened_checkpoint, stored_checkpoint
from creatorvault.ideas.opened import opened
from creatorvault.ideas.repositories import IdeaRepository
from creatorvault.ideas.sealing import STAMP
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault, Snapshot
from creatorvault.transfer.exporting.entries import Beginning, End, Entry, IdeaEntry, LiveIdea, VaultSettings
from creatorvault.transfer.exporting.statements import IDEAS_FROM

BATCH: Final = 256
LAST_ID: Final = UUID(int=2**128 - 1)


class VaultSource:
    """The snapshot must be read by WITH_CHECKPOINT.

    Every value is opened, and at the end what was read is compared with the vault's row: End comes only if both agree.
    Raises the alerts of `opened`, VaultMismatch, and as `opened_checkpoint`.
    """

    def __init__(self, snapshot: Snapshot, exported_at: datetime) -> None:
        self._snapshot = snapshot
        self._exported_at = exported_at
        self._ideas = self._versions = self._trashed = 0
        self._digest = 0

    async def entries(self) -> AsyncGenerator[Entry]:
        """The consumer's time does not count as waiting for the database, however long it takes."""
        snapshot, vault = self._snapshot, self._snapshot.vault
        checkpoint = stored_checkpoint(snapshot.more)
        if vault is None:
            repository = IdeaRepository(snapshot.session, snapshot.id)
            if checkpoint is not None or await repository.count():
                raise VaultMismatch(**vault_ids(snapshot.id))
        else:
            opened_checkpoint(vault, checkpoint)
        with computing(snapshot.session):
            yield Beginning(snapshot.id.user_id, self._exported_at)
            yield VaultSettings(None)
        if vault is not None:
            async with aclosing(self._live(vault)) as ideas:
                async for entry in ideas:
                    yield entry
            if VaultVersion(vault.version.revision, self._digest, self._ideas) != vault.version:
                raise VaultMismatch(**vault_ids(vault.id))
        with computing(snapshot.session):
            yield End(self._ideas, self._versions, self._trashed)

    async def _live(self, vault: OpenVault) -> AsyncGenerator[IdeaEntry]:
        lowest = UUID(int=0)
        while True:
            rows = await self._rows(IDEAS_FROM, lowest, BATCH)
            with computing(self._snapshot.session, renewed=True):
                for row in rows:
                    idea = opened(vault, row)
                    self._digest ^= row[STAMP]
                    self._ideas += 1
                    yield LiveIdea(1, idea)
            if len(rows) < BATCH or rows[-1][0] == LAST_ID:
                return
            lowest = UUID(int=rows[-1][0].int + 1)

    async def _rows(self, statement: str, *arguments: object) -> Sequence[Row]:
        vault = self._snapshot.id
        return await run(self._snapshot.session, statement, str(vault.tenant_id), vault.user_id, *arguments)
