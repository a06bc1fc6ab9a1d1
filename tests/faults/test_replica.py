"""Full reads and reads of operators at a real standby: only of what the primary has just shown, and never needed."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from msgspec.structs import replace

from creatorvault.admin.metrics import replica_metrics
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.schemas import RootKeyList
from creatorvault.admin.services import Overview
from creatorvault.core.database.operator_login import OPERATOR_ROLE, operators_database
from creatorvault.core.database.replica import PAUSE_SECONDS, Replica, ReplicaUnavailable, position_of
from creatorvault.core.database.sessions import ReadSession, run
from creatorvault.core.parts import part_of, parts_of
from creatorvault.settings.secret import Secret
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.application import House, environment_of, open_house
from tests.commands import INHERITED
from tests.factories import Creator
from tests.faults.failing_over import Servers, servers
from tests.foreign import DISTRIBUTED
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
    if not DISTRIBUTED:  # which refuses it
        environ["DATABASE_OPERATOR_REPLICA_URL"] = replica.replace("creatorvault_app", "creatorvault_operator_app")
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
    return as_new(house.parts.searching.full_reads.replica)


@pytest.fixture
def operators_replica(house: House) -> Replica:
    return as_new(part_of(house.app, AdminParts).operators_replica)


@pytest.fixture
async def olga(house: House, both: Servers) -> AdminClient:
    """An operator who may do everything."""
    primary = await both.primary.connect()
    try:
        return await appointed(primary, house.client, *EVERY_SCOPE)
    finally:
        await primary.close()


def as_new(replica: Replica | None) -> Replica:
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


async def paused(both: Servers, standby: asyncpg.Connection) -> None:
    """The standby has replayed everything so far, and replays nothing more until the test ends."""
    await replayed(both, standby)
    await standby.execute("SELECT pg_wal_replay_pause()")
    while await standby.fetchval("SELECT pg_get_wal_replay_pause_state()") != "paused":  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)


async def changed_only_on_primary(both: Servers, standby: asyncpg.Connection, change: str, creator: Creator) -> None:
    """Executes an UPDATE without its WHERE, for the rows of the creator's tenant."""
    await paused(both, standby)
    primary = await both.primary.connect()
    await primary.execute(f"{change} WHERE tenant_id = $1", vault_of(creator).tenant_id)
    await primary.close()


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
    await paused(both, standby)

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
    await paused(both, standby)
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
    await changed_only_on_primary(both, standby, "UPDATE tenants SET status = 'suspended'", ada)

    forget(house, vault_of(ada))
    assert (await ada.list({"search": "idea"})).status_code == 403
    assert (replica.answered, replica.behind) == (0, 0)


async def test_a_replica_that_shows_another_past_is_not_used(
    house: House, both: Servers, standby: asyncpg.Connection, replica: Replica
) -> None:
    """As after a failover: the vault has another digest at the same revision. Here the primary's rows contradict it."""
    ada = house.creator()
    await ada.idea("Idea 1")
    await changed_only_on_primary(both, standby, "UPDATE vaults SET digest = digest # 1", ada)

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


async def answered_there(replica: Replica, olga: AdminClient, path: str) -> Any:
    """Asks until the standby has answered: the primary may write to its log, of what nobody waits for, at any time."""
    async with asyncio.timeout(60):
        while True:
            before, answer = replica.answered, await olga.get(path)
            if replica.answered > before:
                return answer


async def test_operators_are_answered_by_a_replica_that_has_replayed(
    house: House, operators_replica: Replica, olga: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = house.creator()
    await ada.idea("Idea 1")
    paths = ("/status", "/tenants?sort=ideas", f"/tenants/{tenant_of(ada)}", "/vaults", "/audit", "/root-keys")

    answers = [await answered_there(operators_replica, olga, path) for path in paths]

    assert operators_replica.answered == len(paths)
    counted = [metric.samples[0].value for metric in replica_metrics(parts_of(house.app))]
    assert counted == [len(paths), operators_replica.behind, 0]
    monkeypatch.setattr(part_of(house.app, AdminParts), "operators_replica", None)
    assert [await olga.get(path) for path in paths] == answers


async def test_operators_always_see_what_was_committed_before(
    house: House, both: Servers, standby: asyncpg.Connection, operators_replica: Replica, olga: AdminClient
) -> None:
    ada = house.creator()
    idea = await ada.idea("Idea 1")
    await paused(both, standby)

    await ada.patch(idea, {"notes": "n" * 500})
    shown = await olga.get(f"/tenants/{tenant_of(ada)}")
    await ada.idea("Idea 2")
    assert (await olga.get(f"/tenants/{tenant_of(ada)}"))["ideas"] == 2 == shown["ideas"] + 1
    assert (await olga.get("/tenants", sort="last_activity"))["items"][0]["tenant_id"] == str(tenant_of(ada))
    await olga.post(f"/tenants/{tenant_of(ada)}/suspend")
    assert (await olga.get("/tenants", external_id=ada.user_id, status="suspended"))["total"] == 1
    assert await olga.events(tenant_of(ada)) == ["tenant.created", "key.created", "tenant.suspended"]
    assert (operators_replica.answered, operators_replica.failed) == (0, 0)
    assert operators_replica.behind == 5

    await standby.execute("SELECT pg_wal_replay_resume()")
    assert (await answered_there(operators_replica, olga, f"/tenants/{tenant_of(ada)}"))["status"] == "suspended"
    await olga.post(f"/tenants/{tenant_of(ada)}/resume")


async def test_operators_are_answered_while_the_replica_is_gone(
    both: Servers, operators_replica: Replica, olga: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await answered_there(operators_replica, olga, "/vaults")
    both.standby.kill()
    try:
        for _ in range(3):
            assert (await olga.get("/tenants"))["limit"] == 20
        assert (operators_replica.answered, operators_replica.failed) == (1, 1), "asked once"
    finally:
        await both.standby.start_again()

    monkeypatch.setattr(operators_replica, "_asked_again_at", 0.0)
    await answered_there(operators_replica, olga, "/tenants")


async def test_operators_are_answered_by_the_primary_if_the_replica_cancels(
    house: House, standby: asyncpg.Connection, operators_replica: Replica, olga: AdminClient
) -> None:
    await answered_there(operators_replica, olga, "/vaults")
    asked = 0

    async def ask(overview: Overview) -> RootKeyList:
        nonlocal asked
        asked += 1
        await standby.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename ~ 'operator'")
        return await overview.root_keys()

    reads = OperatorReads(house.parts.operators_database, operators_replica, house.parts.audit.keys)
    async with asyncio.timeout(60):
        while operators_replica.failed == 0:
            asked = 0
            assert await reads.answer(ask) == await reads.answer(Overview.root_keys)
    assert asked == 2


async def test_positions_of_another_history_are_not_compared(
    house: House, operators_replica: Replica, olga: AdminClient
) -> None:
    """Of another timeline, as after a failover, of another cluster or database, and for another login."""
    await answered_there(operators_replica, olga, "/vaults")
    async with house.parts.operators_database.reading() as session:
        position = await position_of(session)
    assert position is not None

    for other, role in (
        (position._replace(timeline=2), OPERATOR_ROLE),
        (position._replace(system=1), OPERATOR_ROLE),
        (position._replace(database="postgres"), OPERATOR_ROLE),
        (position, "creatorvault_owner"),
    ):
        with pytest.raises(ReplicaUnavailable):
            async with operators_replica.replayed(other._replace(lsn="0/1"), role):
                pass
    async with operators_replica.replayed(position._replace(lsn="0/1"), OPERATOR_ROLE) as session:
        assert await run(session, "SELECT 1")


async def test_a_server_that_accepts_writes_is_no_replica(house: House, operators_replica: Replica) -> None:
    """As a standby that was promoted."""
    settings = house.parts.settings.database
    assert settings.operator_url is not None
    promoted = Replica(settings, settings.operator_url, 1)
    reads = OperatorReads(house.parts.operators_database, promoted, house.parts.audit.keys)
    try:
        await reads.answer(Overview.root_keys)
    finally:
        await promoted.aclose()
    assert (promoted.answered, promoted.behind) == (0, 1)


async def test_no_position_is_taken_from_a_standby(house: House, both: Servers, operators_replica: Replica) -> None:
    """As when DATABASE_OPERATOR_URL leads to a standby while there is no primary."""
    url = f"postgresql+asyncpg://creatorvault_operator_app@/creatorvault?host={both.standby.place.socket}"
    there = operators_database(replace(house.parts.settings.database, operator_url=Secret(url)))
    assert there is not None
    try:
        await OperatorReads(there, operators_replica, house.parts.audit.keys).answer(Overview.root_keys)
    finally:
        await there.close()
    assert (operators_replica.answered, operators_replica.behind) == (0, 0)


async def test_a_snapshot_is_taken_after_what_comes_first(house: House, both: Servers) -> None:
    """Otherwise a standby could replay between its snapshot and the comparison."""
    ada = house.creator()
    await ada.idea("Idea 1")
    count = "SELECT revision FROM vaults WHERE tenant_id = $1"

    async def first(session: ReadSession) -> None:
        await run(session, count, tenant_of(ada))
        await ada.idea("Idea 2")

    async with house.parts.operators_database.reading(first=first) as session:
        assert await run(session, count, tenant_of(ada)) == [(2,)]
