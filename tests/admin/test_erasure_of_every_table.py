"""After its erasure no table holds anything of a tenant, but those that are declared to."""

from collections.abc import Callable, Iterable
from typing import Final

import asyncpg
from sqlmodel import SQLModel

from creatorvault.apps import tenant_data
from creatorvault.core.database.tenant_data import Tombstone
from creatorvault.core.identifiers import TenantId
from tests.admin.operators import AdminClient, tenant_of
from tests.factories import Creator
from tests.vault_rows import HISTORY, REQUESTED, TOTAL, tables

SEGMENT: Final = "INSERT INTO idea_segments VALUES ($1, $2, 1, 1, 1, 'some rule', '')"
CHECKPOINT: Final = "INSERT INTO vault_checkpoints VALUES ($1, $2, 1, 1, '', '', now())"
SUMS: Final = "SELECT vaults + ideas + sealed_bytes FROM tenant_totals WHERE tenant_id = $1"
DELAY_IS_OVER: Final = "UPDATE tenant_erasures SET not_before = now() WHERE tenant_id = $1"


def names(models: Iterable[type[SQLModel]]) -> list[str]:
    """As PostgreSQL calls their tables."""
    return sorted(model.__table__.fullname for model in models)  # type: ignore[attr-defined]  # SQLModel gives every table model its table


async def holding(sql: asyncpg.Connection, tenant: TenantId) -> set[str]:
    """Every table of the catalogue with a row of the tenant."""
    return {
        table
        for table in await tables(sql)
        if await sql.fetchval(f"SELECT EXISTS (SELECT FROM {table} WHERE tenant_id = $1)", tenant)
    }


async def test_every_table_with_tenants_is_declared_once(database: asyncpg.Connection) -> None:
    declared = tenant_data().tables

    assert names(table.model for table in declared) == sorted(await tables(database))
    assert all(table.reason for table in declared if isinstance(table, Tombstone))


async def test_after_an_erasure_only_tombstones_hold_the_tenant(
    organization: Callable[..., Creator], olga: AdminClient, database: asyncpg.Connection
) -> None:
    ada, bob = organization(), organization()
    tenant, path = tenant_of(ada), f"/tenants/{tenant_of(ada)}/erasure"
    await ada.post({"title": "kept for a retry"}, headers={"Idempotency-Key": "once"})
    await bob.idea("bob's")
    await database.execute(SEGMENT, tenant, ada.user_id)
    await database.execute(HISTORY, tenant, ada.user_id)
    await database.execute(CHECKPOINT, tenant, ada.user_id)
    await database.execute(TOTAL, tenant)
    await database.execute(REQUESTED, tenant, ada.user_id)
    confirmation = (await olga.post(path))["confirmation"]
    await database.execute(DELAY_IS_OVER, tenant)
    assert await holding(database, tenant) == set(await tables(database)), "the tenant has rows everywhere"

    await olga.post(f"{path}/confirm", {"confirmation": confirmation})

    tombstones = names(table.model for table in tenant_data().tables if isinstance(table, Tombstone))
    assert sorted(await holding(database, tenant)) == tombstones
    assert tombstones == ["audit_events", "audit_heads", "tenant_totals", "tenants", "vault_erasures", "vaults"]
    assert await database.fetchval(SUMS, tenant) == 0


async def test_an_erasure_touches_no_other_tenant(
    ada: Creator, creator: Callable[..., Creator], olga: AdminClient, database: asyncpg.Connection
) -> None:
    bob, path = creator(), f"/tenants/{tenant_of(ada)}/erasure"
    for someone in (ada, bob):
        await someone.post({"title": "kept for a retry"}, headers={"Idempotency-Key": "once"})
        await database.execute(CHECKPOINT, tenant_of(someone), someone.user_id)
        await database.execute(SEGMENT, tenant_of(someone), someone.user_id)
        await database.execute(HISTORY, tenant_of(someone), someone.user_id)
        await database.execute(TOTAL, tenant_of(someone))
        await database.execute(REQUESTED, tenant_of(someone), someone.user_id)
    before = await holding(database, tenant_of(bob))
    confirmation = (await olga.post(path))["confirmation"]
    await database.execute(DELAY_IS_OVER, tenant_of(ada))

    await olga.post(f"{path}/confirm", {"confirmation": confirmation})

    assert await holding(database, tenant_of(bob)) == before == set(await tables(database)) - {"tenant_erasures"}
