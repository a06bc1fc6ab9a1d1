"""Privileges of the operators' login in SQL, independent of the code."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.ideas.segments.sealing import FEWEST
from tests.admin.operators import tenant_of
from tests.application import House
from tests.factories import Creator
from tests.ideas.test_segments import filled, searched
from tests.postgres import Database
from tests.vault_rows import HISTORY

GRANTS = {
    "public.alembic_version": {"SELECT"},
    "public.audit_events": {"SELECT", "INSERT"},
    "public.audit_heads": {"SELECT", "INSERT", "UPDATE(sequence,digest)"},
    "public.history_prunings": {"DELETE", "SELECT(tenant_id,user_id,pruned_until)"},
    "public.idea_tombstones": {"DELETE", "SELECT(tenant_id,user_id,deleted_at)"},
    "public.idea_versions": {"DELETE", "SELECT(tenant_id,user_id,replaced_at)"},
    "public.trashed_ideas": {"DELETE", "SELECT(tenant_id,user_id,deleted_at)"},
    "public.idempotency_answers": {"DELETE", "SELECT(tenant_id,user_id,expires_at)"},
    "public.idea_segments": {"DELETE", "SELECT(tenant_id,user_id,first_revision,last_revision)"},
    "public.erased_vaults": {"INSERT"},
    "public.ideas": {"DELETE", "SELECT(tenant_id,user_id)"},
    "public.import_chunks": {"DELETE", "SELECT(tenant_id,user_id,import_id)"},
    "public.imports": {"DELETE", "SELECT(tenant_id,user_id,id,state,touched_at)"},
    "public.migration_history": {"SELECT"},
    "public.operators": {"SELECT", "INSERT", "UPDATE(revoked_at)"},
    "public.tenant_erasures": {"SELECT", "INSERT", "DELETE"},
    "public.tenant_totals": {"SELECT", "INSERT", "UPDATE"},
    "public.totalled_vaults": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "public.totals_position": {"SELECT", "UPDATE"},
    "public.console_sessions": {"SELECT", "INSERT", "DELETE"},
    "public.console_refusals": {"SELECT", "INSERT", "UPDATE(since,failures)", "DELETE"},
    "public.request_figures": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "public.alert_figures": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "public.vault_figures": {"SELECT", "INSERT", "DELETE"},
    "public.queue_figures": {"SELECT", "INSERT", "DELETE"},
    "public.tenants": {
        "SELECT(tenant_id,kind,realm,external_id,status,idea_quota,byte_quota,vault_idea_quota,vault_byte_quota,created_at,"
        "root_key_id,retention_days,owner_export)",
        "INSERT(tenant_id,kind,realm,external_id,status,idea_quota,byte_quota,vault_idea_quota,vault_byte_quota,created_at,"
        "root_key_id,retention_days,owner_export)",
        "UPDATE(status,idea_quota,byte_quota,vault_idea_quota,vault_byte_quota,root_key_id,retention_days,"
        "owner_export)",
    },
    "public.vault_checkpoints": {"DELETE", "SELECT(tenant_id,user_id,revision,ideas,digest,written_at)"},
    "public.imported_ideas": {"DELETE", "SELECT(tenant_id,user_id,source)"},
    "public.vaults": {
        "SELECT(tenant_id,user_id,revision,idea_count,sealed_bytes,key_version,created_at,changed_at,changed_hour,status,"
        "trash_count,retention_days)",
        "UPDATE(idea_count,sealed_bytes,changed_at,digest,trash_count)",
    },
    "jobs.queue": {
        "SELECT",
        "INSERT(id,priority,execute_after,status,entrypoint,dedupe_key,payload,headers)",
        "UPDATE(queue_manager_id,updated,heartbeat,execute_after,status,attempts)",
        "DELETE",
    },
    "jobs.queue_id_seq": {"USAGE"},
    "jobs.queue_log": {"SELECT", "INSERT(job_id,status,priority,entrypoint,traceback)", "DELETE"},
    "jobs.schedules": {
        "SELECT",
        "INSERT(expression,entrypoint,next_run)",
        "UPDATE(heartbeat,updated,next_run,last_run,status)",
    },
    "keys.audit_keys": {"SELECT", "UPDATE(root_key_id,wrapped)"},
    "keys.rotations": {
        "SELECT",
        "INSERT",
        "UPDATE(finished_at,requested_by,changed_at,vaults_done,vaults_total,rows_done,rows_total,findings,problems)",
    },
    "public.audit_verifications": {
        "SELECT",
        "INSERT",
        "UPDATE(changed_at,finished_at,events_done,events_total,chains,findings,problems)",
    },
    "keys.receipt_keys": {
        "SELECT(kid,root_key_id,wrapped,created_at,retired_at)",
        "UPDATE(root_key_id,wrapped)",
    },
    "keys.vault_keys": {"DELETE", "SELECT(tenant_id,user_id,version,root_key_id,first_revision,created_at)"},
}
# Segments come first: deleting an idea deletes its segment.
EMPTIED = "UPDATE vaults SET digest = 0, idea_count = 0, sealed_bytes = 0, trash_count = 0 WHERE tenant_id = $1"
DESTRUCTIBLE = (
    *("vault_checkpoints", "history_prunings", "idea_segments", "ideas", "idea_versions", "trashed_ideas"),
    *("idempotency_answers", "idea_tombstones", "keys.vault_keys"),
)


@pytest.fixture
async def operator(worker_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """SQL as the login of the admin API."""
    connection = await asyncpg.connect(worker_database.operator_url)
    yield connection
    await connection.close()


async def test_the_role_has_only_the_listed_privileges(database: asyncpg.Connection) -> None:
    whole = await database.fetch(
        """
        SELECT nspname || '.' || relname AS relation, privilege_type AS right
        FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace, aclexplode(relacl)
        WHERE grantee = 'creatorvault_operator'::regrole
    """.replace("SELECT oid::regclass::text AS name,", "SELECT")
    )
    columns = await database.fetch("""
        SELECT nspname || '.' || relname AS relation, privilege_type AS right,
               string_agg(attname, ',' ORDER BY attnum) AS columns
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace,
             aclexplode(attacl)
        WHERE grantee = 'creatorvault_operator'::regrole GROUP BY 1, 2
    """)
    found: dict[str, set[str]] = {}
    for row in whole:
        found.setdefault(row["relation"], set()).add(row["right"])
    for row in columns:
        found.setdefault(row["relation"], set()).add(f"{row['right']}({row['columns']})")

    assert found == GRANTS


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT title FROM ideas",
        "INSERT INTO jobs.queue (priority, entrypoint, status, headers) VALUES (0, 'a.b', 'queued', '{}')",
        "UPDATE jobs.queue SET tenant_id = tenant_id",
        "UPDATE jobs.queue SET headers = headers",
        "SELECT notes FROM ideas",
        "SELECT tags FROM ideas",
        "SELECT * FROM ideas",
        "SELECT octet_length(title) FROM ideas",
        "SELECT id FROM ideas",
        "SELECT stage FROM ideas",
        "SELECT due_date FROM ideas",
        "SELECT * FROM ideas_part_0",
        "SELECT wrapped FROM keys.vault_keys",
        "SELECT answer FROM idempotency_answers",
        "SELECT name FROM idempotency_answers",
        "SELECT sealed FROM imports",
        "SELECT format FROM imports",
        "SELECT sealed FROM import_chunks",
        "DELETE FROM ideas RETURNING title",
        "UPDATE ideas SET stage = 0",
        "INSERT INTO keys.vault_keys SELECT * FROM keys.vault_keys",
        "UPDATE vaults SET key_version = 0",
        "UPDATE vaults SET revision = 0",
        "DELETE FROM vaults",
        "DELETE FROM tenants",
        "UPDATE tenants SET external_id = 'mine'",
        "UPDATE operators SET scopes = '{read,manage,keys}'",
        "UPDATE operators SET key_hash = key_hash",
        "UPDATE operators SET appointed_by = NULL",
        "DELETE FROM operators",
        "COPY ideas TO STDOUT",
        "CREATE TABLE mine (x int)",
        "SET ROLE creatorvault_owner",
        "SET ROLE creatorvault_runtime",
    ],
)
async def test_the_role_cannot_access_ciphertext_keys_or_operators(
    operator: asyncpg.Connection, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await operator.execute(statement)


async def test_the_operators_login_deletes_data_only_of_a_tenant_being_erased(
    house: House, ada: Creator, operator: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    idea, *_ = await filled(ada, FEWEST)
    assert (await ada.post({"title": "Kept for a retry"}, headers={"Idempotency-Key": "once"})).status_code == 201
    await searched(house, ada)  # writes a segment and a checkpoint
    await house.parts.checkpoint_writer.finish()
    tenant = tenant_of(ada)
    await database.execute(HISTORY, tenant, ada.user_id)

    async def be(status: str) -> None:
        await database.execute("UPDATE tenants SET status = $2 WHERE tenant_id = $1", tenant, status)

    async def destroyed() -> dict[str, str]:
        return {
            table: await operator.execute(f"DELETE FROM {table} WHERE tenant_id = $1", tenant) for table in DESTRUCTIBLE
        }

    async def emptied() -> object:
        return await operator.execute(EMPTIED, tenant)

    for status in ("active", "suspended", "erased"):
        await be(status)
        for table in DESTRUCTIBLE:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="being erased"):
                await operator.execute(f"DELETE FROM {table} WHERE tenant_id = $1", tenant)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="being erased"):
            await emptied()
    await be("active")
    assert (await ada.get(idea)).json() == idea

    await be("erasing")
    assert await destroyed() == {
        "vault_checkpoints": "DELETE 1",
        "history_prunings": "DELETE 1",
        "idea_versions": "DELETE 1",
        "trashed_ideas": "DELETE 1",
        "idea_tombstones": "DELETE 1",
        "idea_segments": "DELETE 1",
        "ideas": f"DELETE {FEWEST + 1}",
        "idempotency_answers": "DELETE 1",
        "keys.vault_keys": "DELETE 1",
    }
    assert await emptied() == "UPDATE 1"


async def test_the_operators_login_cannot_restore_an_erased_tenant(
    ada: Creator, operator: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    await ada.idea()
    await database.execute("UPDATE tenants SET status = 'erased' WHERE tenant_id = $1", tenant_of(ada))

    done = await operator.execute("UPDATE tenants SET status = 'active' WHERE tenant_id = $1", tenant_of(ada))

    assert done == "UPDATE 0"


async def test_the_operators_login_can_only_set_vault_counts_to_zero(
    ada: Creator, operator: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    await ada.idea()
    await database.execute("UPDATE tenants SET status = 'erasing' WHERE tenant_id = $1", tenant_of(ada))

    for counts in (
        "digest = 0, idea_count = 7, sealed_bytes = 0",
        "digest = 0, idea_count = 0, sealed_bytes = 7",
        "digest = 7, idea_count = 0, sealed_bytes = 0",
        "digest = 0, idea_count = 0",
        "idea_count = 0, sealed_bytes = 0",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await operator.execute(f"UPDATE vaults SET {counts} WHERE tenant_id = $1", tenant_of(ada))


@pytest.mark.parametrize("status", ["suspended", "erasing", "erased"])
async def test_the_operators_login_creates_active_tenants_only(operator: asyncpg.Connection, status: str) -> None:
    statement = (
        "INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at) "
        "VALUES ($1, 'personal', 'r', 'x', $2, now())"
    )

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await operator.execute(statement, uuid4(), status)


@pytest.mark.parametrize("table", ["operators", "tenant_erasures"])
async def test_the_runtime_login_sees_nothing_of_operators(worker_database: Database, table: str) -> None:
    connection = await asyncpg.connect(worker_database.runtime_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"SELECT * FROM {table}")
    finally:
        await connection.close()


async def test_the_operators_login_has_no_special_attributes(database: asyncpg.Connection) -> None:
    row = await database.fetchrow("""
        SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
               pg_has_role('creatorvault_operator_app', 'creatorvault_runtime', 'MEMBER'),
               pg_has_role('creatorvault_app', 'creatorvault_operator', 'MEMBER')
        FROM pg_roles WHERE rolname = 'creatorvault_operator_app'
    """)

    assert tuple(row) == (False,) * 6
