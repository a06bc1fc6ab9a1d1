"""Clients that disconnect: their database connection is returned and their transaction has ended."""

import asyncio
import random

import asyncpg

from tests.application import House
from tests.faults.conftest import Sessions
from tests.faults.pool import connections_in_use


async def test_a_request_cancelled_at_any_moment_leaves_nothing_open(
    house: House, sessions: Sessions, logs: object
) -> None:
    grace = house.creator()
    await grace.idea("Kept")

    for step in range(60):
        request = asyncio.create_task(grace.list() if step % 2 else grace.post({"title": "Left"}))
        await asyncio.sleep(random.uniform(0, 0.02))
        request.cancel()
        await asyncio.wait([request])

    await asyncio.sleep(0.1)
    assert connections_in_use(house) == 0
    assert await sessions.in_transaction() == 0
    assert (await grace.list()).status_code == 200


async def test_a_request_cancelled_while_waiting_for_a_lock_frees_its_connection(
    house: House, fresh_sql: asyncpg.Connection, sessions: Sessions
) -> None:
    grace = house.creator()
    await grace.idea("Locked")

    async with fresh_sql.transaction():
        await fresh_sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", grace.user_id)
        requests = [asyncio.create_task(grace.post({"title": "Left"})) for _ in range(2)]
        await asyncio.sleep(0.1)
        for request in requests:
            request.cancel()
        await asyncio.wait(requests)
        await asyncio.sleep(0.05)
        assert connections_in_use(house) == 0

    assert (await grace.post({"title": "Stored"})).status_code == 201
    assert await grace.titles() == ["Stored", "Locked"]
