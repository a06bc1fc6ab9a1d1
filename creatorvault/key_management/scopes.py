"""Which vaults a command is for."""

from collections.abc import AsyncGenerator
from typing import Final, NamedTuple
from uuid import UUID

from creatorvault.core.database.sessions import Database, run
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.key_management.statements.keys import SUMMED, VAULTS

AT_ONCE: Final = 500
BEGINNING: Final = VaultId(TenantId(UUID(int=0)), UserId(""))


class Scope(NamedTuple):
    """All vaults, those of a tenant, or one."""

    tenant_id: UUID | None = None
    user_id: str | None = None


async def vaults_in(operators: Database, scope: Scope) -> AsyncGenerator[VaultId]:
    """Yields the vaults that have a key, in order."""
    after = BEGINNING
    while True:
        async with operators.reading() as session:
            rows = await run(session, VAULTS, after.tenant_id, after.user_id, *scope, AT_ONCE)
        for tenant_id, user_id in rows:
            yield VaultId(tenant_id, user_id)
        if len(rows) < AT_ONCE:
            return
        after = VaultId(*rows[-1])


async def size_of(operators: Database, scope: Scope) -> tuple[int, int]:
    """Returns the numbers of vaults and of ideas."""
    async with operators.reading() as session:
        [(vaults, ideas)] = await run(session, SUMMED, *scope)
    return vaults, ideas
