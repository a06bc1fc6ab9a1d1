"""Migrations can be applied and reverted on a database with ideas, match the models, and are atomic."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from creatorvault.audit.upgrade import prepare_audit_log
from creatorvault.management.upgrade import upgrade
from tests.application import environment_of, open_house, settings_of
from tests.postgres import Cluster, Database
from tests.schema import compare, config_of, migrate

pytestmark = pytest.mark.no_cover

GUIDE: Final = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
UNFORCE, CHANGE, FORCE = re.findall(r"^ *(\w.*);$", GUIDE.partition("```sql\n")[2].partition("```")[0], re.MULTILINE)


def structure(cluster: Cluster, database: Database) -> str:
    """Returns tables, indexes, policies and grants as SQL, without pg_dump's random markers."""
    dump = cluster.program("pg_dump", "--schema-only", "--exclude-table=alembic_version", "-d", database.superuser_url)
    return re.sub(r"(?m)^(--.*|\\(un)?restrict .*)?\n", "", dump)


def revisions(database: Database) -> list[str]:
    """Returns all revisions, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(config_of(database)).walk_revisions()][::-1]


async def fill(database: Database, home: Path) -> None:
    """Stores data as in an upgraded database, with the audit log's key."""
    await prepare_audit_log(settings_of(environment_of(database, home)))
    async with open_house(environment_of(database, home), database) as house:
        ada = house.creator()
        await ada.idea(notes="n", tags=["t"])
        assert await ada.titles({"search": "IDEA"}) == ["An idea"]


def test_the_models_match_the_migrations(fresh_database: Database) -> None:
    compare(fresh_database)


async def test_migrations_can_be_reverted_and_applied_again_with_ideas(
    cluster: Cluster, fresh_database: Database, home: Path
) -> None:
    before = structure(cluster, fresh_database)
    await fill(fresh_database, home)

    migrate(fresh_database, "base", down=True)
    assert cluster.run(
        "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'keys')", fresh_database.name
    ) == (
        "1\n"  # alembic_version
    )
    migrate(fresh_database)

    assert structure(cluster, fresh_database) == before
    await fill(fresh_database, home)


async def test_each_downgrade_reverts_its_upgrade(cluster: Cluster, fresh_database: Database, home: Path) -> None:
    await fill(fresh_database, home)
    states = {}
    for revision in reversed(revisions(fresh_database)):
        states[revision] = structure(cluster, fresh_database)
        migrate(fresh_database, "-1", down=True)

    for revision in revisions(fresh_database):
        migrate(fresh_database, "+1")
        assert structure(cluster, fresh_database) == states[revision], revision


@pytest.mark.parametrize("count", [1, 3])
async def test_ideas_have_the_configured_number_of_partitions(cluster: Cluster, home: Path, count: int) -> None:
    said: list[str] = []
    empty = cluster.create(f"partitioned_{count}_{uuid4().hex}")
    environ = environment_of(empty, home) | {"CREATORVAULT_DATABASE__IDEA_PARTITIONS": str(count)}
    try:
        with ThreadPoolExecutor(1) as thread:  # a migration runs its own event loop
            thread.submit(upgrade, settings_of(environ), [prepare_audit_log], say=said.append).result()
        for _ in range(2 * count):
            await fill(empty, home)

        partitions = cluster.run("SELECT count(*) FROM pg_inherits WHERE inhparent = 'ideas'::regclass", empty.name)
        assert partitions == f"{count}\n"
        assert cluster.run("SELECT count(*) FROM ideas", empty.name) == f"{2 * count}\n"
    finally:
        cluster.drop(empty)


async def test_a_migration_changes_rows_as_the_guide_describes(
    fresh_database: Database, fresh_sql: asyncpg.Connection, home: Path
) -> None:
    await fill(fresh_database, home)
    tenant = await fresh_sql.fetchval("SELECT tenant_id FROM tenants")
    owner = await asyncpg.connect(fresh_database.owner_url)
    try:
        await owner.execute("SELECT set_config('app.tenant_id', $1, false)", str(tenant))
        assert await owner.execute(CHANGE) == "UPDATE 0"

        async with owner.transaction():
            done = [await owner.execute(statement) for statement in (UNFORCE, CHANGE, FORCE)]

        assert done == ["ALTER TABLE", "UPDATE 1", "ALTER TABLE"]
        assert await owner.execute(CHANGE) == "UPDATE 0"
    finally:
        await owner.close()


def test_migrations_are_linear(fresh_database: Database) -> None:
    script = ScriptDirectory.from_config(config_of(fresh_database))

    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


async def test_every_statement_has_a_lock_timeout(fresh_database: Database, fresh_sql: asyncpg.Connection) -> None:
    migrate(fresh_database, "base", down=True)
    await fresh_sql.execute("""
        CREATE SCHEMA seen;
        CREATE TABLE seen.timeouts (setting text);
        CREATE FUNCTION seen.note() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS
            $$ BEGIN
                IF current_query() NOT LIKE 'CREATE INDEX CONCURRENTLY %' THEN  -- nobody waits for these
                    INSERT INTO seen.timeouts VALUES (current_setting('lock_timeout'));
                END IF;
            END $$;
        CREATE EVENT TRIGGER note ON ddl_command_start EXECUTE FUNCTION seen.note();
    """)

    migrate(fresh_database)

    seen = [row["setting"] for row in await fresh_sql.fetch("SELECT setting FROM seen.timeouts")]
    assert len(seen) > 10
    assert set(seen) <= {"5s", "0"}
    assert seen.count("0") <= 1, "only Alembic's own table is made before"


async def test_a_failed_upgrade_is_rolled_back(
    cluster: Cluster, fresh_database: Database, fresh_sql: asyncpg.Connection
) -> None:
    migrate(fresh_database, "base", down=True)
    await fresh_sql.execute("CREATE TABLE ideas (in_the_way int)")
    before = structure(cluster, fresh_database)

    with pytest.raises(DBAPIError, match="already exists"):
        migrate(fresh_database)

    assert structure(cluster, fresh_database) == before
    assert await fresh_sql.fetchval("SELECT count(*) FROM alembic_version") == 0
