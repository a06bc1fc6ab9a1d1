"""Runs migrations as the owner, one at a time, in one transaction."""

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import creatorvault.admin.models
import creatorvault.audit.models
import creatorvault.crypto.models
import creatorvault.ideas.models
import creatorvault.idempotency.models
import creatorvault.tenants.models  # noqa: F401  # the tables register themselves when they are imported
from creatorvault.core.connections import passing_engine

# Two deployments that start at once wait for one another here. The number is arbitrary and must never change.
ADVISORY_LOCK = 4_279_163_202
LOCK_TIMEOUT = "5s"


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration should not import SQLModel to say that a column is text."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.Text()"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Our two schemas, and of `ideas` the table that its partitions are parts of."""
    if kind == "schema":
        return name in (None, "keys")
    return not (kind == "table" and name is not None and name.startswith("ideas_part_"))


def migrate(connection: Connection) -> None:
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
        context.run_migrations()


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
