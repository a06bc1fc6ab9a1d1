"""An unavailable database: 503 until it is back, and nothing that was stored is lost."""

from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.application import House, environment_of, open_house
from tests.contract.headers import assert_every_header
from tests.postgres import Cluster, Database
from tests.wire import Wire, wire_to


@pytest.fixture
async def wire(worker_database: Database) -> AsyncGenerator[Wire]:
    async with wire_to(worker_database) as wire:
        yield wire


@pytest.fixture
async def wired(wire: Wire, worker_database: Database, home: Path) -> AsyncGenerator[House]:
    async with open_house(environment_of(worker_database, home) | {"DATABASE_URL": wire.url}, worker_database) as house:
        yield house


async def test_every_operation_answers_503_and_then_works_again(wired: House, wire: Wire) -> None:
    grace = wired.creator()
    idea = await grace.idea("Kept")

    await wire.cut()
    answers = [
        await grace.list(),
        await grace.list({"search": "kept"}),
        await grace.post({"title": "Not stored"}),
        await grace.get(idea),
        await grace.put(idea, {"title": "Not stored"}),
        await grace.patch(idea, {"title": "Not stored"}),
        await grace.delete(idea),
    ]
    await wire.mend()

    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert_every_header(answer)
        assert int(answer.headers["retry-after"]) >= 1
        assert list(answer.json()) == ["detail", "code", "error"]
        assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
        assert answer.json()["error"]["correlation_id"] == answer.headers["x-correlation-id"]
        for leak in ("asyncpg", "socket", "refused", "creatorvault_app", grace.user_id):
            assert leak not in answer.text
    assert (await grace.get(idea)).json() == idea
    assert await grace.titles() == ["Kept"]


async def test_a_database_closed_by_its_operator_gives_503(
    fresh_house: House, fresh_database: Database, cluster: Cluster
) -> None:
    grace, name = fresh_house.creator(), fresh_database.name
    idea = await grace.idea("Kept")

    cluster.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    cluster.run(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'")
    answers = [await grace.list(), await grace.patch(idea, {"title": "Not stored"}), await grace.get(idea)]
    cluster.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert (await grace.get(idea)).json() == idea


async def test_refusing_a_request_needs_no_database(wired: House, wire: Wire) -> None:
    grace = wired.creator()
    await wire.cut()

    assert (await grace.post({"title": ""})).status_code == 422
    assert (await grace.request("GET", "/api/v1/eve/ideas")).status_code == 403
    assert (await grace.client.get(grace.url)).status_code == 401
    assert (await grace.request("GET", "/api/v1/users/me")).status_code == 200


async def test_health_reports_that_the_database_is_unavailable(wired: House, wire: Wire) -> None:
    await wire.cut()

    database = await wired.client.get("/health/db")
    ready = await wired.client.get("/health/ready")

    assert (database.status_code, database.json()) == (503, {"status": "error", "database": "disconnected"})
    assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
    assert ready.json()["checks"]["api"] == "ok"
    assert ready.json()["checks"]["database"] != "ok"
    assert "socket" not in ready.text
    assert (await wired.client.get("/health")).status_code == 200


async def test_a_database_that_was_restored_without_the_keys_is_not_ready(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    assert (await fresh_house.client.get("/health/ready")).status_code == 200

    await fresh_sql.execute("ALTER SCHEMA keys RENAME TO left_behind")

    ready = await fresh_house.client.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["migrations"]) == (503, "failed")


async def test_an_application_may_start_before_its_database(wired: House, wire: Wire) -> None:
    await wire.cut()
    assert (await wired.client.get("/health/db")).status_code == 503

    await wire.mend()

    assert (await wired.client.get("/health/db")).status_code == 200
    assert (await wired.creator().get(str(uuid4()))).status_code == 404
