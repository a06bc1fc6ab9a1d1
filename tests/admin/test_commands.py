"""`creatorvault operators` and `creatorvault database roles` on the command line."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex
from uuid import uuid4

import asyncpg
import pytest

from tests.admin.operators import AdminClient
from tests.application import House
from tests.audit.conftest import Command, command
from tests.postgres import Cluster, Database

__all__ = ("command",)


async def test_a_created_operator_has_its_scopes_until_revoked(
    fresh_house: House, fresh_sql: asyncpg.Connection, command: Command
) -> None:
    created = command("operators", "create", "--name", "Olga", "--scope", "read", "--scope", "read")
    said, key = created.output.splitlines()[-2:]
    row = await fresh_sql.fetchrow("SELECT * FROM operators")
    olga = AdminClient(fresh_house.client, row["id"], key.split("_")[1], key)
    assert said == f"operator {olga.id}, key id {olga.key_id}"

    assert (await olga.request("GET", "/status")).status_code == 200
    assert (await olga.request("GET", "/root-keys")).status_code == 403
    assert (row["name"], row["scopes"], row["expires_at"]) == ("Olga", ["read"], None)
    assert row["key_hash"] == f"sha256:{sha256(key.encode()).hexdigest()}"
    assert key not in str(tuple(row))

    assert f"{olga.key_id} is revoked." in command("operators", "revoke", olga.key_id).output
    assert command("operators", "revoke", olga.key_id).exit_code == 0, "twice is as good as once"
    assert (await olga.request("GET", "/status")).status_code == 401
    events = await fresh_sql.fetch("SELECT verb, actor, targets FROM audit_events ORDER BY sequence")
    assert [(row["verb"], row["actor"], json.loads(row["targets"])) for row in events] == [
        ("operator.created", "command", {"operator": str(olga.id), "scopes": "read"}),
        ("operator.revoked", "command", {"operator": str(olga.id)}),
    ]
    assert command("audit", "verify").exit_code == 0


async def test_an_operator_is_revoked_by_the_id_that_the_audit_log_names(
    fresh_sql: asyncpg.Connection, command: Command
) -> None:
    for name in ("Olga", "Oleg"):
        command("operators", "create", "--name", name, "--scope", "read")
    olga = await fresh_sql.fetchval("SELECT id FROM operators WHERE name = 'Olga'")

    result = command("operators", "revoke", str(olga))

    assert result.output.splitlines()[-1] == f"{olga} is revoked."
    revoked = await fresh_sql.fetch("SELECT name FROM operators WHERE revoked_at IS NOT NULL")
    assert [row["name"] for row in revoked] == ["Olga"]


async def test_the_list_shows_which_keys_are_valid(fresh_sql: asyncpg.Connection, command: Command) -> None:
    for name, more in (("Forever", []), ("Later", ["--expires", "30"]), ("Expired", ["--expires", "1"]), ("Gone", [])):
        command("operators", "create", "--name", name, "--scope", "manage", "--scope", "keys", *more)
    await fresh_sql.execute("UPDATE operators SET expires_at = now() - interval '1 day' WHERE name = 'Expired'")
    await fresh_sql.execute("UPDATE operators SET revoked_at = now() WHERE name = 'Gone'")
    for name, revoked_at in (("Older", None), ("Older and gone", datetime.now(UTC))):
        await fresh_sql.execute(
            "INSERT INTO operators VALUES ($1, $2, $3, $4, '{read}', NULL, $5, now())",
            uuid4(),
            name,
            token_hex(5),
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2g",
            revoked_at,
        )

    lines = {line.rsplit("  ", 1)[1]: line for line in command("operators", "list").output.splitlines()}

    assert "  valid  keys,manage" in lines["Forever"]
    assert "  valid until " in lines["Later"]
    assert "  expired " in lines["Expired"]
    assert "  revoked  " in lines["Gone"]
    assert "  older form, opens nothing  " in lines["Older"]
    assert "  revoked  " in lines["Older and gone"]
    for row in await fresh_sql.fetch("SELECT id, key_id, name FROM operators"):
        assert lines[row["name"]].startswith(f"{row['id']}  {row['key_id']}  ")


async def test_a_key_of_the_older_form_can_be_revoked(fresh_sql: asyncpg.Connection, command: Command) -> None:
    key_id = token_hex(5)
    await fresh_sql.execute(
        "INSERT INTO operators VALUES ($1, 'Older', $2, '$argon2id$v=19$x', '{read}', NULL, NULL, now())",
        uuid4(),
        key_id,
    )

    assert command("operators", "revoke", key_id).exit_code == 0
    assert await fresh_sql.fetchval("SELECT revoked_at IS NOT NULL FROM operators")


@pytest.mark.parametrize("stored", ["", "cvop_0123456789ab_secret", "sha256:", "sha256:" + "A" * 64, "x$argon2id$x"])
async def test_the_database_stores_hashes_of_keys_and_nothing_else(fresh_sql: asyncpg.Connection, stored: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await fresh_sql.execute(
            "INSERT INTO operators VALUES ($1, 'Olga', 'id', $2, '{read}', NULL, NULL, now())", uuid4(), stored
        )


def test_an_unknown_operator_cannot_be_revoked(command: Command) -> None:
    result = command("operators", "revoke", "nobody")

    assert result.exit_code == 1
    assert "there is no operator nobody" in result.output


def test_a_scope_that_does_not_exist_is_refused(command: Command) -> None:
    assert command("operators", "create", "--name", "Olga", "--scope", "everything").exit_code == 2


@pytest.fixture
def logins(cluster: Cluster, fresh_database: Database) -> dict[str, str]:
    """Two logins that do not exist yet, with names that need quoting."""
    return {
        "DATABASE_URL": fresh_database.url("its%20%22api%22"),
        "DATABASE_OPERATOR_URL": fresh_database.url("it's%20ops"),
    }


async def test_the_roles_of_a_managed_database_are_printed_and_applied(
    command: Command, logins: dict[str, str], fresh_sql: asyncpg.Connection
) -> None:
    printed = command("database", "roles", **logins)
    await fresh_sql.execute(printed.output)
    applied = command("database", "roles", "--apply", **logins)

    assert (printed.exit_code, applied.exit_code) == (0, 0)
    rows = await fresh_sql.fetch("""
        SELECT login, role, pg_has_role(login, role, 'USAGE') AS member, rolcanlogin AND NOT rolsuper AS harmless
        FROM (VALUES ('its "api"', 'creatorvault_runtime'), ('it''s ops', 'creatorvault_operator')) v (login, role)
        JOIN pg_roles ON rolname = login
    """)
    assert [(row["member"], row["harmless"]) for row in rows] == [(True, True)] * 2
    assert command("check", **logins).exit_code == 0


@pytest.mark.usefixtures("mended_python")
async def test_an_owner_without_createrole_migrates_after_logins_are_prepared(
    command: Command, cluster: Cluster
) -> None:
    name = f"managed_{uuid4().hex}"
    cluster.run(f'CREATE DATABASE "{name}"')
    managed = cluster.database(name)
    try:
        environ = {
            "DATABASE_OWNER_URL": managed.url("its%20owner"),
            "DATABASE_URL": managed.url("its%20%22api%22"),
            "DATABASE_OPERATOR_URL": managed.url("it's%20ops"),
        }
        cluster.run(command("database", "roles", **environ).output, name)

        upgraded = command("database", "upgrade", **environ)

        assert upgraded.exit_code == 0, upgraded.output
        assert command("check", **environ).output == "0 errors, 0 warnings.\n"
    finally:
        cluster.drop(managed)


def test_an_owner_that_serves_gets_only_the_runtime_role(command: Command, fresh_database: Database) -> None:
    owner = fresh_database.owner_url
    printed = command("database", "roles", DATABASE_URL=owner, DATABASE_OPERATOR_URL=owner)

    assert 'CREATE ROLE "creatorvault_runtime"' in printed.output
    assert 'GRANT creatorvault_runtime TO "creatorvault_owner"' in printed.output
    assert "GRANT creatorvault_operator" not in printed.output


def test_an_owner_without_name_in_its_address_is_prepared(command: Command) -> None:
    printed = command("database", "roles", DATABASE_OWNER_URL="postgresql:///ideas")

    assert (printed.exit_code, "ON SCHEMA public" in printed.output) == (0, False)
    assert 'GRANT creatorvault_runtime TO "creatorvault_app"' in printed.output


@pytest.mark.own_statements  # of a login that is not that of operators
def test_check_finds_a_dangerous_operators_login(command: Command, fresh_database: Database) -> None:
    def found(operator: str, *options: str, **more: str) -> str:
        return command("check", *options, DATABASE_OPERATOR_URL=fresh_database.url(operator), **more).output

    assert "error core.E008" in found("postgres")
    assert "error core.E008" in found("creatorvault_owner")
    assert "error core.E009" in found("creatorvault_app")


async def test_check_finds_an_operators_login_without_its_role(
    command: Command, fresh_database: Database, fresh_sql: asyncpg.Connection
) -> None:
    await fresh_sql.execute("DO $$ BEGIN CREATE ROLE nobody_yet LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")

    result = command("check", DATABASE_OPERATOR_URL=fresh_database.url("nobody_yet"))

    assert "error core.E010" in result.output


def test_a_deployment_does_not_serve_as_the_owner(command: Command, fresh_database: Database) -> None:
    assert "error core.E007" in command("check", "--deploy", DATABASE_URL=fresh_database.owner_url).output
    assert "warning core.W007" in command("check", DATABASE_URL=fresh_database.owner_url).output
