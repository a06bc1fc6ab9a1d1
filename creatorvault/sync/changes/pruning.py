"""Prunes tombstones. Clients that have not pulled for longer than they are kept have to begin anew."""

from datetime import UTC, datetime, timedelta
from typing import Final

from creatorvault.core.background.declarations import Schedule
from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.database.sessions import run
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.settings.sections import Settings
from creatorvault.sync.changes.statements.pruning import DUE, LOCKED, PRUNE
from creatorvault.tenants.parts import VaultParts

EVERY: Final = timedelta(days=1)
LEAST_DAYS: Final = 30
"""Kept for the vault's retention, and at least for so long."""

AT_ONCE: Final = 1000
"""In one transaction, which takes some hundredths of a second."""

log = get_logger(__name__)


async def prune_tombstones(parts: Parts) -> None:
    """Only the operators' login sees which vaults of all tenants are due; each is pruned in its tenant's context."""
    settings, vaults = parts[Settings], parts[VaultParts]
    statements = operators_statements(settings.database)
    if statements is None:
        log.warning("sync.not_pruned", reason="there is no login for operators")
        return
    now = datetime.now(UTC)
    try:
        due = await statements.rows(DUE, now, LEAST_DAYS, vaults.tenancy.retention_days)
    finally:
        await statements.close()
    tombstones = 0
    for tenant_id, user_id in due:
        vault = VaultId(TenantId(tenant_id), UserId(user_id))
        while pruned := await prune_some(vaults, vault, now):
            tombstones += pruned
    log.info("sync.pruned", vaults=len(due), tombstones=tombstones)


async def prune_some(vaults: VaultParts, vault: VaultId, now: datetime) -> int:
    """Returns how many it has pruned, at most AT_ONCE: after the last of them come none."""
    scope = str(vault.tenant_id), vault.user_id
    async with vaults.database.writing(vault.tenant_id) as session:
        for (days,) in await run(session, LOCKED, *scope):
            kept = timedelta(days=max(LEAST_DAYS, vaults.tenancy.retention_days if days is None else days))
            for (pruned,) in await run(session, PRUNE, *scope, now - kept, AT_ONCE):
                return int(pruned)
    return 0


PRUNING: Final = Schedule(name="sync.prune", every=EVERY, run=prune_tombstones)
