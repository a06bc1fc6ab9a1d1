"""`creatorvault database distribute` on a real cluster."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from creatorvault.apps import tenant_data
from creatorvault.management.distribution import DistributionRefused, distribute
from creatorvault.settings.sections import Settings
from tests.application import House
from tests.postgres import Database


@pytest.fixture
async def owner(worker_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(worker_database.owner_url)
    yield connection
    await connection.close()


async def test_every_table_of_tenants_is_distributed_once(settings: Settings) -> None:
    again = await distribute(settings.database, tenant_data(), dry_run=False)

    local = {"jobs.queue", "jobs.queue_log"}
    assert len(again) == len(tenant_data().tables) - len(local)
    assert not local & {placement.name for placement in again}
    assert {(placement.shards is not None, placement.was_there) for placement in again} == {(True, True)}
    assert await distribute(settings.database, tenant_data(), dry_run=True) == again


async def test_a_shard_without_a_policy_is_detected(settings: Settings, owner: asyncpg.Connection) -> None:
    await owner.execute("SET citus.enable_ddl_propagation = off")
    await owner.execute("CREATE POLICY nobody ON ideas TO creatorvault_runtime USING (false)")
    try:
        with pytest.raises(DistributionRefused, match="shards of ideas have other locks"):
            await distribute(settings.database, tenant_data(), dry_run=True)
    finally:
        await owner.execute("DROP POLICY nobody ON ideas")


async def test_tenants_are_on_several_nodes(house: House, database: asyncpg.Connection) -> None:
    for _ in range(50):
        creator = house.creator()
        await creator.idea()
        assert await creator.titles() == ["An idea"]

    nodes = await database.fetch(
        "SELECT nodename, nodeport, count(*) FROM citus_shards"
        " WHERE table_name = 'ideas'::regclass GROUP BY nodename, nodeport"
    )
    assert len(nodes) > 1
