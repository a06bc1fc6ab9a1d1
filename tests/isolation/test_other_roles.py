"""Other logins that set a tenant's context: row-level security gives access only to the runtime role."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from creatorvault.ideas.segments.sealing import FEWEST
from tests.admin.operators import tenant_of
from tests.application import House
from tests.factories import Creator
from tests.isolation.catalogue import tenant_tables
from tests.postgres import Cluster, Database
from tests.vault_rows import HISTORY, IMPORTED, QUEUED, REQUESTED, TOTAL

pytestmark = pytest.mark.no_cover

GRANTED: Final = (
    "GRANT USAGE ON SCHEMA public, keys, jobs TO {login};"
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, keys, jobs TO {login};"
)
STRANGERS: Final = {
    "a login with rights on every table": GRANTED,
    "a login that reads and writes all data": "GRANT pg_read_all_data, pg_write_all_data TO {login}",
    "a login that is in the runtime role and does not inherit it": (
        GRANTED + "GRANT creatorvault_runtime TO {login} WITH INHERIT FALSE"
    ),
}
"""Logins created by mistake, with the statements that created them."""

GENERATED: Final = {"changed_hour", "vault_hash"}
NOTHING: Final = "0 rows"
DENIED: Final = "denied"

type Outcome = str
"""The outcome of a statement: NOTHING, DENIED, the number of rows, or the name of another error."""


@dataclass(frozen=True)
class Victim:
    """A tenant with rows in every table."""

    tenant_id: UUID
    creator: Creator


# A separate database, since whole tables are compared, and other tests write to the audit chain of the service.
@pytest.fixture
def worker_database(fresh_database: Database) -> Database:
    return fresh_database


@pytest.fixture
def house(fresh_house: House) -> House:
    return fresh_house


@pytest.fixture
def database(fresh_sql: asyncpg.Connection) -> asyncpg.Connection:
    return fresh_sql


@pytest.fixture
async def victim(house: House, database: asyncpg.Connection) -> Victim:
    ada = house.creator()
    for number in range(FEWEST):
        await ada.idea(f"Idea {number}", notes="private", tags=["private"])
    assert (await ada.post({"title": "Kept for a retry"}, headers={"Idempotency-Key": "once"})).status_code == 201
    await ada.titles({"search": "idea"})
    await house.parts.segment_writer.finish()
    await house.parts.checkpoint_writer.finish()
    tenant = tenant_of(ada)
    # A requested erasure of an active tenant, so that each table has a row of a tenant.
    await database.execute(
        "INSERT INTO tenant_erasures VALUES ($1, sha256('confirmation'), now(), now() + interval '1 day')", tenant
    )
    await database.execute(
        "INSERT INTO imported_ideas VALUES ($1, $2, gen_random_uuid(), gen_random_uuid(), 1)", tenant, ada.user_id
    )
    await database.execute(TOTAL, tenant)
    await database.execute(HISTORY, tenant, ada.user_id)
    await database.execute(REQUESTED, tenant, ada.user_id)
    await database.execute(QUEUED, tenant, ada.user_id)
    await database.execute(IMPORTED, tenant, ada.user_id)
    return Victim(tenant, ada)


@pytest.fixture
async def login(request: pytest.FixtureRequest, cluster: Cluster, worker_database: Database) -> AsyncGenerator[str]:
    """The login of the owner, or a new one of the kind given by the parameter."""
    if request.param == "the owner":
        yield "creatorvault_owner"
        return
    name = f"login_{uuid4().hex}"
    cluster.run(f"CREATE ROLE {name} LOGIN; " + STRANGERS[request.param].format(login=name), worker_database.name)
    yield name
    cluster.run(f"DROP OWNED BY {name}; DROP ROLE {name}", worker_database.name)


@asynccontextmanager
async def entered(url: str, tenant: UUID | None) -> AsyncGenerator[asyncpg.Connection]:
    """A transaction with or without the context of a tenant, which is rolled back."""
    async with AsyncExitStack() as stack:
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        transaction = connection.transaction()
        await transaction.start()
        stack.push_async_callback(transaction.rollback)
        if tenant is not None:
            await connection.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant))
        yield connection


async def outcome(connection: asyncpg.Connection, statement: str, *arguments: object) -> Outcome:
    """Rolls back, so that the next statement finds the rows too."""
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        status = await connection.execute(statement, *arguments)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.GeneratedAlwaysError):
        return DENIED
    except asyncpg.PostgresError as error:
        return type(error).__name__
    finally:
        await savepoint.rollback()
    return f"{status.rpartition(' ')[2]} rows"


async def outcomes(sql: asyncpg.Connection, url: str, tenant: UUID, *, context: bool) -> dict[str, Outcome]:
    """Returns the outcome of each kind of statement, on each table and column, for the tenant's rows."""
    found: dict[str, Outcome] = {}
    async with entered(url, tenant if context else None) as connection:
        for table in await tenant_tables(sql):
            row: dict[str, Any] = json.loads(
                await sql.fetchval(f"SELECT to_jsonb(t) FROM {table} t WHERE tenant_id = $1 LIMIT 1", tenant)
            )
            for column in row:
                for statement in (
                    f"SELECT {column} FROM {table} WHERE tenant_id = $1",
                    f"UPDATE {table} SET {column} = {column} WHERE tenant_id = $1",
                    f"DELETE FROM {table} WHERE tenant_id = $1 RETURNING {column}",
                ):
                    found[statement] = await outcome(connection, statement, tenant)
            for statement in (
                f"SELECT FROM {table}",
                f"SELECT FROM {table} FOR UPDATE",
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
                f"COPY {table} TO STDOUT",
            ):
                found[statement] = await outcome(connection, statement)
            found[f"DELETE FROM {table} WHERE tenant_id = …"] = await outcome(
                connection, f"DELETE FROM {table} WHERE tenant_id = $1", tenant
            )
            # An existing row: a login that may insert it gets a unique violation.
            columns = ", ".join(column for column in row if column not in GENERATED)
            insert = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, $1)"
            found[insert] = await outcome(connection, insert, json.dumps(row))
    return found


async def contents(sql: asyncpg.Connection, tenant: UUID) -> dict[str, list[str]]:
    return {
        table: [
            row["row"]
            for row in await sql.fetch(
                f"SELECT to_jsonb(t)::text AS row FROM {table} t WHERE tenant_id = $1 ORDER BY 1", tenant
            )
        ]
        for table in await tenant_tables(sql)
    }


@pytest.mark.parametrize("login", ["the owner", *STRANGERS], indirect=True)
async def test_no_other_login_reaches_rows_by_setting_a_context(
    victim: Victim, database: asyncpg.Connection, worker_database: Database, login: str
) -> None:
    before = await contents(database, victim.tenant_id)
    assert all(before.values()), "each table has something to lose"

    found = await outcomes(database, worker_database.url(login), victim.tenant_id, context=True)

    own = {f"TRUNCATE {table}" for table in before} if login == "creatorvault_owner" else set()
    reached = {what: came for what, came in found.items() if came not in {NOTHING, DENIED} and what not in own}
    assert reached == {}
    assert await contents(database, victim.tenant_id) == before


async def test_a_context_gives_the_operators_login_no_access(
    victim: Victim, database: asyncpg.Connection, worker_database: Database
) -> None:
    before = await contents(database, victim.tenant_id)
    url = worker_database.operator_url

    without, within = [await outcomes(database, url, victim.tenant_id, context=context) for context in (False, True)]

    assert within == without
    changing = {what: came for what, came in within.items() if what.startswith(("DELETE", "UPDATE", "INSERT"))}
    done = {what for what, came in changing.items() if came not in {NOTHING, DENIED}}
    # Operators may change status, quotas, retention and root key, erasures, totals, and add other tenants.
    # Their login runs the queue of jobs.
    assert {what.partition(" =")[0] for what in done if " tenants " in what and what.startswith("UPDATE")} == {
        f"UPDATE tenants SET {column}"
        for column in (
            *("status", "idea_quota", "byte_quota", "vault_idea_quota", "vault_byte_quota", "root_key_id"),
            *("retention_days", "owner_export"),
        )
    }
    allowed = (" tenants ", " tenant_erasures", " tenant_totals", " totalled_vaults", " jobs.queue")
    assert all(any(table in what for table in allowed) for what in done)
    assert await contents(database, victim.tenant_id) == before


async def test_the_runtime_login_reaches_rows(
    victim: Victim, database: asyncpg.Connection, worker_database: Database
) -> None:
    """Shows that the tests above would detect access by another login."""
    found = await outcomes(database, worker_database.runtime_url, victim.tenant_id, context=True)

    assert found["SELECT title FROM ideas WHERE tenant_id = $1"] == f"{FEWEST + 1} rows"
    assert found["DELETE FROM ideas WHERE tenant_id = $1 RETURNING title"] == f"{FEWEST + 1} rows"
    assert found["SELECT wrapped FROM keys.vault_keys WHERE tenant_id = $1"] == "1 rows"


DESTRUCTIBLE: Final = [
    *("ideas", "idea_versions", "trashed_ideas", "history_prunings", "idea_segments", "vault_checkpoints"),
    *("idempotency_answers", "idea_tombstones", "keys.vault_keys"),
]


@pytest.mark.parametrize("table", DESTRUCTIBLE)
async def test_an_operator_with_a_tenants_context_cannot_delete(
    victim: Victim, worker_database: Database, table: str
) -> None:
    kept = (await victim.creator.list({"limit": 100})).json()
    async with entered(worker_database.operator_url, victim.tenant_id) as connection:
        assert await outcome(connection, f"DELETE FROM {table} WHERE tenant_id = $1", victim.tenant_id) == DENIED
        assert await outcome(connection, f"DELETE FROM {table}") == DENIED

    assert (await victim.creator.list({"limit": 100})).json() == kept


@pytest.mark.parametrize("table", DESTRUCTIBLE)
async def test_a_tenant_being_erased_does_not_cover_for_another(
    victim: Victim, house: House, database: asyncpg.Connection, worker_database: Database, table: str
) -> None:
    """One statement deletes rows of both; the context is that of the erased one before, during and after."""
    erased = house.creator()
    await erased.idea()
    await database.execute("UPDATE tenants SET status = 'erasing' WHERE tenant_id = $1", tenant_of(erased))
    both = [victim.tenant_id, tenant_of(erased)]

    async with entered(worker_database.operator_url, tenant_of(erased)) as connection:
        assert await outcome(connection, f"DELETE FROM {table} WHERE tenant_id = ANY ($1)", both) == DENIED
        await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1", tenant_of(erased))


async def test_an_operator_with_a_context_cannot_restore_an_erased_tenant(
    ada: Creator, database: asyncpg.Connection, worker_database: Database
) -> None:
    await ada.idea()
    await database.execute("UPDATE tenants SET status = 'erased' WHERE tenant_id = $1", tenant_of(ada))

    async with entered(worker_database.operator_url, tenant_of(ada)) as connection:
        for change in ("status = 'active'", "status = 'erasing'", "idea_quota = 0"):
            done = await connection.execute(f"UPDATE tenants SET {change} WHERE tenant_id = $1", tenant_of(ada))
            assert done == "UPDATE 0", change


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(
            (table, column)
            for table in ("ideas", "idea_versions", "trashed_ideas")
            for column in ("title", "notes", "tags")
        ),
        ("trashed_ideas", "deletion"),
        ("history_prunings", "sealed"),
        ("idea_segments", "sealed"),
        ("vault_checkpoints", "sealed"),
        ("idempotency_answers", "answer"),
        ("idempotency_answers", "name"),
        ("keys.vault_keys", "wrapped"),
    ],
)
async def test_an_operator_with_a_tenants_context_reads_no_ciphertext(
    victim: Victim, worker_database: Database, table: str, column: str
) -> None:
    async with entered(worker_database.operator_url, victim.tenant_id) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT {column} FROM {table}")


@pytest.mark.parametrize("change", ["digest = 0, idea_count = 0, sealed_bytes = 0", "idea_count = 0", "digest = 0"])
async def test_an_operator_with_a_tenants_context_cannot_empty_a_vault(
    victim: Victim, worker_database: Database, change: str
) -> None:
    async with entered(worker_database.operator_url, victim.tenant_id) as connection:
        assert await outcome(connection, f"UPDATE vaults SET {change} WHERE tenant_id = $1", victim.tenant_id) == DENIED


async def test_an_operator_cannot_touch_an_empty_vault(
    house: House, database: asyncpg.Connection, worker_database: Database
) -> None:
    ada = house.creator()
    await ada.delete(await ada.idea())
    await database.execute("DELETE FROM trashed_ideas WHERE user_id = $1", ada.user_id)
    await database.execute("UPDATE vaults SET trash_count = 0, sealed_bytes = 0 WHERE user_id = $1", ada.user_id)
    touch = "UPDATE vaults SET changed_at = now() WHERE tenant_id = $1"

    async with entered(worker_database.operator_url, tenant_of(ada)) as connection:
        assert await outcome(connection, touch, tenant_of(ada)) == DENIED
    await database.execute("UPDATE tenants SET status = 'erasing' WHERE tenant_id = $1", tenant_of(ada))
    async with entered(worker_database.operator_url, None) as connection:
        assert await outcome(connection, touch, tenant_of(ada)) == "1 rows"
