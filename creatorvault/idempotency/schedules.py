"""Deletes stored results that have expired, of vaults that store no new ones."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Final

from creatorvault.core.background.declarations import Schedule
from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.database.sessions import Database
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.core.parts import Parts
from creatorvault.idempotency.repositories import StoredResultRepository
from creatorvault.idempotency.statements.expired import EXPIRED
from creatorvault.settings.sections import Settings

AT_ONCE: Final = 1_000


async def delete_expired(parts: Parts) -> None:
    """Looks as the operators' login for vaults with expired results, and deletes as the runtime login in their tenant.

    Does nothing without the operators' login, as no schedule runs then.
    """
    statements, now = operators_statements(parts[Settings].database), datetime.now(UTC)
    if statements is None:
        return
    async with AsyncExitStack() as stack:
        stack.push_async_callback(statements.close)
        vaults = await statements.rows(EXPIRED, now, AT_ONCE)
        while vaults:
            for tenant_id, user_id in vaults:
                vault = VaultId(TenantId(tenant_id), UserId(user_id))
                async with parts[Database].writing(vault.tenant_id) as session:
                    await StoredResultRepository(session, vault).delete_expired(now)
            vaults = await statements.rows(EXPIRED, now, AT_ONCE) if len(vaults) == AT_ONCE else []


DELETE_EXPIRED: Final = Schedule(name="idempotency.delete_expired", every=timedelta(hours=1), run=delete_expired)
