"""Live updates through several processes on one database."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.sync.events.notices import CHANNEL
from tests.admin.operators import appointed, tenant_of
from tests.application import PATIENT, House, environment_of, open_house
from tests.erasure.erasing import erased
from tests.factories import Creator
from tests.faults.clients import ask
from tests.faults.service import Service
from tests.postgres import Cluster, Database
from tests.sync.events.clients import PATIENCE, listening, live, until_listening
from tests.sync.events.conftest import LASTING

TITLE = "Beluga migration diary"


@pytest.fixture
def own_database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"live_{uuid4().hex}")
    yield database
    cluster.drop(database)


async def test_a_change_through_one_process_shows_in_another_by_a_notice(
    house: House, streaming: House, client: httpx.AsyncClient, ada: Creator
) -> None:
    await ada.idea()
    async with listening(client, ada) as stream:
        assert await stream.until(1) == [1]
        await until_listening(streaming.app)
        notifier, watcher = live(house.app).notifier, live(streaming.app).watcher
        sent, heard = notifier.sent, watcher.heard

        await ada.idea()
        assert await stream.until(2) == [2]
        async with asyncio.timeout(PATIENCE):  # a look may have found it first
            while notifier.sent == sent or watcher.heard == heard:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.01)


async def test_nothing_is_sent_while_nobody_listens(
    own_database: Database, home: Path, environ: dict[str, str]
) -> None:
    async with open_house(environment_of(own_database, home), own_database) as house:
        notifier = live(house.app).notifier
        await house.creator().idea()
        async with asyncio.timeout(PATIENCE):
            while notifier._task is not None:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.01)

        assert (notifier.sent, notifier._waiting) == (0, set())


async def test_many_changed_vaults_are_few_notices(
    house: House, streaming: House, client: httpx.AsyncClient, ada: Creator
) -> None:
    notifier = live(house.app).notifier
    async with listening(client, ada) as stream:
        await stream.until(0)
        await until_listening(streaming.app)
        sent = notifier.sent
        for number in range(1000):
            notifier.committed(VaultId(tenant_of(ada), UserId(f"user-{number}")))
        async with asyncio.timeout(PATIENCE):
            while notifier._task is not None:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.01)

    assert notifier.sent - sent == 3


async def test_a_lost_notice_costs_one_look(
    house: House, streaming: House, client: httpx.AsyncClient, ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live(house.app).notifier, "committed", lambda _vault: None)
    async with listening(client, ada) as stream:
        await stream.until(0)
        await until_listening(streaming.app)
        await ada.idea()
        assert await stream.until(1) == [1]


async def test_notices_and_streams_reveal_nobody_and_nothing(
    house: House, streaming: House, client: httpx.AsyncClient, ada: Creator, database: asyncpg.Connection
) -> None:
    heard: list[str] = []
    await database.add_listener(CHANNEL, lambda *notice: heard.append(str(notice[-1])))
    async with listening(client, ada) as stream:
        await stream.until(0)
        await until_listening(streaming.app)
        for number in range(1, 4):
            await ada.idea(TITLE)
            await stream.until(number)
    async with asyncio.timeout(PATIENCE):
        while not heard:  # nobody tells
            await database.fetchval("SELECT 1")

    for text in (*heard, stream.text):
        assert TITLE not in text
        for word in (ada.user_id, str(tenant_of(ada)), tenant_of(ada).hex):
            assert word not in text, text
    assert all(set(payload) <= set("0123456789abcdef:,") for payload in heard)


async def test_a_forged_notice_changes_nothing(
    streaming: House, client: httpx.AsyncClient, ada: Creator, database: asyncpg.Connection
) -> None:
    async with listening(client, ada) as stream:
        await stream.until(0)
        await until_listening(streaming.app)
        name = live(streaming.app).hub._named.copy().popitem()[0]
        for payload in ("", ":", f"x:{name}", f"x:{name},{name},", "ß" * 3000, f"{name}:{name}:{name}"):
            await database.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
        async with asyncio.timeout(PATIENCE):
            while live(streaming.app).watcher.heard < 4:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.01)

        await streaming.creator(ada.user_id).idea()
        assert await stream.until(1) == [1]


async def test_streams_of_many_vaults_are_looked_at_together(
    house: House, streaming: House, client: httpx.AsyncClient
) -> None:
    creators = [house.creator() for _ in range(5)]
    vaults = [*live(streaming.app).hub.vaults()]
    assert vaults == []
    async with listening(client, creators[0]) as first, listening(client, creators[1]) as second:
        await first.until(0)
        await second.until(0)
        await asyncio.gather(*(creators[1].idea() for _ in range(3)))
        vaults = [*live(streaming.app).hub.vaults()]
        standings = await live(streaming.app).standings.of(vaults)

    found = {
        vault.user_id: (standing.status, standing.revision) for vault, standing in zip(vaults, standings, strict=True)
    }
    assert found == {creators[0].user_id: (None, None), creators[1].user_id: ("active", 3)}


async def test_a_suspended_tenant_has_no_streams(
    house: House, streaming: House, client: httpx.AsyncClient, ada: Creator, database: asyncpg.Connection
) -> None:
    await ada.idea()
    olga = await appointed(database, house.client, "manage")
    async with listening(client, ada) as stream:
        await stream.until(1)
        await olga.post(f"/tenants/{tenant_of(ada)}/suspend")
        assert await stream.end() == "suspended"
    async with client.stream("GET", f"/api/v1/{ada.user_id}/events", headers=ada.headers) as refused:
        assert refused.status_code == 403


async def test_an_erased_vault_has_no_streams(streaming: House, client: httpx.AsyncClient, ada: Creator) -> None:
    await ada.idea()
    async with listening(client, ada) as stream:
        await stream.until(1)
        await erased(ada)
        assert await stream.end() == "erased"


async def test_a_tenant_that_is_being_erased_has_no_streams(
    house: House, client: httpx.AsyncClient, ada: Creator, database: asyncpg.Connection
) -> None:
    await ada.idea()
    olga = await appointed(database, house.client, "manage")
    async with listening(client, ada) as stream:
        await stream.until(1)
        await olga.post(f"/tenants/{tenant_of(ada)}/erasure")
        assert await stream.end() == "erased"


@pytest.mark.xdist_group("run")
@pytest.mark.longest
async def test_two_processes_and_the_end_of_one(own_database: Database, tmp_path: Path) -> None:
    settings = {**PATIENT, **LASTING, "LOG_LEVEL": "INFO"}
    first, second = [Service(tmp_path, own_database.runtime_url, own_database.owner_url, **settings) for _ in range(2)]
    ada = Creator(httpx.AsyncClient(base_url=f"http://127.0.0.1:{second.port}"), f"user-{uuid4()}")
    await first.start()
    await second.start()
    try:
        async with listening(ada.client, ada) as stream, listening(ada.client, ada) as other:
            await stream.until(0)
            for number in range(1, 6):
                answer = await ask(first.port, "POST", ada.url, ada.headers, {"title": TITLE})
                assert answer.status == 201
                await stream.until(number)
            second.terminate()
            assert [await stream.end(), await other.end()] == ["shutdown"] * 2
        assert await second.left(PATIENCE) == 0
    finally:
        await ada.client.aclose()
        for service in (first, second):
            await service.stop()
    assert "live.listening" in second.log
    assert ada.user_id not in first.log + second.log
    assert TITLE not in first.log + second.log
