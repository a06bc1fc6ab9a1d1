"""Isolation behind PgBouncer in transaction mode, where all clients share one connection to the server."""

import asyncio
import os
from typing import Final

import asyncpg
import pytest

from tests.application import House
from tests.pgbouncer.drill import Drill
from tests.thoroughness import IN_CI
from tests.vault_rows import KEPT_BYTES

pytestmark = pytest.mark.no_cover

REQUESTS: Final = int(os.environ.get("PGBOUNCER_REQUESTS", "1500" if IN_CI else "500"))
"""`make pgbouncer` sends 20,000."""

LEFT_BEHIND: Final = """
    SELECT coalesce(current_setting('app.tenant_id', true), '') AS tenant,
           current_setting('statement_timeout') AS statement_timeout,
           current_setting('lock_timeout') AS lock_timeout,
           current_setting('idle_in_transaction_session_timeout') AS idle_timeout,
           current_setting('transaction_read_only') AS read_only,
           (SELECT count(*) FROM ideas) + (SELECT count(*) FROM vaults) + (SELECT count(*) FROM tenants) AS rows
"""
NOTHING: Final = ("", "0", "0", "0", "off", 0)


async def test_fifty_tenants_share_one_connection(
    bounced_house: House,
    beside: asyncpg.Connection,
    fresh_sql: asyncpg.Connection,
    request: pytest.FixtureRequest,
) -> None:
    drill = Drill(bounced_house, seed=20)
    looks = 0
    async with asyncio.TaskGroup() as group:
        running = group.create_task(drill.run(REQUESTS))
        while not running.done():
            assert tuple(await beside.fetchrow(LEFT_BEHIND)) == NOTHING
            looks += 1
            await asyncio.sleep(0.1)

    said = f" {drill.statuses.total()} requests: {drill.summary()}; {looks} looks in between"
    request.config.get_terminal_writer().line(said)
    assert drill.statuses.keys() <= {0, 200, 201, 204, 404, 403, 412, 422}
    assert looks
    for person in drill.people:
        await person.check()
    assert await what_is_open(fresh_sql) == 0
    assert await what_is_miscounted(fresh_sql) == []


async def what_is_open(sql: asyncpg.Connection) -> int:
    """Returns transactions and locks of other connections, after all clients have finished."""
    count: int = await sql.fetchval("""
        SELECT (SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL)
             + (SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
                 WHERE datname = current_database() AND pid <> pg_backend_pid())
    """)
    return count


async def what_is_miscounted(sql: asyncpg.Connection) -> list[asyncpg.Record]:
    records: list[asyncpg.Record] = await sql.fetch(f"""
        SELECT vaults.user_id, idea_count, sealed_bytes, rows.ideas, kept.bytes
        FROM vaults CROSS JOIN LATERAL (
            SELECT count(*) AS ideas FROM ideas
            WHERE ideas.tenant_id = vaults.tenant_id AND ideas.user_id = vaults.user_id
        ) AS rows CROSS JOIN LATERAL (
            {KEPT_BYTES} WHERE kept.tenant_id = vaults.tenant_id AND kept.user_id = vaults.user_id
        ) AS kept
        WHERE (idea_count, sealed_bytes) <> (rows.ideas, kept.bytes)
    """)
    return records
