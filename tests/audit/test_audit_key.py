"""The key of the audit log, which only an upgrade of the database creates."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from creatorvault.audit.checks import audit_log_check
from creatorvault.audit.upgrade import prepare_audit_log
from creatorvault.management.checks import Installation
from creatorvault.settings.sections import Settings
from tests.application import House, environment_of, settings_of
from tests.audit.conftest import Command
from tests.factories import Creator
from tests.logs import Logs
from tests.postgres import Database

NO_KEY = "The audit log has no key: run `creatorvault database upgrade`"


@pytest.fixture
async def keyless(fresh_sql: asyncpg.Connection) -> asyncpg.Connection:
    """SQL as the superuser on a database that was migrated, but without the other steps of an upgrade."""
    await fresh_sql.execute("DELETE FROM keys.audit_keys")
    return fresh_sql


@pytest.mark.parametrize("login", ["runtime_url", "operator_url"])
async def test_no_login_of_the_service_can_insert_a_key(
    keyless: asyncpg.Connection, fresh_database: Database, login: str
) -> None:
    connection = await asyncpg.connect(getattr(fresh_database, login))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("INSERT INTO keys.audit_keys VALUES (1, 'planted', '\\x00', now())")
    finally:
        await connection.close()


async def test_without_a_key_new_creators_get_503_until_an_upgrade(
    fresh_house: House, keyless: asyncpg.Connection, command: Command, logs: Logs
) -> None:
    ada = fresh_house.creator()
    answer = await ada.post({"title": "First"})
    ready = await fresh_house.client.get("/health/ready")

    assert (answer.status_code, answer.json()["detail"]) == (503, "The service is temporarily unavailable")
    assert answer.headers["Retry-After"]
    assert logs.named("audit.key_missing")
    assert (ready.status_code, ready.json()["checks"]["migrations"]) == (503, "failed")
    assert await keyless.fetchval("SELECT count(*) FROM tenants") == 0

    assert command("database", "upgrade").exit_code == 0
    assert (await ada.post({"title": "First"})).status_code == 201
    assert (await fresh_house.client.get("/health/ready")).status_code == 200
    assert command("audit", "verify").exit_code == 0


async def test_check_reports_a_missing_key_and_how_to_create_it(keyless: asyncpg.Connection, command: Command) -> None:
    found = command("check")

    assert found.exit_code == 1
    assert "error audit.E001: The audit log has no key.\n  creatorvault database upgrade\n" in found.output
    assert "audit.E001" not in command("check", DATABASE_URL="postgresql://app@127.0.0.1:1/ideas").output


async def test_check_skips_the_key_if_it_cannot_be_queried(
    fresh_sql: asyncpg.Connection, fresh_database: Database, command: Command
) -> None:
    await fresh_sql.execute("DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")

    assert "audit.E001" not in command("check", DATABASE_URL=fresh_database.url("stranger")).output
    await fresh_sql.execute("DROP TABLE keys.audit_keys")
    assert "audit.E001" not in command("check").output


async def test_check_skips_the_key_without_a_database(settings: Settings) -> None:
    bare = replace(settings, database=replace(settings.database, url=None))

    assert await audit_log_check(Installation(bare, deploy=False)) == []


@pytest.mark.parametrize("words", [("audit", "verify"), ("operators", "create", "--name", "Olga", "--scope", "read")])
async def test_a_command_that_needs_the_key_says_that_it_is_missing(
    keyless: asyncpg.Connection, command: Command, words: tuple[str, ...]
) -> None:
    result = command(*words)

    assert result.exit_code == 1
    assert NO_KEY in result.output
    assert "Traceback" not in result.output


async def test_two_upgrades_at_the_same_time_agree_on_one_key(
    keyless: asyncpg.Connection, fresh_house: House, fresh_database: Database, home: Path, command: Command
) -> None:
    settings = settings_of(environment_of(fresh_database, home))

    await asyncio.gather(*(prepare_audit_log(settings) for _ in range(4)))

    assert await keyless.fetchval("SELECT count(*) FROM keys.audit_keys") == 1
    await fresh_house.creator().idea()
    assert command("audit", "verify").exit_code == 0


async def test_an_upgrade_keeps_an_existing_key(fresh_sql: asyncpg.Connection, command: Command) -> None:
    before = await fresh_sql.fetchrow("SELECT * FROM keys.audit_keys")

    other = command("keys", "generate").output.splitlines()[-1]
    assert command("database", "upgrade", CREATORVAULT_ROOT_KEYS=other).exit_code == 0

    assert await fresh_sql.fetch("SELECT * FROM keys.audit_keys") == [before]


async def test_a_key_is_wrapped_by_the_first_root_key(keyless: asyncpg.Connection, command: Command) -> None:
    first, second = (command("keys", "generate", "--id", name).output.splitlines()[-1] for name in ("front", "back"))

    assert command("database", "upgrade", CREATORVAULT_ROOT_KEYS=f"{first},{second}").exit_code == 0

    assert await keyless.fetchval("SELECT root_key_id FROM keys.audit_keys") == "front"


async def test_a_lost_key_is_not_replaced(chain: Creator, fresh_sql: asyncpg.Connection, command: Command) -> None:
    lost = await fresh_sql.fetchrow("DELETE FROM keys.audit_keys RETURNING *")
    result = command("database", "upgrade")

    assert (result.exit_code, await fresh_sql.fetchval("SELECT count(*) FROM keys.audit_keys")) == (1, 0)
    assert "The audit log has events and no key. Restore" in result.output
    assert await fresh_sql.fetchval("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'audit_events'")

    await fresh_sql.execute("INSERT INTO keys.audit_keys VALUES ($1, $2, $3, $4)", *lost)
    assert command("database", "upgrade").exit_code == 0
    assert command("audit", "verify").exit_code == 0


async def test_a_process_that_has_used_the_key_notices_its_deletion(
    chain: Creator, fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    lost = await fresh_sql.fetchrow("DELETE FROM keys.audit_keys RETURNING *")
    bob = fresh_house.creator()

    assert (await bob.post({"title": "New"})).status_code == 503
    assert (await chain.post({"title": "Needs no event"})).status_code == 201

    await fresh_sql.execute("INSERT INTO keys.audit_keys VALUES ($1, $2, $3, $4)", *lost)
    assert (await bob.post({"title": "New"})).status_code == 201


async def until_alone(sql: asyncpg.Connection, statements: str) -> None:
    """Repeats statements about the whole cluster as long as another test drops or creates a database meanwhile."""
    async with asyncio.timeout(60):
        while True:
            try:
                await sql.execute(statements)
            except asyncpg.InternalServerError as error:  # "tuple concurrently deleted", or "updated"
                if "concurrently" not in str(error):
                    raise
            else:
                return


async def test_an_upgrade_lets_another_owner_of_the_tables_write_events(
    fresh_database: Database, fresh_sql: asyncpg.Connection, command: Command
) -> None:
    """As after REASSIGN OWNED and DROP OWNED, which drops the policy of the old owner.

    REASSIGN OWNED itself would also give away the databases of tests that run at the same time.
    """
    await until_alone(
        fresh_sql,
        """
        DO $$ BEGIN CREATE ROLE another_owner LOGIN CREATEROLE; EXCEPTION WHEN duplicate_object THEN END $$;
        GRANT creatorvault_runtime, creatorvault_operator TO another_owner WITH ADMIN TRUE, INHERIT FALSE;
        DO $$ DECLARE found record; BEGIN
            FOR found IN
                SELECT object.type, object.identity
                FROM pg_shdepend AS owned, pg_identify_object(owned.classid, owned.objid, 0) AS object
                WHERE object.type <> 'sequence' -- follows its table
                  AND owned.deptype = 'o' AND owned.refobjid = 'creatorvault_owner'::regrole
                  AND owned.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            LOOP EXECUTE format('ALTER %s %s OWNER TO another_owner', found.type, found.identity); END LOOP;
            EXECUTE format('ALTER DATABASE %I OWNER TO another_owner', current_database());
        END $$;
        DROP POLICY owner_records ON audit_heads;
        """,
    )
    another = {"DATABASE_OWNER_URL": fresh_database.url("another_owner")}
    appoint = ("operators", "create", "--name", "Olga", "--scope", "read")
    assert command(*appoint, **another).exit_code != 0

    assert command("database", "upgrade", **another).exit_code == 0

    assert command(*appoint, **another).exit_code == 0
    assert command("audit", "verify").exit_code == 0
    assert (
        await fresh_sql.fetch(
            "SELECT polroles::regrole[]::text[] AS roles FROM pg_policy WHERE polname = 'owner_records'"
        )
        == [(["another_owner"],)] * 2
    )
