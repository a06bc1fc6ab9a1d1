"""Reads checkpoints: of one vault, and for an operator of all."""

from collections.abc import AsyncGenerator
from typing import Any, Final

from sqlalchemy import Row, Select, and_, select
from sqlmodel import col

from creatorvault.audit.models import AuditEvent
from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession
from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.envelope import Sealed
from creatorvault.ideas.checkpoints.sealing import Checkpoint, SealedCheckpoint
from creatorvault.ideas.models import VaultCheckpoint
from creatorvault.tenants.models import Vault
from creatorvault.tenants.repositories import vault_scope

BATCH: Final = 512

ERASED: Final = ("keys.destroyed", "vault.erased")
"""Verbs of the audit log. Their targets name the user of an erased vault, and no user if the whole tenant is erased."""


class CheckpointRepository(ScopedRepository[VaultCheckpoint]):
    """Only reads: `checkpoints.writer` writes."""

    model_type = VaultCheckpoint

    def __init__(self, session: ReadSession, vault: VaultId) -> None:
        super().__init__(session, vault_scope(VaultCheckpoint, vault))

    async def stored(self) -> SealedCheckpoint | None:
        statement = self.columns(
            col(VaultCheckpoint.revision),
            col(VaultCheckpoint.ideas),
            col(VaultCheckpoint.digest),
            col(VaultCheckpoint.sealed),
        )
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else SealedCheckpoint(Checkpoint(*row[:3]), Sealed(row.sealed))


async def all_vaults(session: ReadSession) -> AsyncGenerator[Row[Any]]:
    """Yields tenant_id, user_id and revision of each vault, and checkpoint, ideas and digest of its checkpoint or NULL,
    in order. For an operator.
    """
    of_vault = and_(
        col(VaultCheckpoint.tenant_id) == col(Vault.tenant_id), col(VaultCheckpoint.user_id) == col(Vault.user_id)
    )
    statement: Select[*tuple[Any, ...]] = (
        select(
            col(Vault.tenant_id),
            col(Vault.user_id),
            col(Vault.revision),
            col(VaultCheckpoint.revision).label("checkpoint"),
            col(VaultCheckpoint.ideas),
            col(VaultCheckpoint.digest),
        )
        .outerjoin(VaultCheckpoint, of_vault)
        .order_by(col(Vault.tenant_id), col(Vault.user_id))
    )
    result = await session.stream(statement, execution_options={"yield_per": BATCH})
    async for partition in result.partitions():
        for row in partition:
            yield row


async def erased_vaults(session: ReadSession) -> set[tuple[Any, str | None]]:
    """Returns tenant and user of each vault that was erased, according to the audit log. A user of None stands for all
    of the tenant. For an operator.
    """
    statement = select(col(AuditEvent.tenant_id), col(AuditEvent.targets)).where(col(AuditEvent.verb).in_(ERASED))
    return {(row.tenant_id, row.targets.get("user_id")) for row in await session.execute(statement)}
