"""Distributes the tables of tenants over the nodes of a Citus cluster, by tenant (docs/scaling.md)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from creatorvault.core.database.connections import passing_engine
from creatorvault.core.database.tenant_data import Erased, TenantData
from creatorvault.management.upgrade import addresses
from creatorvault.settings.sections import DatabaseSettings

COLUMN: Final = "tenant_id"
FIRST: Final = "tenants"
"""The table that all others are placed with: rows of one tenant are on one node."""

# Citus cannot know that the triggers touch only rows of the same tenant, which are on the same node.
ALLOW_TRIGGERS: Final = text("SET LOCAL citus.enable_unsafe_triggers = on")
IS_CITUS: Final = text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")
PLACED: Final = text("SELECT table_name::text, shard_count, colocation_id, distribution_column FROM citus_tables")
DISTRIBUTE: Final = text("SELECT create_distributed_table(CAST(:name AS regclass), 'tenant_id')")
DISTRIBUTE_WITH: Final = text(
    "SELECT create_distributed_table(CAST(:name AS regclass), 'tenant_id', colocate_with => 'tenants')"
)

# Whether row-level security is on, and for the owner too; the numbers of policies, and of triggers except Citus' own.
# Citus passes the command to format(), so there is no other %.
_LOCKS: Final = """
    SELECT concat_ws(
        ' ', relrowsecurity, relforcerowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid),
        (SELECT count(*) FROM pg_trigger
         WHERE tgrelid = c.oid AND NOT tgisinternal AND NOT starts_with(tgname, 'truncate_trigger'))
    ) FROM pg_class c WHERE c.oid = {table}::regclass
"""
LOCKS: Final = text(_LOCKS.replace("{table}::regclass", "CAST(:name AS regclass)"))
ON_SHARDS: Final = text(
    "SELECT success, result, count(*) FROM run_command_on_shards(CAST(:name AS regclass), :command)"
    " GROUP BY success, result"
)
OF_A_SHARD: Final = _LOCKS.replace("{table}", "'%s'")

# How many values the planner is told to expect in a column; new shards do not get it from their table.
EXPECTED: Final = text("""
    SELECT attname::text, expected FROM pg_attribute, unnest(attoptions) AS options (expected)
    WHERE attrelid = CAST(:name AS regclass) AND starts_with(expected, 'n_distinct=')
""")


class DistributionRefused(Exception):
    """The database cannot be distributed, or a node does not protect its rows as the coordinator does."""


class TablePlacement(NamedTuple):
    """`shards` is None for a table that is not distributed yet."""

    name: str
    shards: int | None
    was_there: bool


async def distribute(database: DatabaseSettings, tenant_data: TenantData, *, dry_run: bool) -> Sequence[TablePlacement]:
    """Distributes what is not distributed yet, in one transaction, and compares each shard with its table.

    Raises DistributionRefused, DatabaseUnreachable, and the driver's errors.
    """
    engine = passing_engine(addresses(database)[0].reveal())
    try:
        async with engine.begin() as connection:
            if not await connection.scalar(IS_CITUS):
                raise DistributionRefused("this database has no extension citus")
            names = await _tables(connection, tenant_data)
            before = await _placed(connection)
            if not dry_run:
                await connection.execute(ALLOW_TRIGGERS)
                for name in names:
                    if name not in before:
                        await connection.execute(DISTRIBUTE if name == FIRST else DISTRIBUTE_WITH, {"name": name})
        # Shards are looked at through connections of their own, which do not see an open transaction.
        async with engine.begin() as connection:
            placed = await _placed(connection)
            for name in placed:  # partitions, too
                await _compare(connection, name)
                if not dry_run:
                    await _expect(connection, name)
            return [TablePlacement(name, placed.get(name), name in before) for name in names]
    finally:
        await engine.dispose()


async def _tables(connection: AsyncConnection, tenant_data: TenantData) -> list[str]:
    """Returns the names of the tables of tenants that are distributed, those that others refer to first."""
    spread = [table for table in tenant_data.tables if not (isinstance(table, Erased) and table.stays_local)]
    declared = [table.model.__table__ for table in spread]  # type: ignore[attr-defined]  # SQLModel gives it
    names = [table.fullname for table in declared]
    existing = [name for name in names if await connection.scalar(text("SELECT to_regclass(:name)"), {"name": name})]
    if missing := sorted(set(names) - set(existing)):
        raise DistributionRefused(f"{', '.join(missing)} does not exist: run creatorvault database upgrade first")
    return [FIRST, *(name for name in reversed(names) if name != FIRST)]


async def _placed(connection: AsyncConnection) -> dict[str, int]:
    """Returns the number of shards of each distributed table. Raises DistributionRefused for one placed otherwise."""
    rows = (await connection.execute(PLACED)).all()
    groups = {row.colocation_id for row in rows if row.distribution_column == COLUMN}
    if wrong := sorted(row.table_name for row in rows if row.distribution_column != COLUMN or len(groups) > 1):
        raise DistributionRefused(f"{', '.join(wrong)} is distributed, but not by {COLUMN} beside the other tables")
    return {row.table_name: row.shard_count for row in rows}


async def _compare(connection: AsyncConnection, name: str) -> None:
    """Raises DistributionRefused if a shard has other policies or triggers than its table."""
    expected = await connection.scalar(LOCKS, {"name": name})
    for success, result, shards in (await connection.execute(ON_SHARDS, {"name": name, "command": OF_A_SHARD})).all():
        if not success or result != expected:
            raise DistributionRefused(
                f"{shards} shards of {name} have other locks than the table: {result!r} instead of {expected!r} "
                "(row-level security, for the owner too, policies, triggers)"
            )


async def _expect(connection: AsyncConnection, name: str) -> None:
    for column, expected in (await connection.execute(EXPECTED, {"name": name})).all():
        command = f"ALTER TABLE %s ALTER COLUMN {column} SET ({expected})"
        if not all(
            row.success for row in (await connection.execute(ON_SHARDS, {"name": name, "command": command})).all()
        ):
            raise DistributionRefused(f"a shard of {name} refused {command}")
