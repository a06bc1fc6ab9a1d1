"""Rotations that operators ask for: a job does them, and stores how far it is."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest

from creatorvault.core.parts import parts_of
from creatorvault.jobs.worker import work_until
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed
from tests.application import House, environment_of, open_house
from tests.key_management.rotating import filled, stored_keys, vault_of, versions_in_use
from tests.postgres import Database

SHORT = {
    "CREATORVAULT_DATABASE__ANSWER_SECONDS": "2",
    "CREATORVAULT_DATABASE__CONNECT_SECONDS": "1",
    "CREATORVAULT_JOBS__POLL_SECONDS": "0.1",
}
"""Earlier keys are destroyed when no request from before can still need them: after these three seconds."""


@pytest.fixture
async def house(fresh_database: Database, home: Any) -> AsyncGenerator[House]:
    async with open_house(environment_of(fresh_database, home) | SHORT, fresh_database) as house:
        yield house


@pytest.fixture
async def olga(house: House, fresh_sql: asyncpg.Connection) -> AdminClient:
    return await appointed(fresh_sql, house.client, *EVERY_SCOPE)


@pytest.fixture
async def work(house: House) -> AsyncGenerator[None]:
    """Runs jobs until the end of the test."""
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(parts_of(house.app), stop))
    yield
    stop.set()
    await task


async def ended(olga: AdminClient, rotation_id: int) -> Any:
    async with asyncio.timeout(120):
        while True:
            [found] = [
                rotation
                for rotation in (await olga.get("/keys/rotations"))["items"]
                if rotation["rotation_id"] == rotation_id
            ]
            if found["state"] not in {"waiting", "running"}:
                return found
            await asyncio.sleep(0.1)


async def test_all_vaults_get_new_keys(
    house: House, olga: AdminClient, work: None, fresh_sql: asyncpg.Connection
) -> None:
    ada, bob = [await filled(house) for _ in range(2)]

    asked = await olga.post("/keys/rotations", {})
    rotation = await ended(olga, asked["rotation_id"])

    assert (asked["state"], asked["tenant_id"], asked["root"]) == ("waiting", None, False)
    assert rotation["state"] == "finished"
    assert rotation["requested_by"] == f"operator:{olga.id}"
    assert (rotation["vaults_done"], rotation["vaults_total"]) == (2, 2)
    assert (rotation["rows_done"], rotation["rows_total"]) == (10, 10)
    assert (rotation["findings"], rotation["problems"], rotation["job_id"]) == (0, [], None)
    for creator in (ada, bob):
        assert await versions_in_use(fresh_sql, vault_of(creator)) == {2}
        assert await stored_keys(fresh_sql, vault_of(creator)) == [2]
