"""Live updates while the database refuses connections, as during a restart. `make drill-live` restarts a real one."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from tests.application import environment_of, open_house
from tests.postgres import Database
from tests.sync.events.clients import PATIENCE, listening, live, served, until_listening
from tests.sync.events.conftest import LASTING

END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


@pytest.fixture
async def server_sql(fresh_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """A superuser connection to another database of the server."""
    connection = await asyncpg.connect(Database("postgres", fresh_database.socket).superuser_url)
    yield connection
    await connection.close()


async def test_streams_go_on_after_a_restart(
    fresh_database: Database, server_sql: asyncpg.Connection, home: Path
) -> None:
    environ, name = environment_of(fresh_database, home) | LASTING, fresh_database.name
    async with (
        open_house(environ, fresh_database) as first,
        open_house(environ, fresh_database) as second,
        served(second.app) as client,
    ):
        ada = first.creator()
        await ada.idea()
        async with listening(client, ada) as stream:
            await stream.until(1)
            await until_listening(second.app)
            await server_sql.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await server_sql.fetch(END_OTHERS, name)
            async with asyncio.timeout(PATIENCE):
                while live(second.app).watcher.listener.is_listening:  # noqa: ASYNC110  # it tells nobody
                    await asyncio.sleep(0.01)
            assert (await ada.post({"title": "Lost"})).status_code == 503
            await server_sql.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await until_listening(second.app)

            await ada.idea()
            assert await stream.until(2) == [2]


async def test_a_lower_revision_shows_if_the_database_has_lost_commits(
    fresh_database: Database, fresh_sql: asyncpg.Connection, home: Path
) -> None:
    async with (
        open_house(environment_of(fresh_database, home) | LASTING, fresh_database) as house,
        served(house.app) as client,
    ):
        ada = house.creator()
        for _ in range(3):
            await ada.idea()
        async with listening(client, ada) as stream:
            await stream.until(3)
            await fresh_sql.execute("UPDATE vaults SET revision = 2 WHERE user_id = $1", ada.user_id)
            assert await stream.until(2) == [2]
