"""Tombstones are pruned, and devices that have not pulled for too long begin anew."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from creatorvault.core.parts import parts_of
from creatorvault.sync.changes import pruning
from creatorvault.sync.changes.pruning import PRUNING, prune_some, prune_tombstones
from tests.application import House
from tests.factories import Creator
from tests.history.undoing import choose
from tests.logs import Logs
from tests.sync.pulling import Device, changes, listed
from tests.vault_rows import rows_of_others, tables
from tests.ways import vault_of

AGE = "UPDATE idea_tombstones SET deleted_at = deleted_at - make_interval(days => $2) WHERE user_id = $1"
COUNT = "SELECT count(*) FROM idea_tombstones WHERE user_id = $1"


@pytest.fixture
def house(fresh_house: House) -> House:
    """Tombstones of all vaults are pruned."""
    return fresh_house


@pytest.fixture
def database(fresh_sql: asyncpg.Connection) -> asyncpg.Connection:
    return fresh_sql


@pytest.fixture
def ada(house: House) -> Creator:
    return house.creator()


@pytest.mark.parametrize(("days", "kept"), [(0, 30), (7, 30), (None, 30), (90, 90)])
async def test_tombstones_are_kept_for_the_retention_and_30_days_at_least(
    house: House, ada: Creator, database: asyncpg.Connection, days: int | None, kept: int, logs: Logs
) -> None:
    await ada.idea()
    await choose(ada, {"retention_days": days})
    await ada.delete(await ada.idea())
    for age, left in ((kept - 1, 1), (1, 0)):
        await database.execute(AGE, ada.user_id, age)
        await prune_tombstones(parts_of(house.app))
        assert await database.fetchval(COUNT, ada.user_id) == left
    assert [event["tombstones"] for event in logs.named("sync.pruned")] == [0, 1]


async def test_only_devices_that_miss_a_pruned_deletion_begin_anew(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    early, late, paging = Device(ada), Device(ada), Device(ada, limit=1)
    ideas = [await ada.idea(f"Idea {number}") for number in range(6)]
    await early.pull()
    for idea in ideas[:5]:
        await ada.delete(idea)
    await late.pull()
    await paging.page()
    await database.execute(AGE, ada.user_id, 30)
    await prune_tombstones(parts_of(house.app))
    assert await database.fetchval(COUNT, ada.user_id) == 0

    assert (await changes(ada, early.since)).status_code == 410
    for device in (early, late, paging):
        await device.pull()
        assert device.ideas == await listed(ada)
    assert [device.resyncs for device in (early, late, paging)] == [1, 0, 0]


async def test_what_was_read_last_may_be_pruned(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    device = Device(ada)
    first, second = await ada.idea(), await ada.idea()
    await device.pull()
    await ada.delete(first)
    await device.pull()
    await database.execute(AGE, ada.user_id, 31)
    await prune_tombstones(parts_of(house.app))

    await device.pull()

    assert (device.ideas, device.resyncs) == ({second["id"]: second}, 0)


async def test_only_the_vault_that_is_due(house: House, database: asyncpg.Connection) -> None:
    """Even without row-level security. Others have the same user in another tenant, or another user in the same."""
    mine, *others = [
        house.creator(user_id, {"org_id": organization, "org_role": "member"})
        for organization, user_id in (("one", "ada"), ("two", "ada"), ("one", "ben"))
    ]
    for creator in (mine, *others):
        await creator.delete(await creator.idea())
    await database.execute("SET session_replication_role = replica")
    await database.execute("UPDATE idea_tombstones SET id = $1", await database.fetchval("SELECT gen_random_uuid()"))
    for table in ("idea_tombstones", "vaults", "tenants"):
        await database.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        await database.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    of = await tables(database)
    before = await rows_of_others(database, vault_of(mine), of)

    assert await prune_some(house.parts.vaults, vault_of(mine), datetime.now(UTC) + timedelta(days=31)) == 1

    assert await rows_of_others(database, vault_of(mine), of) == before
    assert await prune_some(house.parts.vaults, vault_of(house.creator()), datetime.now(UTC)) == 0


async def test_without_a_login_for_operators_nothing_is_pruned(
    house: House, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    monkeypatch.setattr(pruning, "operators_statements", lambda _: None)

    await PRUNING.run(parts_of(house.app))

    assert len(logs.named("sync.not_pruned")) == 1
