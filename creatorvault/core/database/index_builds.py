"""Builds indexes of large tables in a migration, while the service goes on writing (CREATE INDEX CONCURRENTLY).

Such a build cannot be part of a transaction. It commits what the upgrade has done before, so a migration that uses it
does nothing else. If it is interrupted, it leaves an invalid index, and the migration is not recorded as applied: the
next upgrade drops the index and builds it again. Meanwhile no other upgrade can run, since `migrations/env.py` holds
its lock on another connection.
"""

from typing import Final

from alembic import op
from sqlalchemy import text

from creatorvault.core.database.migration_history import record_history

LOCK_TIMEOUT: Final = "5s"
"""A migration that waits for a table makes every request behind it wait, too: better that it fails and is rerun."""

LIMIT_WAITS: Final = f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"

_STATE: Final = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
_PARTITIONS: Final = text("""
    SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:table) ORDER BY inhrelid
""")
_ATTACHED: Final = text("SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(:name))")


def build_index(name: str, table: str, columns: str, schema: str = "public") -> None:
    """Builds `CREATE INDEX name ON table (columns)` without blocking writes, unless it is there and valid.

    It waits for transactions that use the table, for as long as they take: nobody waits for the build.
    """
    record_history(op.get_bind())
    with op.get_context().autocommit_block():
        _build(name, f"{schema}.{table}", columns, schema)
    op.execute(LIMIT_WAITS)


def build_partitioned_index(name: str, table: str, columns: str) -> None:
    """Does the same for a partitioned table: builds the index of each partition, then attaches them to the table's."""
    bind = op.get_bind()
    if bind.scalar(_STATE, {"name": name}) is None:
        op.execute(f"CREATE INDEX {name} ON ONLY {table} ({columns})")
    for partition in bind.scalars(_PARTITIONS, {"table": table}).all():
        own = f"{partition}_{name}"
        record_history(bind)
        with op.get_context().autocommit_block():
            _build(own, partition, columns, "public")
        op.execute(LIMIT_WAITS)
        if not bind.scalar(_ATTACHED, {"name": own}):
            op.execute(f"ALTER INDEX {name} ATTACH PARTITION {own}")


def _build(name: str, table: str, columns: str, schema: str) -> None:
    is_valid = op.get_bind().scalar(_STATE, {"name": f"{schema}.{name}"})
    if is_valid is False:
        op.execute(f"DROP INDEX CONCURRENTLY {schema}.{name}")
    if not is_valid:
        op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} ({columns})")
