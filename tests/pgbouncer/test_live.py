"""Live updates through a pooler in transaction mode, which passes no notifications on."""

import asyncpg
import pytest

from tests.application import open_house
from tests.pgbouncer.bouncer import Bouncer
from tests.postgres import Database
from tests.sync.events.clients import listening, live, served, until_listening
from tests.sync.events.conftest import LASTING


@pytest.mark.parametrize("is_direct", [False, True])
async def test_changes_show_behind_a_pooler(
    bounced_environ: dict[str, str],
    bouncer: Bouncer,
    beside: asyncpg.Connection,
    fresh_database: Database,
    *,
    is_direct: bool,
) -> None:
    """By polling, or by a direct connection for notices alone."""
    environ = bounced_environ | LASTING | {"LOG_LEVEL": "INFO"}
    if is_direct:
        environ |= {"DATABASE_LISTEN_URL": fresh_database.runtime_url}
    async with (
        open_house(environ, fresh_database) as first,
        open_house(environ, fresh_database) as second,
        served(second.app) as client,
    ):
        ada = first.creator()
        async with listening(client, ada) as stream:
            await stream.until(0)
            if is_direct:
                await until_listening(second.app)
            for number in range(1, 4):
                await ada.idea()
                await stream.until(number)
            assert live(second.app).watcher.listener.is_listening == is_direct
            assert (live(first.app).notifier.sent > 0) == is_direct
    # Nothing stays on the connection that others get.
    assert await beside.fetchval("SELECT count(*) FROM pg_listening_channels()") == 0
    assert await beside.fetchval("SELECT current_setting('app.tenant_id', true)") in {None, ""}
    assert await beside.fetchval("SHOW synchronous_commit") == await _default(fresh_database)


async def _default(database: Database) -> str:
    connection = await asyncpg.connect(database.runtime_url)
    try:
        shown: str = await connection.fetchval("SHOW synchronous_commit")
    finally:
        await connection.close()
    return shown
