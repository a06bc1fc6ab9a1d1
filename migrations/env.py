"""Runs migrations as the owner, one at a time, in one transaction."""

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from creatorvault.apps import import_models
from creatorvault.core.database.connections import passing_engine
from creatorvault.core.database.migrations import HISTORY

# Two deployments that start at once wait for one another here. The number is arbitrary and must never change.
ADVISORY_LOCK = 4_279_163_202
LOCK_TIMEOUT = "5s"

WITHOUT_MODEL = ("migration_history", "write_probe")


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration should not import SQLModel to say that a column is text."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.Text()"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Our two schemas, of `ideas` the table that its partitions are parts of, and no table without a model."""
    if kind == "schema":
        return name in (None, "keys")
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
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        # A migration that waits for a table makes every request behind it wait too: better that it fails and is rerun.
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        # Triggers on a table that is distributed over nodes, which touch only rows of the same tenant on the same node.
        connection.execute(text("SET LOCAL citus.enable_unsafe_triggers = on"))
        context.run_migrations()
        record_history(connection)


def record_history(connection: Connection) -> None:
    """For versions that do not know the last migrations: `creatorvault.core.database.migrations` says how they read it.

    A migration that takes away what an earlier version needs has a constant `oldest_served`: the last revision of the
    oldest version that can serve the database then.
    """
    if connection.scalar(text("SELECT to_regclass('migration_history')")) is None:
        return
    applied = context.get_context().get_current_heads()
    scripts = [*context.script.iterate_revisions(applied, "base")][::-1]
    history = [(script.revision, getattr(script.module, "oldest_served", None)) for script in scripts]
    if history != [(revision, oldest) for revision, oldest in connection.execute(text(HISTORY))]:
        connection.execute(text("DELETE FROM migration_history"))
        connection.execute(
            text("INSERT INTO migration_history VALUES (:position, :revision, :oldest_served)"),
            [
                {"position": position, "revision": revision, "oldest_served": oldest}
                for position, (revision, oldest) in enumerate(history)
            ],
        )


async def run() -> None:
    url = context.config.attributes["url"]
    engine = passing_engine(url.reveal())
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
    finally:
        await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations run against a database; there is no offline mode")
asyncio.run(run())
