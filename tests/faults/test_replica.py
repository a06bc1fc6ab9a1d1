"""Full reads at a real standby: only of what the primary has just shown, and never needed."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from creatorvault.core.database.replica import PAUSE_SECONDS, Replica
from tests.application import House, environment_of, open_house
from tests.commands import INHERITED
from tests.factories import Creator
from tests.faults.failing_over import Servers, servers
from tests.postgres import Database
from tests.ways import forget, vault_of

pytestmark = pytest.mark.xdist_group("run")

NOT_DURABLE: Final = {"fsync": "off", "full_page_writes": "off"}


@pytest.fixture(scope="module")
async def both() -> AsyncGenerator[Servers]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with servers(folder, NOT_DURABLE) as both:
            environ = environment_of(database_of(both), folder)
            command = [sys.executable, "-m", "creatorvault", "database", "upgrade"]
            await asyncio.to_thread(subprocess.run, command, check=True, env=environ | INHERITED)
            yield both


@pytest.fixture(scope="module")
async def house(both: Servers, home: Path) -> AsyncGenerator[House]:
    replica = f"postgresql://creatorvault_app@/creatorvault?host={both.standby.place.socket}"
    environ = environment_of(database_of(both), home) | {"DATABASE_REPLICA_URL": replica}
    async with open_house(environ, database_of(both)) as house:
        yield house


@pytest.fixture
async def standby(both: Servers) -> AsyncGenerator[asyncpg.Connection]:
    connection = await both.standby.connect()
    yield connection
    await connection.execute("SELECT pg_wal_replay_resume()")
    await connection.close()


@pytest.fixture
def replica(house: House) -> Replica:
    replica = house.parts.searching.full_reads.replica
    assert replica is not None
    replica.answered = replica.behind = replica.failed = 0
    replica._asked_again_at = 0.0
    return replica


def database_of(both: Servers) -> Database:
    return Database("creatorvault", str(both.primary.place.socket))


async def replayed(both: Servers, standby: asyncpg.Connection) -> None:
    """Waits until the standby has replayed everything."""
    primary = await both.primary.connect()
    now = await primary.fetchval("SELECT pg_current_wal_insert_lsn()")
    await primary.close()
    while await standby.fetchval("SELECT pg_last_wal_replay_lsn() < $1", now):  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)


async def found(house: House, creator: Creator) -> list[str]:
    """Searches as a process that has nothing in memory."""
    forget(house, vault_of(creator))
    return sorted(await creator.titles({"search": "idea"}))


async def test_a_replica_that_has_replayed_answers(
    house: House, both: Servers, standby: asyncpg.Connection, replica: Replica
) -> None:
    ada = house.creator()
    await ada.idea("Idea 1")
    await ada.idea("Idea 2")
    await replayed(both, standby)

    assert await found(house, ada) == ["Idea 1", "Idea 2"]
    assert (replica.answered, replica.behind, replica.failed) == (1, 0, 0)
    assert await ada.titles({"search": "idea", "sort": "title"}) == ["Idea 2", "Idea 1"]
    assert replica.answered == 1, "the second is answered from memory"


async def test_a_search_always_shows_ones_own_last_write(
    house: House, both: Servers, standby: asyncpg.Connection, replica: Replica
) -> None:
    ada = house.creator()
    first = await ada.idea("Idea 1")
    await replayed(both, standby)
    await standby.execute("SELECT pg_wal_replay_pause()")

    await ada.idea("Idea 2")
    assert await found(house, ada) == ["Idea 1", "Idea 2"]
    await ada.patch(first, {"title": "Idea 3"})
    assert await found(house, ada) == ["Idea 2", "Idea 3"]
    await ada.delete(first)
    assert await found(house, ada) == ["Idea 2"]
    assert (replica.answered, replica.behind) == (0, 3)

    await standby.execute("SELECT pg_wal_replay_resume()")
    await replayed(both, standby)
    assert await found(house, ada) == ["Idea 2"]
    assert replica.answered == 1


async def test_a_new_creator_that_the_replica_does_not_know(
    house: House, both: Servers, standby: asyncpg.Connection, replica: Replica
) -> None:
    await replayed(both, standby)
    await standby.execute("SELECT pg_wal_replay_pause()")
    ada = house.creator()

    assert await found(house, ada) == []
    await ada.idea("Idea 1")
    assert await found(house, ada) == ["Idea 1"]
    assert (replica.answered, replica.behind) == (0, 1)


async def test_a_suspended_tenant_is_refused_before_the_replica_is_asked(
    house: House, both: Servers, standby: asyncpg.Connection, replica: Replica
) -> None:
    ada = house.creator()
    await ada.idea("Idea 1")
    await replayed(both, standby)
    await standby.execute("SELECT pg_wal_replay_pause()")
    primary = await both.primary.connect()
    await primary.execute("UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1", vault_of(ada).tenant_id)
    await primary.close()

    forget(house, vault_of(ada))
    assert (await ada.list({"search": "idea"})).status_code == 403
    assert (replica.answered, replica.behind) == (0, 0)


async def test_a_replica_that_shows_another_past_is_not_used(
    house: House, both: Servers, standby: asyncpg.Connection, replica: Replica
) -> None:
    """As after a failover: the vault has another digest at the same revision. Here the primary's rows contradict it."""
    ada = house.creator()
    await ada.idea("Idea 1")
    await replayed(both, standby)
    await standby.execute("SELECT pg_wal_replay_pause()")
    primary = await both.primary.connect()
    await primary.execute("UPDATE vaults SET digest = digest # 1 WHERE tenant_id = $1", vault_of(ada).tenant_id)
    await primary.close()

    forget(house, vault_of(ada))
    assert (await ada.list({"search": "idea"})).status_code == 500
    assert (replica.answered, replica.behind) == (0, 1)


async def test_a_replica_that_is_gone_is_left_alone_for_a_while(
    house: House, both: Servers, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = house.creator()
    await ada.idea("Idea 1")
    both.standby.kill()
    try:
        assert await found(house, ada) == ["Idea 1"]
        assert await found(house, ada) == ["Idea 1"]
        assert (replica.answered, replica.failed) == (0, 1), "asked once"
    finally:
        await both.standby.start_again()
    standby = await both.standby.connect()
    await replayed(both, standby)
    await standby.close()

    monkeypatch.setattr(replica, "_asked_again_at", replica._asked_again_at - PAUSE_SECONDS)
    assert await found(house, ada) == ["Idea 1"]
    assert (replica.answered, replica.failed) == (1, 1)
