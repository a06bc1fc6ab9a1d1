"""Real processes: one is killed in the middle of an erasure, the other forgets and completes."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.application import PATIENT
from tests.erasure.erasing import LEFT, ME, STATE, finished, holding, vault_of
from tests.factories import Creator
from tests.faults.clients import ask
from tests.faults.service import Service
from tests.postgres import Cluster, Database

pytestmark = pytest.mark.xdist_group("run")

TOKEN = "the-token-of-the-metrics-0123456789abcdef"
HELD = "creatorvault_keyring_vaults"


@pytest.fixture
def database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"erasure_{uuid4().hex}")
    yield database
    cluster.drop(database)


async def held(service: Service) -> float:
    """Returns the number of vaults whose keys the process holds."""
    answer = await ask(service.port, "GET", "/metrics", {"Authorization": f"Bearer {TOKEN}"})
    (line,) = (line for line in answer.body.decode().splitlines() if line.startswith(f"{HELD} "))
    return float(line.rpartition(" ")[2])


@pytest.mark.longest
async def test_a_killed_process_leaves_nothing_that_can_be_opened(database: Database, tmp_path: Path) -> None:
    sql, other = [await asyncpg.connect(database.superuser_url) for _ in range(2)]
    urls = (database.runtime_url, database.owner_url)
    first, second = [Service(tmp_path, *urls, **PATIENT, CREATORVAULT_METRICS__TOKEN=TOKEN) for _ in range(2)]
    ada = Creator(None, f"user-{uuid4()}")  # type: ignore[arg-type]  # its requests are sent by `ask`
    ideas = f"/api/v1/{ada.user_id}/ideas"
    await first.start()
    await second.start()
    try:
        for number in range(5):
            answer = await ask(first.port, "POST", ideas, ada.headers, {"title": f"found {number}"})
            assert answer.status == 201
        for service in (first, second):
            assert (await ask(service.port, "GET", f"{ideas}?search=found", ada.headers)).status == 200
            assert await held(service) == 1
        asked = await ask(first.port, "DELETE", ME, ada.headers)
        headers = {**ada.headers, "Erasure-Confirmation": asked.json()["confirmation"]}
        # The deletion of the ideas waits for this lock, until the process is killed.
        lock = other.transaction()
        await lock.start()
        await other.execute("SELECT FROM ideas WHERE user_id = $1 FOR UPDATE", ada.user_id)

        waiting = await ask(first.port, "DELETE", ME, headers)
        first.kill()

        assert (waiting.status, waiting.json()["state"]) == (202, "erasing")
        assert await sql.fetchval("SELECT count(*) FROM keys.vault_keys") == 0
        assert await sql.fetchval("SELECT count(*) FROM ideas") == 5
        assert (await ask(second.port, "GET", ideas, ada.headers)).status == 403
        async with asyncio.timeout(60):
            while await held(second):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.1)
        await lock.rollback()
        await finished(sql, ada)
        state = (await ask(second.port, "GET", STATE, ada.headers)).json()
        assert (state["state"], state["rows"]["ideas"]) == ("erased", 5)
        assert await holding(sql, vault_of(ada)) == LEFT
        assert (await ask(second.port, "DELETE", ME, headers)).status == 200
    finally:
        await second.stop()
        for connection in (sql, other):
            await connection.close()
