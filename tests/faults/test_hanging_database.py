"""A database that neither responds nor closes its connections, as after SIGSTOP or a network failure."""

import asyncio
from typing import Any

import pytest

from tests.application import House
from tests.factories import Creator
from tests.faults.hanging import HangingWire
from tests.faults.pool import connections_in_use

PROMISE_SECONDS = 5.0


@pytest.fixture
async def grace(house: House) -> Creator:
    return house.creator()


@pytest.fixture
async def idea(grace: Creator) -> dict[str, Any]:
    return await grace.idea("Kept")


async def test_every_request_gets_503(house: House, wire: HangingWire, grace: Creator, idea: dict[str, Any]) -> None:
    wire.hang()

    async with asyncio.timeout(PROMISE_SECONDS):
        answers = await asyncio.gather(
            grace.list(),
            grace.list({"search": "kept"}),
            grace.get(idea),
            grace.post({"title": "Too late"}),
            grace.put(idea, {"title": "Too late"}),
            grace.patch(idea, {"title": "Too late"}),
            grace.delete(idea),
            *(house.creator().list() for _ in range(20)),
        )

    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert connections_in_use(house) == 0


async def test_the_first_request_afterwards_succeeds(
    house: House, wire: HangingWire, grace: Creator, idea: dict[str, Any]
) -> None:
    wire.hang()
    assert {(await answer).status_code for answer in [grace.list(), grace.post({"title": "Too late"})]} == {503}

    wire.resume()

    assert (await grace.get(idea)).json() == idea
    assert await grace.titles() == ["Kept"]


async def test_the_first_request_after_a_restart_succeeds(
    house: House, wire: HangingWire, grace: Creator, idea: dict[str, Any]
) -> None:
    await asyncio.gather(grace.list(), grace.list())  # every connection of the pool is open

    await wire.cut()
    await wire.mend()
    await asyncio.sleep(0.05)  # until the application has noticed the end of the connections

    assert (await grace.get(idea)).status_code == 200
    assert (await grace.put(idea, {"title": "Changed"})).status_code == 200


async def test_health_reports_that_the_database_is_unavailable(house: House, wire: HangingWire) -> None:
    assert (await house.client.get("/health/ready")).status_code == 200
    wire.hang()

    async with asyncio.timeout(PROMISE_SECONDS):
        alive, database, ready = await asyncio.gather(
            house.client.get("/health"), house.client.get("/health/db"), house.client.get("/health/ready")
        )

    assert alive.status_code == 200
    assert (database.status_code, database.json()["database"]) == (503, "disconnected")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "failed")
    wire.resume()
    assert (await house.client.get("/health/ready")).status_code == 200


async def test_shutting_down_does_not_wait_for_it(house: House, wire: HangingWire, grace: Creator) -> None:
    await grace.idea("Kept")
    wire.hang()

    async with asyncio.timeout(PROMISE_SECONDS):
        await house.parts.database.close()


async def test_only_one_request_fails_when_all_connections_hang(
    house: House, wire: HangingWire, grace: Creator, idea: dict[str, Any]
) -> None:
    others = [house.creator() for _ in range(2)]
    await asyncio.gather(*(other.post({"title": "Opens a connection"}) for other in others))
    await asyncio.gather(*(reader.list() for reader in (*others, grace)))
    await asyncio.gather(*(reader.list() for reader in (*others, grace)))  # their keys are cached now

    wire.silence_open()

    assert [(await grace.get(idea)).status_code for _ in range(2)] == [503, 200]
    assert [(await grace.put(idea, {"title": "Changed"})).status_code for _ in range(2)] == [200, 200]


async def test_only_one_write_fails_when_all_connections_hang(
    house: House, wire: HangingWire, grace: Creator, idea: dict[str, Any]
) -> None:
    """A write that times out may only be waiting for a lock. A server that does not even end it is gone."""
    others = [house.creator() for _ in range(2)]
    await asyncio.gather(*(other.post({"title": "Opens a connection"}) for other in others))
    await asyncio.gather(*(other.post({"title": "Its key is cached"}) for other in others))

    wire.silence_open()

    assert (await grace.put(idea, {"title": "In doubt"})).status_code == 503
    async with asyncio.timeout(60):
        while house.parts.statements.idle:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.05)
    assert (await grace.put(idea, {"title": "Changed"})).status_code == 200
