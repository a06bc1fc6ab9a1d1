"""A request has one deadline for everything that it waits for, and only waiting counts."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from time import monotonic
from typing import Final

import asyncpg
import pytest

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.core.waiting.deadlines import RequestDeadline, Waiting, current_wait_budget
from creatorvault.ideas.reader import EVERYTHING
from creatorvault.ideas.repositories import BATCH, IdeaRepository
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.repositories import VaultRepository
from creatorvault.tenants.resolution import TenantName
from tests.accounts.key_server import KeyServer
from tests.accounts.signers import Signer, better_auth_claims
from tests.application import House, environment_of, open_house
from tests.factories import Creator
from tests.faults.conftest import SHORT
from tests.faults.hanging import HangingWire
from tests.postgres import Database

ANSWER_SECONDS: Final = float(SHORT["CREATORVAULT_DATABASE__ANSWER_SECONDS"])
PAUSE: Final = 0.6  # less than the idle timeout of a transaction
LATE_BY: Final = 0.8  # tolerance for a busy machine
PATIENT: Final = SHORT | {
    "CREATORVAULT_DATABASE__POOL_WAIT_SECONDS": "3",
    "CREATORVAULT_DATABASE__CONNECT_SECONDS": "3",
    "CREATORVAULT_DATABASE__STATEMENT_SECONDS": "3",
    "CREATORVAULT_AUTH__JWKS_TIMEOUT_SECONDS": "3",
}


async def test_waits_of_a_request_add_up() -> None:
    with RequestDeadline():
        async with Waiting(0.8):
            await asyncio.sleep(0.6)
        began = monotonic()
        with pytest.raises(TimeoutError):
            async with Waiting(0.8):
                await asyncio.sleep(60)
    assert monotonic() - began < 0.8


async def test_computing_between_two_waits_does_not_count() -> None:
    with RequestDeadline():
        for _ in range(3):
            async with Waiting(0.4):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.4)


async def test_concurrent_waits_count_once() -> None:
    with RequestDeadline():
        async with asyncio.TaskGroup() as tasks:
            for _ in range(3):
                tasks.create_task(_wait(0.2))
        async with Waiting(0.4):
            await asyncio.sleep(0.01)


async def test_the_next_request_has_its_own_deadline() -> None:
    for _ in range(3):
        with RequestDeadline():
            await _wait(0.2)


async def test_a_task_that_outlives_its_request_has_its_own_budget() -> None:
    async def ask_later(over: asyncio.Event) -> None:
        await over.wait()
        await _wait(0.2)

    over = asyncio.Event()
    with RequestDeadline():
        wait_budget = current_wait_budget()
        task = asyncio.create_task(ask_later(over))
        await _wait(0.3)
    over.set()
    await task
    assert current_wait_budget() is not wait_budget


async def _wait(seconds: float) -> None:
    async with Waiting(0.4):
        await asyncio.sleep(seconds)


@pytest.fixture
async def patient_house(
    wire: HangingWire, fresh_database: Database, home: Path, key_server: KeyServer
) -> AsyncGenerator[House]:
    """An application in which every component has a longer timeout than a request."""
    issuer = {"DATABASE_URL": wire.url, "BETTER_AUTH_URL": key_server.url.removesuffix("/api/auth/jwks")}
    async with open_house(environment_of(fresh_database, home) | PATIENT | issuer, fresh_database) as house:
        yield house


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_slow_issuer_and_a_hanging_database_share_a_deadline(
    patient_house: House, wire: HangingWire, key_server: KeyServer, method: str
) -> None:
    signer = Signer.generate("EdDSA")
    key_server.keys = [signer.jwk()]
    key_server.gate.clear()
    wire.hang()
    origin = key_server.url.removesuffix("/api/auth/jwks")
    token = signer.sign(better_auth_claims(sub="grace", iss=origin, aud=origin))

    request = patient_house.client.request(
        method,
        "/api/v1/grace/ideas",
        headers={"Authorization": f"Bearer {token}"},
        json={"title": "Too late"} if method == "POST" else None,
    )
    waiting = asyncio.create_task(request)
    await key_server.asked.wait()  # work before this is not waiting, and may take long on a busy machine
    asyncio.get_running_loop().call_later(ANSWER_SECONDS * 3 / 4, key_server.gate.set)
    began = monotonic()
    answer = await waiting

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["detail"] != "The keys of the token's issuer cannot be fetched"
    assert ANSWER_SECONDS * 3 / 4 < monotonic() - began < ANSWER_SECONDS + LATE_BY


@pytest.fixture
async def large(house: House, fresh_sql: asyncpg.Connection) -> Creator:
    """A creator with four batches of ideas."""
    grace = house.creator()
    await grace.idea("First")
    columns = "tenant_id, user_id, title, notes, tags, stage, priority, created_at, updated_at"
    await fresh_sql.execute(
        f"INSERT INTO ideas ({columns}, id, revision)"
        f" SELECT {columns}, gen_random_uuid(), place FROM ideas, generate_series(2, $2) AS place WHERE user_id = $1",
        grace.user_id,
        4 * BATCH,
    )
    return grace


async def test_a_slow_reader_of_a_fast_database_is_not_aborted(house: House, large: Creator) -> None:
    assert PAUSE * 3 > ANSWER_SECONDS
    async with aclosing(_batches(house, large)) as batches:
        assert [size async for size in batches] == [BATCH] * 4


async def test_a_database_that_hangs_during_a_long_read_is_aborted(
    house: House, wire: HangingWire, large: Creator
) -> None:
    async with aclosing(_batches(house, large)) as batches:
        for _ in range(3):
            assert await anext(batches) == BATCH

        wire.hang()
        began = monotonic()
        with pytest.raises(ServiceUnavailable):
            await anext(batches)

    assert monotonic() - began < PAUSE + ANSWER_SECONDS + LATE_BY


async def _batches(house: House, creator: Creator) -> AsyncGenerator[int]:
    """Returns the sizes of batches, read in one snapshot by a slow reader."""
    tenant = TenantName(TenantKind.PERSONAL, "better-auth", creator.user_id)
    vault = VaultId(tenant.id, UserId(creator.user_id))
    async with house.parts.database.reading(tenant.id) as session:
        await VaultRepository(session, vault).tenant()  # begins the transaction
        async with aclosing(IdeaRepository(session, vault).changed_within(EVERYTHING)) as batches:
            async for batch in batches:
                yield len(batch)
                await asyncio.sleep(PAUSE)
