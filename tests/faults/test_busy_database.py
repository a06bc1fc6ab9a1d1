"""A database that is temporarily locked, read-only, exhausted, or raises any transient error."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from creatorvault.core.errors import ServiceUnavailable
from tests.application import House, environment_of, open_house
from tests.faults.conftest import SHORT, Sessions
from tests.postgres import Database

PROMISE_SECONDS = 5.0


@pytest.mark.parametrize("table", ["ideas", "vaults", "tenants"])
async def test_a_locked_table_gives_503_after_a_short_wait(
    house: House, fresh_sql: asyncpg.Connection, sessions: Sessions, table: str
) -> None:
    creators = [house.creator() for _ in range(10)]

    async with fresh_sql.transaction():
        await fresh_sql.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(PROMISE_SECONDS):
            answers = await asyncio.gather(*(creator.post({"title": "Waits"}) for creator in creators))
        waiting = await sessions.in_transaction()

    assert {answer.status_code for answer in answers} == {503}
    assert waiting == 0, "a server process that waits on holds its place until there are no places left"
    assert (await creators[0].post({"title": "Stored"})).status_code == 201


async def test_the_service_is_ready_while_requests_hold_every_connection(
    house: House, fresh_sql: asyncpg.Connection
) -> None:
    grace = house.creator()
    await grace.idea("Locked")

    async with fresh_sql.transaction():
        await fresh_sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", grace.user_id)
        writes = [asyncio.create_task(grace.post({"title": "Waits"})) for _ in range(6)]
        await asyncio.sleep(0.1)
        ready = await house.client.get("/health/ready")
        answers = await asyncio.gather(*writes)

    assert ready.status_code == 200
    assert {answer.status_code for answer in answers} == {503}
    assert (await grace.post({"title": "Stored"})).status_code == 201


async def test_an_aborted_request_releases_its_idempotency_key(
    fresh_database: Database, fresh_sql: asyncpg.Connection, sessions: Sessions, home: Path
) -> None:
    """Otherwise its transaction would still wait for the lock, and a retry would get 409."""
    patient = {"CREATORVAULT_DATABASE__LOCK_SECONDS": "30", "CREATORVAULT_DATABASE__STATEMENT_SECONDS": "30"}
    async with open_house(environment_of(fresh_database, home) | SHORT | patient, fresh_database) as house:
        grace = house.creator()
        await grace.idea("Locked")
        key = {"Idempotency-Key": "once"}

        async with fresh_sql.transaction():
            await fresh_sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", grace.user_id)
            cut_off = await grace.post({"title": "Waits"}, headers=key)
            async with asyncio.timeout(PROMISE_SECONDS):
                while await sessions.in_transaction():  # noqa: ASYNC110  # PostgreSQL tells nobody
                    await asyncio.sleep(0.02)
            again = await grace.post({"title": "Waits"}, headers=key)

        assert (cut_off.status_code, again.status_code) == (503, 503)
        assert (await grace.post({"title": "Waits"}, headers=key)).status_code == 201


async def test_a_read_only_database_serves_reads_and_refuses_writes(
    house: House, fresh_sql: asyncpg.Connection
) -> None:
    grace = house.creator()
    idea = await grace.idea("Kept")

    await fresh_sql.execute(
        "ALTER ROLE creatorvault_app IN DATABASE {} SET default_transaction_read_only = on".format(
            await fresh_sql.fetchval("SELECT quote_ident(current_database())")
        )
    )
    await house.parts.database.engine.dispose()

    assert (await grace.get(idea)).status_code == 200
    answer = await grace.post({"title": "Refused"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    "code",
    [
        "08006",
        "25006",
        "25P03",
        "25P04",
        "28000",
        "3D000",
        "40001",
        "40P01",
        "53100",
        "53200",
        "53300",
        "55000",
        "55P03",
        "57014",
        "57P01",
        "57P03",
        "58030",
    ],
)
async def test_a_transient_error_is_503(house: House, code: str) -> None:
    with pytest.raises(ServiceUnavailable):
        async with house.parts.database.writing() as session:
            await session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))


@pytest.mark.parametrize("code", ["23505", "42P01", "42501", "XX001", "22P02"])
async def test_a_permanent_error_is_500(house: House, code: str) -> None:
    with pytest.raises(DBAPIError):
        async with house.parts.database.writing() as session:
            await session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))


async def test_the_server_cancels_a_slow_statement(house: House, sessions: Sessions) -> None:
    with pytest.raises(ServiceUnavailable):
        async with house.parts.database.reading() as session:
            await session.execute(text("SELECT pg_sleep(60)"))
    assert await sessions.in_transaction() == 0


async def test_the_server_ends_an_idle_transaction(house: House, sessions: Sessions) -> None:
    with pytest.raises(ServiceUnavailable):
        async with house.parts.database.writing() as session:
            await session.execute(text("SELECT 1"))
            await asyncio.sleep(1.4)
            assert await sessions.in_transaction() == 0
            await session.execute(text("SELECT 1"))


async def test_a_migration_under_prepared_statements_is_waited_out(house: House, fresh_sql: asyncpg.Connection) -> None:
    database = house.parts.database
    await fresh_sql.execute("CREATE TABLE changing (id int); GRANT SELECT ON changing TO creatorvault_app")

    async def read() -> None:
        async with database.reading() as session:
            await session.execute(text("SELECT * FROM changing"))

    await read()
    await fresh_sql.execute("ALTER TABLE changing ALTER id TYPE bigint")

    with pytest.raises(ServiceUnavailable):
        await read()
    await read()
