"""Single statements on connections of their own: time limits, the bound of the pool, and lost connections."""

import asyncio

import asyncpg
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from creatorvault.core.database.sessions import Database as Pool
from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.waiting.deadlines import RequestDeadline, current_wait_budget
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import DatabaseSettings, Settings
from tests.application import House


async def test_a_statement_that_takes_too_long_is_ended_on_the_server(house: House) -> None:
    statements = Statements(brief(house))
    with pytest.raises(ServiceUnavailable):
        await statements.rows("SELECT pg_sleep(60)")
    for _ in range(50):
        [[running]] = await statements.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
        )
        if not running:
            break
        await asyncio.sleep(0.05)
    await statements.close()
    assert running == 0


async def test_a_connection_is_waited_for_no_longer_than_is_set(house: House) -> None:
    statements = Statements(brief(house))
    slow = asyncio.create_task(statements.rows("SELECT pg_sleep(0.2)"))
    await asyncio.sleep(0)
    with pytest.raises(ServiceUnavailable):
        await statements.rows("SELECT 1")
    await slow
    await statements.close()


async def test_a_request_without_a_connection_closes_nobody_elses(house: House) -> None:
    statements = Statements(brief(house))
    [[before]] = await statements.rows("SELECT pg_backend_pid()")
    await statements._pool._places.acquire()
    with pytest.raises(ServiceUnavailable):
        await statements.rows("SELECT 1")
    statements._pool._places.release()

    [[after]] = await statements.rows("SELECT pg_backend_pid()")
    await statements.close()
    assert before == after


async def test_a_request_that_is_out_of_time_leaves_the_connection_to_others(house: House) -> None:
    statements = Statements(brief(house))
    [[before]] = await statements.rows("SELECT pg_backend_pid()")
    with RequestDeadline():
        current_wait_budget()._waited = 3600
        with pytest.raises(ServiceUnavailable):
            await statements.rows("SELECT 1")

    [[after]] = await statements.rows("SELECT pg_backend_pid()")
    await statements.close()
    assert before == after


async def test_a_connection_that_the_server_closed_is_replaced(house: House, database: asyncpg.Connection) -> None:
    statements = Statements(brief(house))
    [[pid]] = await statements.rows("SELECT pg_backend_pid()")
    await database.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    await asyncio.sleep(0.1)
    [[answer]] = await statements.rows("SELECT 1")
    await statements.close()
    assert answer == 1


async def test_the_last_words_of_a_server_are_no_bug_of_ours(house: House) -> None:
    """A server that ends tells idle connections so, a moment before it closes them."""
    statements = Statements(brief(house))
    await statements.rows("SELECT 1")
    fields = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
    statements._pool._idle[0]._protocol.data_received(b"E" + (len(fields) + 4).to_bytes(4) + fields)

    with pytest.raises(ServiceUnavailable):
        await statements.rows("SELECT 1")
    [[answer]] = await statements.rows("SELECT 1")
    await statements.close()
    assert answer == 1


@pytest.mark.parametrize("way", ["statement", "transaction"])
async def test_a_server_that_has_become_read_only_is_left(house: House, way: str) -> None:
    """As by a switchover that keeps connections open. The next attempt looks for the primary again."""
    settings = replace(brief(house), pool_size=2, pool_wait_seconds=60.0, statement_seconds=60.0)
    statements, pool = Statements(settings), Pool(settings)

    async def attempt(statement: str) -> object:
        if way == "statement":
            return (await statements.changed(statement))[0][0]
        async with pool.writing() as session:
            return (await session.execute(text(statement))).scalar_one()

    async def backends() -> set[object]:
        """Both connections."""
        held = "SELECT pg_backend_pid() FROM pg_sleep(0.2)"
        return set(await asyncio.gather(attempt(held), attempt(held)))

    before = await backends()
    read_only = "SELECT set_config('default_transaction_read_only', 'on', false) FROM pg_sleep(0.2)"
    await asyncio.gather(attempt(read_only), attempt(read_only))
    with pytest.raises(ServiceUnavailable):
        await attempt("SELECT probe_write()")
    await attempt("SELECT probe_write()")
    after = await backends()
    await statements.close()
    await pool.close()

    assert len(before) == len(after) == 2
    assert not before & after


def brief(house: House) -> DatabaseSettings:
    url = house.database.runtime_url.replace("postgresql:", "postgresql+asyncpg:")
    return DatabaseSettings(url=Secret(url), pool_size=1, pool_wait_seconds=0.1, statement_seconds=0.5)


async def test_without_prepared_statements_each_statement_is_a_transaction(settings: Settings) -> None:
    """A proxy that pools transactions would otherwise change the server's connection between parsing and running."""
    seen = []
    for prepared in (True, False):
        statements = Statements(replace(settings.database, prepared_statements=prepared))
        seen.append(await statements.rows("SELECT current_setting('transaction_read_only'), $1::int", 1))
        with pytest.raises(asyncpg.DivisionByZeroError):
            await statements.rows("SELECT 1 / $1::int", 0)
        seen.append(await statements.rows("SELECT current_setting('transaction_read_only'), $1::int", 2))
        await statements.close()

    assert [tuple(rows[0]) for rows in seen] == [("off", 1), ("off", 2), ("on", 1), ("on", 2)]
