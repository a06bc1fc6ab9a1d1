"""Ideas of other creators and tenants cannot be accessed through the API, or with SQL as the application."""

from collections.abc import AsyncGenerator, Mapping
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator, Idea
from tests.postgres import Database

pytestmark = pytest.mark.no_cover

ACME = {"org_id": "acme", "org_role": "member"}
OTHER = {"org_id": "other", "org_role": "member"}
TABLES = ["ideas", "vaults", "tenants", "keys.vault_keys"]


@pytest.fixture
async def runtime(worker_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """SQL as the application's login."""
    connection = await asyncpg.connect(worker_database.runtime_url)
    yield connection
    await connection.close()


async def tenant_of(sql: asyncpg.Connection, idea: Idea) -> UUID:
    tenant: UUID = await sql.fetchval("SELECT tenant_id FROM ideas WHERE id = $1", idea["id"])
    return tenant


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        pytest.param({}, ACME, id="personal and organization"),
        pytest.param(ACME, OTHER, id="two organizations"),
        pytest.param(ACME, {}, id="organization and personal"),
    ],
)
async def test_one_user_in_two_tenants_has_two_vaults(
    house: House, mine: dict[str, str], theirs: dict[str, str]
) -> None:
    user_id = house.creator().user_id
    here, there = house.creator(user_id, mine), house.creator(user_id, theirs)
    idea = await there.idea("there", notes="secret", tags=["t"])
    await here.idea("here")

    assert await here.titles() == ["here"]
    assert await here.titles({"search": "secret"}) == []
    assert await here.titles({"tags": "t"}) == []
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert (await here.request(method, here.url_of(idea), json={"title": "x"})).status_code == 404
    assert (await there.get(idea)).json() == idea


async def test_two_users_of_one_organization_have_two_vaults(house: House) -> None:
    ada, bob = house.creator(claims=ACME), house.creator(claims=ACME)
    idea = await bob.idea("bob's", notes="secret")

    assert await ada.titles() == []
    assert await ada.titles({"search": "secret"}) == []
    assert (await ada.get(idea)).status_code == 404
    assert (await ada.request("GET", bob.url_of(idea))).status_code == 403
    assert (await ada.request("GET", bob.url)).status_code == 403


@pytest.mark.parametrize("claims", [{"org_id": "acme"}, {"org_id": "acme", "org_role": ""}, {"org_role": "member"}])
async def test_an_organization_is_used_only_with_a_role(house: House, claims: dict[str, str]) -> None:
    ada = house.creator(claims=claims)
    await ada.idea("personal")

    assert await house.creator(ada.user_id).titles() == ["personal"]


async def test_an_id_may_exist_in_several_vaults(ada: Creator, house: House) -> None:
    """The server chooses ids; an id in a request is ignored, so nobody can probe for existing ones."""
    theirs = await house.creator().idea()
    answer = await ada.post({"title": "x", "id": theirs["id"]})

    assert answer.status_code == 201
    assert answer.json()["id"] != theirs["id"]


@pytest.mark.parametrize("table", TABLES)
async def test_without_a_context_the_runtime_login_sees_no_row(
    ada: Creator, runtime: asyncpg.Connection, table: str
) -> None:
    await ada.idea()

    assert await runtime.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("table", TABLES)
async def test_with_a_foreign_context_the_runtime_login_sees_only_that_tenant(
    house: House, database: asyncpg.Connection, runtime: asyncpg.Connection, table: str
) -> None:
    mine, theirs = await house.creator().idea(), await house.creator().idea()
    tenant = await tenant_of(database, mine)

    async with runtime.transaction():
        await runtime.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant))
        seen = {row["tenant_id"] for row in await runtime.fetch(f"SELECT tenant_id FROM {table}")}

    assert seen == {tenant}
    assert tenant != await tenant_of(database, theirs)


async def test_a_context_ends_with_its_transaction(
    ada: Creator, database: asyncpg.Connection, runtime: asyncpg.Connection
) -> None:
    tenant = await tenant_of(database, await ada.idea())
    async with runtime.transaction():
        await runtime.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant))
        assert await runtime.fetchval("SELECT count(*) FROM ideas") == 1

    assert await runtime.fetchval("SELECT count(*) FROM ideas") == 0


@pytest.mark.parametrize("context", [None, "", "mine"])
async def test_the_runtime_login_cannot_change_another_tenant(
    house: House, database: asyncpg.Connection, runtime: asyncpg.Connection, context: str | None
) -> None:
    eve = house.creator()
    mine, theirs = await house.creator().idea(), await eve.idea()
    value = str(await tenant_of(database, mine)) if context == "mine" else context

    async with runtime.transaction():
        if value is not None:
            await runtime.execute("SELECT set_config('app.tenant_id', $1, true)", value)
        assert await runtime.execute("UPDATE ideas SET stage = 3 WHERE id = $1", theirs["id"]) == "UPDATE 0"
        assert await runtime.execute("DELETE FROM ideas WHERE id = $1", theirs["id"]) == "DELETE 0"

    assert (await eve.get(theirs)).json() == theirs


@pytest.mark.parametrize("context", [None, "mine"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO tenants (tenant_id, kind, created_at) VALUES ($1, 'personal', now())",
        "INSERT INTO vaults (tenant_id, user_id, revision, idea_count, key_version, created_at) "
        "VALUES ($1, 'mallory', 0, 0, 0, now())",
        "INSERT INTO keys.vault_keys (tenant_id, user_id, version, root_key_id, wrapped, first_revision, created_at) "
        "VALUES ($1, 'mallory', 1, 'tests', '', 1, now())",
    ],
)  # fmt: skip
async def test_the_runtime_login_cannot_add_to_another_tenant(
    house: House, database: asyncpg.Connection, runtime: asyncpg.Connection, context: str | None, statement: str
) -> None:
    tenant = await tenant_of(database, await house.creator().idea())
    theirs = await tenant_of(database, await house.creator().idea())
    target = uuid4() if " tenants " in statement else theirs

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with runtime.transaction():
            if context:
                await runtime.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant))
            await runtime.execute(statement, target)


NEW_TENANT = {"kind": "personal", "realm": "better-auth", "external_id": "mallory", "status": "active"}
NEW_VAULT = {"user_id": "mallory", "revision": 0, "idea_count": 0, "sealed_bytes": 0, "key_version": 0, "digest": 0}


@pytest.mark.parametrize(
    ("table", "values"),
    [
        *(("tenants", NEW_TENANT | {"status": status}) for status in ("suspended", "erasing", "erased")),
        *(
            ("tenants", NEW_TENANT | {quota: amount})
            for quota in ("idea_quota", "byte_quota", "vault_idea_quota", "vault_byte_quota")
            for amount in (0, 2**62)
        ),
        *(
            ("vaults", NEW_VAULT | {count: number})
            for count in ("revision", "idea_count", "sealed_bytes", "key_version", "digest")
            for number in (1, 1000)
        ),
        ("vaults", NEW_VAULT | {"segmented": True}),
    ],
)
async def test_new_tenants_and_vaults_are_active_and_empty(
    house: House, database: asyncpg.Connection, runtime: asyncpg.Connection, table: str, values: dict[str, object]
) -> None:
    """Only operators set status and quotas; the counts of a vault begin at zero."""
    tenant = uuid4() if table == "tenants" else await tenant_of(database, await house.creator().idea())
    sound = NEW_TENANT if table == "tenants" else NEW_VAULT

    async def add(row: Mapping[str, object]) -> None:
        more = {"changed_at": "now()"} if table == "vaults" else {}
        columns = ", ".join(["tenant_id", *row, "created_at", *more])
        places = ", ".join(["$1", *(f"${place}" for place in range(2, len(row) + 2)), "now()", *more.values()])
        await runtime.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", tenant, *row.values())

    await runtime.execute("SELECT set_config('app.tenant_id', $1, false)", str(tenant))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match='row-level security policy "begins_'):
        await add(values)
    await add(sound)


async def test_a_row_cannot_be_moved_to_another_tenant(
    house: House, database: asyncpg.Connection, runtime: asyncpg.Connection
) -> None:
    mine, theirs = await house.creator().idea(), await house.creator().idea()
    foreign = await tenant_of(database, theirs)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with runtime.transaction():
            await runtime.execute("SELECT set_config('app.tenant_id', $1, true)", str(await tenant_of(database, mine)))
            await runtime.execute("UPDATE ideas SET tenant_id = $1 WHERE id = $2", foreign, mine["id"])


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE ideas DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (x int)",
        "DROP TABLE ideas",
        "TRUNCATE ideas",
        "TRUNCATE keys.vault_keys",
        "UPDATE keys.vault_keys SET first_revision = 1",
        "DELETE FROM vaults",
        "DELETE FROM tenants",
        "UPDATE vaults SET user_id = 'x'",
        "SET ROLE creatorvault_owner",
    ],
)
async def test_the_runtime_login_lacks_other_privileges(runtime: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await runtime.execute(statement)


async def test_every_table_with_a_tenant_forces_row_level_security(database: asyncpg.Connection) -> None:
    rows = await database.fetch("""
        SELECT table_.oid::regclass::text AS name, relrowsecurity, relforcerowsecurity, count(policy.oid) AS policies,
               has_table_privilege('creatorvault_app', table_.oid, 'SELECT, INSERT, UPDATE, DELETE') AS reachable
        FROM pg_class AS table_
        JOIN pg_attribute ON attrelid = table_.oid AND attname = 'tenant_id'
        LEFT JOIN pg_policy AS policy ON polrelid = table_.oid
        WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text NOT LIKE 'pg_%'
        GROUP BY table_.oid, relrowsecurity, relforcerowsecurity
    """)

    assert {row["name"] for row in rows} >= set(TABLES)
    for row in rows:  # partitions are accessible only through their table
        locked = row["relrowsecurity"] and row["relforcerowsecurity"] and row["policies"]
        assert locked or not row["reachable"], row


async def test_tenant_id_comes_first_in_every_key(database: asyncpg.Connection) -> None:
    rows = await database.fetch("""
        SELECT conname, conrelid::regclass::text AS name, attname AS first
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype IN ('p', 'u', 'f') AND connamespace::regnamespace::text IN ('public', 'keys')
          AND conrelid IN (SELECT attrelid FROM pg_attribute WHERE attname = 'tenant_id')
    """)

    assert {row["name"] for row in rows} >= set(TABLES)
    assert {row["conname"]: row["first"] for row in rows if row["first"] != "tenant_id"} == {}


async def test_the_runtime_login_has_no_special_attributes(database: asyncpg.Connection) -> None:
    row = await database.fetchrow("""
        SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
               EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid) AS owns
        FROM pg_roles WHERE rolname = 'creatorvault_app'
    """)

    assert tuple(row) == (False, False, False, False, False)
