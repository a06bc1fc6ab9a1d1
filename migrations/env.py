"""Runs migrations as the owner, one at a time, in one transaction, apart from indexes that are built concurrently."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from creatorvault.apps import import_models
from creatorvault.core.database.connections import passing_engine
from creatorvault.core.database.index_builds import LIMIT_WAITS
from creatorvault.core.database.migration_history import record_history

# Two deployments that start at once wait for one another here. The number is arbitrary and must never change.
ADVISORY_LOCK = 4_279_163_202
TRY_LOCK = f"SELECT WHERE pg_try_advisory_xact_lock({ADVISORY_LOCK})"
LOCKED = "SELECT 1"
"""The status of a statement that returns a row."""

LOCK_SECONDS = 0.2

WITHOUT_MODEL = (
    *("migration_history", "totals_position", "write_probe", "schedules"),
    *("request_figures", "alert_figures", "vault_figures", "queue_figures"),
)


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration should not import SQLModel to say that a column is text."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.Text()"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Our three schemas, of `ideas` the table that its partitions are parts of, and no table without a model."""
    if kind == "schema":
        return name in (None, "keys", "jobs")
    return not (kind == "table" and name is not None and (name.startswith("ideas_part_") or name in WITHOUT_MODEL))


def migrate(connection: Connection) -> None:
    import_models()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        include_schemas=True,
        include_name=include_name,
        compare_type=True,
        compare_server_default=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        connection.execute(text(LIMIT_WAITS))
        # Triggers on a table that is distributed over nodes, which touch only rows of the same tenant on the same node.
        connection.execute(text("SET LOCAL citus.enable_unsafe_triggers = on"))
        context.run_migrations()
        record_history(connection)


@asynccontextmanager
async def locked(engine: AsyncEngine) -> AsyncGenerator[None]:
    """Holds the lock on a connection of its own: building an index concurrently commits what the migrations have done.

    A build waits for every snapshot, so neither the lock nor waiting for it may keep one: a prepared statement would
    until the transaction ends, and a statement that waits for the lock would meanwhile.
    """
    async with engine.connect() as holder:
        driver: Any = (await holder.get_raw_connection()).driver_connection
        async with driver.transaction():
            await driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            while await driver.execute(TRY_LOCK) != LOCKED:  # noqa: ASYNC110  # another process has it
                await asyncio.sleep(LOCK_SECONDS)
            yield


async def run() -> None:
    url = context.config.attributes["url"]
    engine = passing_engine(url.reveal())
    try:
        async with locked(engine), engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
    finally:
        await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations run against a database; there is no offline mode")
asyncio.run(run())
