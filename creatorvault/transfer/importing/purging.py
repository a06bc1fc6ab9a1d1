"""Ends imports that were abandoned, and forgets old ones."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.core.parts import Parts
from creatorvault.jobs.kinds import Schedule
from creatorvault.settings.sections import Settings
from creatorvault.transfer.importing import statements as sql
from creatorvault.transfer.importing.reports import ABANDONED
from creatorvault.transfer.importing.repositories import ImportWriter
from creatorvault.transfer.models import ImportState
from creatorvault.transfer.parts import TransferParts

EVERY: Final = timedelta(minutes=10)
RECEIVING: Final = timedelta(hours=1)
WORKING: Final = timedelta(days=1)
KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 1000


async def purge_imports(parts: Parts) -> None:
    """Only the operators' login sees which imports of all tenants are due; each is purged in its tenant's context."""
    statements = operators_statements(parts[Settings].database)
    if statements is None:
        return
    now = datetime.now(UTC)
    try:
        due = await statements.rows(sql.DUE, now - RECEIVING, now - WORKING, now - KEPT, AT_ONCE)
    finally:
        await statements.close()
    for tenant_id, user_id, import_id in due:
        await _purge(parts[TransferParts], VaultId(TenantId(tenant_id), UserId(user_id)), import_id)


async def _purge(parts: TransferParts, vault: VaultId, import_id: UUID) -> None:
    """One that is waiting or running has failed; others, which have ended or never came in whole, are forgotten."""
    async with parts.database.writing(vault.tenant_id) as session:
        imports = ImportWriter(session, vault)
        if not await imports.end(import_id, ImportState.FAILED, ABANDONED, None):
            await imports.forget(import_id)


PURGING: Final = Schedule(name="transfer.purge_imports", every=EVERY, run=purge_imports)
