"""Row-level security in PostgreSQL's catalogue: every table has it, and every privilege is listed here."""

from typing import Final

import asyncpg
import pytest

from tests.isolation.catalogue import POLICY, Policy, faults, policies, rights, tenant_tables
from tests.postgres import Database

QUOTAS: Final = "byte_quota, idea_quota"
VAULT_QUOTAS: Final = "vault_byte_quota, vault_idea_quota"
TENANT: Final = (
    "byte_quota, created_at, external_id, idea_quota, kind, owner_export, realm, retention_days, root_key_id, status,"
    f" tenant_id, {VAULT_QUOTAS}"
)
EVERYBODYS: Final = {
    "alembic_version": {"SELECT"},
    "audit_events": {"SELECT", "INSERT"},
    "audit_heads": {"SELECT", "INSERT", "UPDATE (digest, sequence)"},
    "keys.audit_keys": {"SELECT"},
    "migration_history": {"SELECT"},
    "schema jobs": {"USAGE"},
    "schema keys": {"USAGE"},
    "schema public": {"USAGE"},
}
RIGHTS: Final = {
    "PUBLIC": {
        "schema public": {"USAGE"},
        # Trigger functions, which cannot be called directly.
        "drop_segments()": {"EXECUTE"},
        "refuse_change()": {"EXECUTE"},
        "refuse_destruction()": {"EXECUTE"},
        "refuse_emptying()": {"EXECUTE"},
        "refuse_false_start()": {"EXECUTE"},
        "refuse_loose_end()": {"EXECUTE"},
        "refuse_revival()": {"EXECUTE"},
        "refuse_step_back()": {"EXECUTE"},
        "refuse_wrong_link()": {"EXECUTE"},
        "jobs.add_ids()": {"EXECUTE"},
        "jobs.count_takeover()": {"EXECUTE"},
        "jobs.take_ids()": {"EXECUTE"},
    },
    "creatorvault_runtime": {
        **EVERYBODYS,
        "history_prunings": {"SELECT", "INSERT", "UPDATE (pruned_until, sealed)", "DELETE"},
        "idea_segments": {"SELECT", "INSERT", "UPDATE (sealed)", "DELETE"},
        "idea_tombstones": {"SELECT", "INSERT", "UPDATE (deleted_at, first_revision, revision)", "DELETE"},
        "idea_versions": {
            *("SELECT", "INSERT", "DELETE"),
            "UPDATE (notes, previous, previous_until, tags, title)",
        },
        "ideas": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "idempotency_answers": {"SELECT", "INSERT", "UPDATE (answer)", "DELETE"},
        "imported_ideas": {"SELECT", "INSERT", "UPDATE (source, stamp)", "DELETE"},
        "keys.vault_keys": {"SELECT", "INSERT", "UPDATE (root_key_id, wrapped)", "DELETE"},
        "imports": {
            *("SELECT", "INSERT", "DELETE"),
            "UPDATE (chunks, done, error, expired, finished_at, known, sealed, state, stored, touched_at, trashed,"
            " versions)",
        },
        "import_chunks": {"SELECT", "INSERT", "UPDATE (sealed)", "DELETE"},
        "probe_write()": {"EXECUTE"},
        "vault_checkpoints": {
            *("SELECT", "INSERT", "DELETE"),
            "UPDATE (digest, ideas, revision, sealed, written_at)",
        },
        "erased_vaults": {"SELECT", "INSERT", "UPDATE (unfinished)", "DELETE"},
        "jobs.queue": {
            "SELECT (dedupe_key, entrypoint, id, priority, status, tenant_id, user_id)",
            "INSERT (dedupe_key, entrypoint, execute_after, headers, id, payload, priority, status)",
            "DELETE",
        },
        "jobs.queue_id_seq": {"USAGE"},
        "jobs.queue_log": {
            "SELECT (id, job_id, tenant_id, user_id)",
            "INSERT (entrypoint, job_id, priority, status)",
            "DELETE",
        },
        "keys.receipt_keys": {"SELECT"},
        "tenants": {"SELECT", "INSERT", "UPDATE (status)"},
        "trashed_ideas": {"SELECT", "INSERT", "UPDATE (deletion, notes, tags, title)", "DELETE"},
        "vault_erasures": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "write_probe": {"INSERT"},
        "vaults": {
            "SELECT",
            "INSERT",
            "UPDATE (changed_at, digest, idea_count, key_version, pruned_revision, retention_days, revision,"
            " sealed_bytes, segmented, status, trash_count)",
        },
    },
    # No column with ciphertext, wrapped keys or their names.
    "creatorvault_operator": {
        **EVERYBODYS,
        "keys.audit_keys": {"SELECT", "UPDATE (root_key_id, wrapped)"},
        "audit_verifications": {
            "SELECT",
            "INSERT",
            "UPDATE (chains, changed_at, events_done, events_total, findings, finished_at, problems)",
        },
        "keys.rotations": {
            "SELECT",
            "INSERT",
            "UPDATE (changed_at, findings, finished_at, problems, requested_by, rows_done, rows_total, vaults_done,"
            " vaults_total)",
        },
        "history_prunings": {"SELECT (pruned_until, tenant_id, user_id)", "DELETE"},
        "idea_tombstones": {"SELECT (deleted_at, tenant_id, user_id)", "DELETE"},
        "idea_versions": {"SELECT (replaced_at, tenant_id, user_id)", "DELETE"},
        "trashed_ideas": {"SELECT (deleted_at, tenant_id, user_id)", "DELETE"},
        "idea_segments": {"SELECT (first_revision, last_revision, tenant_id, user_id)", "DELETE"},
        "ideas": {"SELECT (tenant_id, user_id)", "DELETE"},
        "idempotency_answers": {"SELECT (expires_at, tenant_id, user_id)", "DELETE"},
        "imports": {"SELECT (id, state, tenant_id, touched_at, user_id)", "DELETE"},
        "import_chunks": {"SELECT (import_id, tenant_id, user_id)", "DELETE"},
        "imported_ideas": {"SELECT (source, tenant_id, user_id)", "DELETE"},
        "keys.vault_keys": {
            "SELECT (created_at, first_revision, root_key_id, tenant_id, user_id, version)",
            "DELETE",
        },
        "erased_vaults": {"INSERT"},
        "request_figures": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "alert_figures": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "vault_figures": {"SELECT", "INSERT", "DELETE"},
        "queue_figures": {"SELECT", "INSERT", "DELETE"},
        "jobs.queue": {
            "SELECT",
            "INSERT (dedupe_key, entrypoint, execute_after, headers, id, payload, priority, status)",
            "UPDATE (attempts, execute_after, heartbeat, queue_manager_id, status, updated)",
            "DELETE",
        },
        "jobs.queue_id_seq": {"USAGE"},
        "jobs.queue_log": {"SELECT", "INSERT (entrypoint, job_id, priority, status, traceback)", "DELETE"},
        "jobs.schedules": {
            "SELECT",
            "INSERT (entrypoint, expression, next_run)",
            "UPDATE (heartbeat, last_run, next_run, status, updated)",
        },
        "keys.receipt_keys": {
            "SELECT (created_at, kid, retired_at, root_key_id, wrapped)",
            "UPDATE (root_key_id, wrapped)",
        },
        "console_refusals": {"SELECT", "INSERT", "UPDATE (failures, since)", "DELETE"},
        "console_sessions": {"SELECT", "INSERT", "DELETE"},
        "operators": {"SELECT", "INSERT", "UPDATE (revoked_at)"},
        "tenant_erasures": {"SELECT", "INSERT", "DELETE"},
        "tenant_totals": {"SELECT", "INSERT", "UPDATE"},
        "totalled_vaults": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "totals_position": {"SELECT", "UPDATE"},
        "vault_checkpoints": {"SELECT (digest, ideas, revision, tenant_id, user_id, written_at)", "DELETE"},
        "tenants": {
            f"SELECT ({TENANT})",
            f"INSERT ({TENANT})",
            f"UPDATE ({QUOTAS}, owner_export, retention_days, root_key_id, status, {VAULT_QUOTAS})",
        },
        "vaults": {
            "SELECT (changed_at, changed_hour, created_at, idea_count, key_version, retention_days, revision,"
            " sealed_bytes, status, tenant_id, trash_count, user_id)",
            "UPDATE (changed_at, digest, idea_count, sealed_bytes, trash_count)",
        },
    },
}

OWN: Final = {"own_tenant": Policy("creatorvault_runtime", "ALL", POLICY)}
SERVICE_CHAIN: Final = "(tenant_id = '00000000-0000-0000-0000-000000000000'::uuid)"
ACTING: Final = {"operators_act": Policy("creatorvault_operator", "ALL", "true")}
RECORDING: Final = {"owner_records": Policy("the owner", "ALL", SERVICE_CHAIN)}
READING: Final = {"operators_read": Policy("creatorvault_operator", "SELECT", "true")}


# A trigger refuses what is not of a tenant being erased: a policy with a subquery cannot be distributed.
DESTROYING: Final = {"operators_destroy": Policy("creatorvault_operator", "DELETE", "true")}

POLICIES: Final = {
    "audit_events": {**OWN, **ACTING, **RECORDING},
    "audit_heads": {**OWN, **ACTING, **RECORDING},
    "history_prunings": {**OWN, **READING, **DESTROYING},
    "idea_segments": {**OWN, **READING, **DESTROYING},
    "idea_tombstones": {**OWN, **READING, **DESTROYING},
    "idea_versions": {**OWN, **READING, **DESTROYING},
    "ideas": {**OWN, **READING, **DESTROYING},
    "idempotency_answers": {**OWN, **READING, **DESTROYING},
    "imports": {**OWN, **READING, **DESTROYING},
    "import_chunks": {**OWN, **READING, **DESTROYING},
    "jobs.queue": {
        **OWN,
        **ACTING,
        "begins_queued": Policy(
            "creatorvault_runtime", "INSERT", None, "(status = 'queued'::jobs.queue_status)", restrictive=True
        ),
        "operators_add": Policy(
            "creatorvault_operator",
            "INSERT",
            None,
            f"((status = 'queued'::jobs.queue_status) AND {SERVICE_CHAIN})",
            restrictive=True,
        ),
    },
    "jobs.queue_log": {**OWN, **ACTING},
    "imported_ideas": {**OWN, **READING, **DESTROYING},
    "keys.vault_keys": {**OWN, **READING, **DESTROYING},
    "vault_checkpoints": {**OWN, **READING, **DESTROYING},
    "trashed_ideas": {**OWN, **READING, **DESTROYING},
    "tenant_erasures": ACTING,
    "tenant_totals": ACTING,
    "totalled_vaults": ACTING,
    "tenants": {
        **OWN,
        **READING,
        "begins_active": Policy(
            "creatorvault_runtime",
            "INSERT",
            None,
            "((status = 'active'::text) AND (idea_quota IS NULL) AND (byte_quota IS NULL)"
            " AND (vault_idea_quota IS NULL) AND (vault_byte_quota IS NULL) AND (retention_days IS NULL)"
            " AND (NOT owner_export))",
            restrictive=True,
        ),
        "ends_erased": Policy(
            "creatorvault_runtime",
            "UPDATE",
            "(kind = 'personal'::text)",
            "(status = 'erased'::text)",
            restrictive=True,
        ),
        "operators_create": Policy("creatorvault_operator", "INSERT", None, "(status = 'active'::text)"),
        "operators_change": Policy("creatorvault_operator", "UPDATE", "(status <> 'erased'::text)", "true"),
    },
    "vault_erasures": OWN,
    "vaults": {
        **OWN,
        **READING,
        "begins_empty": Policy(
            "creatorvault_runtime",
            "INSERT",
            None,
            "((digest = 0) AND (revision = 0) AND (idea_count = 0) AND (sealed_bytes = 0) AND (key_version = 0)"
            " AND (NOT segmented) AND (status IS NULL) AND (trash_count = 0))",
            restrictive=True,
        ),
        "operators_empty": Policy(
            "creatorvault_operator",
            "UPDATE",
            "true",
            "((digest = 0) AND (idea_count = 0) AND (sealed_bytes = 0) AND (trash_count = 0))",
        ),
    },
}

TABLE: Final = "CREATE TABLE drafts (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id))"
ENABLE: Final = "ALTER TABLE drafts ENABLE ROW LEVEL SECURITY"
FORCE: Final = "ALTER TABLE drafts FORCE ROW LEVEL SECURITY"
OWN_TENANT: Final = f"CREATE POLICY own_tenant ON drafts TO creatorvault_runtime USING ({POLICY})"
DESTRUCTION: Final = (
    "CREATE POLICY operators_destroy ON drafts FOR DELETE TO creatorvault_operator USING (true)",
    "CREATE TRIGGER only_erased AFTER DELETE ON drafts REFERENCING OLD TABLE AS gone"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_destruction()",
)
FUNCTION: Final = "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql {} AS 'SELECT count(*) FROM ideas'"

BROKEN: Final = {
    "drafts: row-level security is off": [TABLE, FORCE, OWN_TENANT],
    "drafts: its owner is not bound by row-level security": [TABLE, ENABLE, OWN_TENANT],
    "drafts: has no policy": [TABLE, ENABLE, FORCE],
    "drafts: the policy everybody is for everybody": [
        TABLE, ENABLE, FORCE, OWN_TENANT, f"CREATE POLICY everybody ON drafts USING ({POLICY})",
    ],
    "drafts: the policy own_tenant is for everybody": [
        TABLE, ENABLE, FORCE, OWN_TENANT, "ALTER POLICY own_tenant ON drafts TO creatorvault_runtime, PUBLIC",
    ],
    "drafts: the policy limits is for everybody": [
        TABLE, ENABLE, FORCE, OWN_TENANT, "CREATE POLICY limits ON drafts AS RESTRICTIVE USING (true)",
    ],
    "drafts: the policy all_rows is another": [
        TABLE, ENABLE, FORCE, OWN_TENANT, "CREATE POLICY all_rows ON drafts TO creatorvault_runtime USING (true)",
    ],
    "drafts: the policy writers is another": [
        TABLE, ENABLE, FORCE, OWN_TENANT,
        "CREATE POLICY writers ON drafts FOR INSERT TO creatorvault_runtime WITH CHECK (true)",
    ],
    "drafts: the policy strangers is another": [
        TABLE, ENABLE, FORCE, OWN_TENANT,
        f"CREATE POLICY strangers ON drafts TO pg_read_all_data USING ({POLICY})",
    ],
    "drafts: tenant_id does not lead drafts_by_id": [
        TABLE, ENABLE, FORCE, OWN_TENANT, "CREATE UNIQUE INDEX drafts_by_id ON drafts (id, tenant_id)",
    ],
    "drafts: the policy limits has a subquery": [
        TABLE, ENABLE, FORCE, OWN_TENANT,
        "CREATE POLICY limits ON drafts AS RESTRICTIVE TO creatorvault_runtime USING (EXISTS (SELECT FROM tenants))",
    ],
    "drafts: operators can destroy rows of any tenant": [TABLE, ENABLE, FORCE, OWN_TENANT, DESTRUCTION[0]],
    "ideas_part_0: a partition whose rows can be seen": ["ALTER TABLE ideas_part_0 NO FORCE ROW LEVEL SECURITY"],
    "notes: has no tenant_id and is not known to need none": ["CREATE TABLE notes (id uuid PRIMARY KEY)"],
    "every_idea: a view that reads with its owner's rights": ["CREATE VIEW every_idea AS SELECT id FROM ideas"],
    "peek(): runs as its owner in the caller's search_path": [FUNCTION.format("SECURITY DEFINER")],
    "elsewhere: a schema of ours?": ["CREATE SCHEMA elsewhere"],
}  # fmt: skip


async def test_every_table_has_row_level_security(database: asyncpg.Connection) -> None:
    assert await faults(database) == set()


async def test_policies_are_as_listed(database: asyncpg.Connection) -> None:
    found = await policies(database)

    assert found == POLICIES
    assert sorted(found) == await tenant_tables(database)


async def test_privileges_are_as_listed(database: asyncpg.Connection) -> None:
    assert await rights(database) == RIGHTS


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_gap_in_row_level_security_is_detected(database: asyncpg.Connection, fault: str) -> None:
    change = database.transaction()
    await change.start()
    try:
        for statement in BROKEN[fault]:
            await database.execute(statement)
        assert await faults(database) == {fault}
    finally:
        await change.rollback()


async def test_a_table_with_complete_row_level_security_passes(database: asyncpg.Connection) -> None:
    change = database.transaction()
    await change.start()
    try:
        for statement in (
            TABLE,
            ENABLE,
            FORCE,
            OWN_TENANT,
            FUNCTION.format("SECURITY DEFINER SET search_path = public"),
            *DESTRUCTION,
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
async def test_an_excess_privilege_is_detected(database: asyncpg.Connection, grant: str) -> None:
    change = database.transaction()
    await change.start()
    try:
        await database.execute(grant)
        assert await rights(database) != RIGHTS
    finally:
        await change.rollback()


@pytest.mark.parametrize("role", ["runtime", "operator"])
async def test_partitions_are_accessible_only_through_their_table(worker_database: Database, role: str) -> None:
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
async def test_logins_of_the_service_have_no_special_attributes(database: asyncpg.Connection, login: str) -> None:
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
