"""Indexes of large tables are built while the service writes, and an interrupted build is repaired by the next one."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from alembic import command
from sqlalchemy.exc import SQLAlchemyError

from creatorvault.core.database.migrations import heads
from creatorvault.settings.bundled import bundled
from tests.application import House, environment_of
from tests.commands import INHERITED
from tests.postgres import Database
from tests.schema import compare, config_of, migrate, unmeasured

pytestmark = pytest.mark.no_cover

BUILD: Final = "20261130_04"
(HEAD,) = heads()
BEFORE: Final = "20261130_03"
EARLIER: Final = "20261130_02"
BUILDING: Final = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'
"""
UPGRADES: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE '%pg_try_advisory_xact_lock%' AND pid <> pg_backend_pid()
"""
OF_EVENTS: Final = """
from creatorvault.core.database.index_builds import build_index

revision = "99991231_01"
down_revision = {after!r}


def upgrade() -> None:
    build_index("events_by_outcome", "audit_events", "outcome")
"""
OF_A_PARTITIONED_TABLE: Final = """
from creatorvault.core.database.index_builds import build_partitioned_index

revision = "99991231_01"
down_revision = {after!r}


def upgrade() -> None:
    build_partitioned_index("ideas_by_stage", "ideas", "tenant_id, user_id, stage")
"""
INVALID: Final = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


@asynccontextmanager
async def waiting_build(
    database: Database,
    sql: asyncpg.Connection,
    table: str = "audit_events",
    migrating: Callable[[Database], None] = migrate,
) -> AsyncGenerator[tuple[asyncio.Task[None], int]]:
    """An upgrade, one of whose builds waits for a transaction, with the process id of its connection."""
    writer = await asyncpg.connect(database.superuser_url)
    upgrade: asyncio.Task[None] | None = None
    try:
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")  # as a write does
        upgrade = asyncio.create_task(asyncio.to_thread(migrating, database))
        while (building := await sql.fetchval(BUILDING)) is None or not await sql.fetchval(INVALID):
            assert not upgrade.done(), "the upgrade did not wait"
            await asyncio.sleep(0.01)
        yield upgrade, building
        await transaction.commit()
    finally:
        await writer.close()
        if upgrade is not None:
            await asyncio.gather(upgrade, return_exceptions=True)


@pytest.fixture
async def house_before(fresh_house: House, fresh_database: Database) -> House:
    """A service with an idea, whose database has not been through the builds yet."""
    await fresh_house.creator().idea("Before")
    await asyncio.to_thread(migrate, fresh_database, EARLIER, down=True)
    return fresh_house


def with_later(database: Database, folder: Path, migration: str) -> Callable[[Database], None]:
    """Returns an upgrade to a migration that follows the newest one."""
    (folder / "later.py").write_text(migration.format(after=HEAD), encoding="utf-8")
    config = config_of(database)
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join([str(bundled("migrations") / "versions"), str(folder)]))
    return lambda _: command.upgrade(config, "head")


async def test_the_service_writes_during_a_build(
    fresh_house: House, fresh_database: Database, fresh_sql: asyncpg.Connection, tmp_path: Path
) -> None:
    later = with_later(fresh_database, tmp_path, OF_EVENTS)
    ada = fresh_house.creator()
    async with waiting_build(fresh_database, fresh_sql, migrating=later) as (upgrade, _):
        idea = await ada.idea("Meanwhile")
        assert (await ada.patch(idea, {"title": "Changed"})).status_code == 200
        assert not upgrade.done()
        # Earlier versions, which serve meanwhile, find their own last migration in the history.
        history = await fresh_sql.fetch("SELECT revision FROM migration_history ORDER BY position DESC LIMIT 1")
        assert [row["revision"] for row in history] == [HEAD]
        assert await fresh_sql.fetchval("SELECT version_num FROM alembic_version") == HEAD
    await upgrade

    assert await fresh_sql.fetchval(INVALID) == 0
    assert await ada.titles() == ["Changed"]


async def test_an_interrupted_build_is_repaired_by_the_next_upgrade(
    fresh_house: House, fresh_database: Database, fresh_sql: asyncpg.Connection, tmp_path: Path
) -> None:
    later = with_later(fresh_database, tmp_path, OF_EVENTS)
    async with waiting_build(fresh_database, fresh_sql, migrating=later) as (upgrade, building):
        await fresh_sql.execute("SELECT pg_terminate_backend($1)", building)
        with pytest.raises(SQLAlchemyError):
            await upgrade
    assert await fresh_sql.fetchval(INVALID) == 1
    assert await fresh_sql.fetchval("SELECT version_num FROM alembic_version") == HEAD
    await fresh_house.creator().idea("Meanwhile")

    await asyncio.to_thread(later, fresh_database)

    assert await fresh_sql.fetchval(INVALID) == 0


async def test_two_upgrades_at_once_wait_for_each_other(
    house_before: House, fresh_database: Database, fresh_sql: asyncpg.Connection, home: Path
) -> None:
    environ = unmeasured() | environment_of(fresh_database, home) | INHERITED
    async with waiting_build(fresh_database, fresh_sql) as (upgrade, _):
        words = [sys.executable, "-m", "creatorvault", "database", "upgrade"]
        other = await asyncio.create_subprocess_exec(*words, env=environ, stdout=asyncio.subprocess.DEVNULL)
        while await fresh_sql.fetchval(UPGRADES) < 2:
            assert other.returncode is None
            await asyncio.sleep(0.01)
    await upgrade
    assert await other.wait() == 0

    assert await fresh_sql.fetchval("SELECT version_num FROM alembic_version") == HEAD
    await asyncio.to_thread(compare, fresh_database)


@pytest.mark.parametrize(("before", "build"), [(BEFORE, BUILD), ("20261130_06", "20261130_07")])
async def test_builds_that_are_done_are_not_repeated(
    fresh_database: Database, fresh_sql: asyncpg.Connection, before: str, build: str
) -> None:
    """The first time builds only what later migrations have replaced."""
    indexes = "SELECT array_agg(indexrelid ORDER BY indexrelid) FROM pg_index"
    built = []
    for _ in range(2):
        await fresh_sql.execute("UPDATE alembic_version SET version_num = $1", before)
        await asyncio.to_thread(migrate, fresh_database, build)
        built.append(await fresh_sql.fetchval(indexes))

    assert built[0] == built[1]


async def test_an_index_of_a_partitioned_table_is_built_and_repaired_partition_by_partition(
    fresh_house: House, fresh_database: Database, fresh_sql: asyncpg.Connection, tmp_path: Path
) -> None:
    ada = fresh_house.creator()
    await ada.idea("Before")
    later = with_later(fresh_database, tmp_path, OF_A_PARTITIONED_TABLE)
    async with waiting_build(fresh_database, fresh_sql, "ideas_part_3", later) as (upgrade, building):
        idea = await ada.idea("Meanwhile")
        assert (await ada.delete(idea)).status_code == 204
        await fresh_sql.execute("SELECT pg_terminate_backend($1)", building)
        with pytest.raises(SQLAlchemyError):
            await upgrade
    assert await fresh_sql.fetchval(INVALID) == 2  # of the table and of the partition

    await asyncio.to_thread(later, fresh_database)

    assert await fresh_sql.fetchval(INVALID) == 0
    partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass($1)"
    assert await fresh_sql.fetchval(partitions, "ideas_by_stage") == await fresh_sql.fetchval(partitions, "ideas")
