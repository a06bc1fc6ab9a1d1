"""The second lock, as PostgreSQL's catalogue has it: no table without it, no right that is not written down here."""

from typing import Final

import asyncpg
import pytest

from tests.isolation.catalogue import POLICY, faults, rights
from tests.postgres import Database

QUOTAS: Final = "byte_quota, idea_quota"
VAULT_QUOTAS: Final = "vault_byte_quota, vault_idea_quota"
TENANT: Final = f"byte_quota, created_at, external_id, idea_quota, kind, realm, status, tenant_id, {VAULT_QUOTAS}"
EVERYBODYS: Final = {
    "alembic_version": {"SELECT"},
    "audit_events": {"SELECT", "INSERT"},
    "audit_heads": {"SELECT", "INSERT", "UPDATE (digest, sequence)"},
    "keys.audit_keys": {"SELECT", "INSERT"},
    "schema keys": {"USAGE"},
    "schema public": {"USAGE"},
}
RIGHTS: Final = {
    "PUBLIC": {
        "schema public": {"USAGE"},
        # Trigger functions, which nobody can call.
        "drop_segments()": {"EXECUTE"},
        "refuse_change()": {"EXECUTE"},
        "refuse_step_back()": {"EXECUTE"},
    },
    "creatorvault_runtime": {
        **EVERYBODYS,
        "idea_segments": {"SELECT", "INSERT", "DELETE"},
        "ideas": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "idempotency_answers": {"SELECT", "INSERT", "DELETE"},
        "keys.vault_keys": {"SELECT", "INSERT"},
        "tenants": {"SELECT", "INSERT"},
        "vaults": {
            "SELECT",
            "INSERT",
            "UPDATE (changed_at, idea_count, key_version, revision, sealed_bytes, segmented)",
        },
    },
    # Of ciphertext, wrapped keys and their names: not one column.
    "creatorvault_operator": {
        **EVERYBODYS,
        "idea_segments": {"SELECT (first_revision, last_revision, tenant_id, user_id)", "DELETE"},
        "ideas": {"SELECT (tenant_id, user_id)", "DELETE"},
        "idempotency_answers": {"SELECT (expires_at, tenant_id, user_id)", "DELETE"},
        "keys.vault_keys": {
            "SELECT (created_at, first_revision, root_key_id, tenant_id, user_id, version)",
            "DELETE",
        },
        "operators": {"SELECT"},
        "tenant_erasures": {"SELECT", "INSERT", "DELETE"},
        "tenants": {f"SELECT ({TENANT})", f"INSERT ({TENANT})", f"UPDATE ({QUOTAS}, status, {VAULT_QUOTAS})"},
        "vaults": {
            "SELECT (changed_at, created_at, idea_count, key_version, revision, sealed_bytes, tenant_id, user_id)",
            "UPDATE (changed_at, idea_count, sealed_bytes)",
        },
    },
}

TABLE: Final = "CREATE TABLE drafts (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id))"
ENABLE: Final = "ALTER TABLE drafts ENABLE ROW LEVEL SECURITY"
FORCE: Final = "ALTER TABLE drafts FORCE ROW LEVEL SECURITY"
OWN_TENANT: Final = f"CREATE POLICY own_tenant ON drafts USING ({POLICY})"
FUNCTION: Final = "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql {} AS 'SELECT count(*) FROM ideas'"

BROKEN: Final = {
    "drafts: row-level security is off": [TABLE, FORCE, OWN_TENANT],
    "drafts: its owner is not bound by row-level security": [TABLE, ENABLE, OWN_TENANT],
    "drafts: has no policy": [TABLE, ENABLE, FORCE],
    "drafts: the policy everybody is another": [
        TABLE, ENABLE, FORCE, OWN_TENANT, "CREATE POLICY everybody ON drafts USING (true)",
    ],
    "drafts: the policy writers is another": [
        TABLE, ENABLE, FORCE, OWN_TENANT, "CREATE POLICY writers ON drafts FOR INSERT WITH CHECK (true)",
    ],
    "drafts: tenant_id does not lead drafts_by_id": [
        TABLE, ENABLE, FORCE, OWN_TENANT, "CREATE UNIQUE INDEX drafts_by_id ON drafts (id, tenant_id)",
    ],
    "notes: has no tenant_id and is not known to need none": ["CREATE TABLE notes (id uuid PRIMARY KEY)"],
    "every_idea: a view that reads with its owner's rights": ["CREATE VIEW every_idea AS SELECT id FROM ideas"],
    "peek(): runs as its owner in the caller's search_path": [FUNCTION.format("SECURITY DEFINER")],
    "elsewhere: a schema of ours?": ["CREATE SCHEMA elsewhere"],
}  # fmt: skip


async def test_nothing_is_without_the_second_lock(database: asyncpg.Connection) -> None:
    assert await faults(database) == set()


async def test_rights_are_those_that_are_written_down(database: asyncpg.Connection) -> None:
    assert await rights(database) == RIGHTS


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_change_without_the_second_lock_is_noticed(database: asyncpg.Connection, fault: str) -> None:
    change = database.transaction()
    await change.start()
    try:
        for statement in BROKEN[fault]:
            await database.execute(statement)
        assert await faults(database) == {fault}
    finally:
        await change.rollback()


async def test_a_table_with_all_of_it_is_no_fault(database: asyncpg.Connection) -> None:
    change = database.transaction()
    await change.start()
    try:
        for statement in (
            TABLE,
            ENABLE,
            FORCE,
            OWN_TENANT,
            FUNCTION.format("SECURITY DEFINER SET search_path = public"),
        ):
            await database.execute(statement)
        assert await faults(database) == set()
        assert (await rights(database))["PUBLIC"] == {**RIGHTS["PUBLIC"], "peek()": {"EXECUTE"}}
    finally:
        await change.rollback()


@pytest.mark.parametrize(
    "grant",
    [
        "GRANT SELECT ON operators TO creatorvault_runtime",
        "GRANT SELECT (title) ON ideas TO creatorvault_operator",
        "GRANT SELECT ON ideas_part_0 TO creatorvault_runtime",
        "GRANT DELETE ON audit_events TO creatorvault_runtime",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "GRANT SELECT ON tenants TO creatorvault_app WITH GRANT OPTION",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO creatorvault_runtime",
    ],
)
async def test_a_right_too_many_is_noticed(database: asyncpg.Connection, grant: str) -> None:
    change = database.transaction()
    await change.start()
    try:
        await database.execute(grant)
        assert await rights(database) != RIGHTS
    finally:
        await change.rollback()


@pytest.mark.parametrize("role", ["runtime", "operator"])
async def test_partitions_are_reached_through_their_table_only(worker_database: Database, role: str) -> None:
    url = worker_database.runtime_url if role == "runtime" else worker_database.operator_url
    connection = await asyncpg.connect(url)
    try:
        for statement in (
            "SELECT id FROM ideas_part_0",
            "DELETE FROM ideas_part_0",
            "INSERT INTO ideas_part_0 DEFAULT VALUES",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("login", ["creatorvault_app", "creatorvault_operator_app"])
async def test_logins_of_the_service_are_nobody_special(database: asyncpg.Connection, login: str) -> None:
    row = await database.fetchrow(
        """
        SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication AS special,
               (SELECT array_agg(roleid::regrole::text) FROM pg_auth_members WHERE member = pg_roles.oid) AS roles,
               EXISTS (SELECT FROM pg_shdepend WHERE refobjid = pg_roles.oid AND deptype = 'o') AS owns
        FROM pg_roles WHERE rolname = $1
        """,
        login,
    )

    role = "creatorvault_runtime" if login == "creatorvault_app" else "creatorvault_operator"
    assert tuple(row) == (False, [role], False)
