"""Tables, functions and privileges in PostgreSQL's system catalogue."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import asyncpg

OURS: Final = ("public", "keys", "jobs")
OF_NO_TENANT: Final = {
    *("alembic_version", "migration_history", "totals_position", "write_probe", "operators", "keys.audit_keys"),
    *("keys.rotations", "jobs.schedules", "audit_verifications"),
    *("erased_vaults", "keys.receipt_keys", "console_sessions", "console_refusals"),
    *("request_figures", "alert_figures", "vault_figures", "queue_figures"),
}
POLICY: Final = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
"""The policy of the runtime role, for reading and for writing."""

# Partitions are accessed through their table, whose policies apply. They have none: nobody sees a row in them directly.
PARTITIONS: Final = """
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relispartition AND relkind = 'r' AND relnamespace::regnamespace::text = ANY ($1)
      AND NOT (relrowsecurity AND relforcerowsecurity)
"""
TABLES: Final = """
    SELECT c.oid, c.oid::regclass::text AS name, c.relkind IN ('v', 'm') AS view,
           c.relrowsecurity, c.relforcerowsecurity,
           coalesce(c.reloptions @> '{security_invoker=true}', false) AS invoker, a.attnum AS tenant
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT c.relispartition
"""
UNIQUE: Final = """
    SELECT indrelid AS oid, indexrelid::regclass::text AS name, indkey[0] AS leads FROM pg_index WHERE indisunique
"""
POLICIES: Final = """
    SELECT polrelid AS oid, polrelid::regclass::text AS table_, polname, polpermissive,
           ARRAY(
               SELECT CASE role WHEN 0 THEN 'PUBLIC' WHEN relowner THEN 'the owner' ELSE role::regrole::text END
               FROM unnest(polroles) AS role
           ) AS roles,
           CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
               ELSE 'ALL' END AS command,
           pg_get_expr(polqual, polrelid) AS using_, pg_get_expr(polwithcheck, polrelid) AS check_
    FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
"""
GUARDS: Final = """
    SELECT tgrelid AS oid FROM pg_trigger
    WHERE NOT tgisinternal AND tgenabled = 'O' AND tgfoid = 'refuse_destruction'::regproc
"""
"""Tables of which operators delete only what is being erased."""

DEFINERS: Final = """
    SELECT oid::regprocedure::text AS name FROM pg_proc
    WHERE prosecdef AND pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
      AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%')
"""
SCHEMAS: Final = """
    SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
"""
RIGHTS: Final = """
    WITH entries (object, columns, owner, acl) AS (
        SELECT oid::regclass::text, NULL, relowner,
               coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
        FROM pg_class WHERE relnamespace::regnamespace::text = ANY ($1) AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        UNION ALL
        SELECT attrelid::regclass::text, attname, relowner, attacl
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace::regnamespace::text = ANY ($1) AND attacl IS NOT NULL AND NOT attisdropped
        UNION ALL
        SELECT 'schema ' || nspname, NULL, nspowner, coalesce(nspacl, acldefault('n', nspowner))
        FROM pg_namespace WHERE nspname = ANY ($1)
        UNION ALL
        SELECT oid::regprocedure::text, NULL, proowner, coalesce(proacl, acldefault('f', proowner))
        FROM pg_proc WHERE pronamespace::regnamespace::text = ANY ($1)
        UNION ALL
        SELECT 'default of ' || defaclrole::regrole, NULL, defaclrole, defaclacl FROM pg_default_acl
    )
    SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS grantee, object,
           privilege_type || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS privilege,
           string_agg(columns, ', ' ORDER BY columns) AS columns
    FROM entries CROSS JOIN LATERAL aclexplode(acl) WHERE grantee <> owner
    GROUP BY grantee, object, privilege ORDER BY grantee, object, privilege
"""


class Policy(NamedTuple):
    """`role` is "the owner" for the owner of the table. Without a `check`, `using` also applies to new rows."""

    role: str
    command: str
    using: str | None
    check: str | None = None
    restrictive: bool = False


async def policies(sql: asyncpg.Connection) -> Mapping[str, Mapping[str, Policy]]:
    """Returns the policies by table and name."""
    found: dict[str, dict[str, Policy]] = {}
    for row in await sql.fetch(POLICIES):
        policy = Policy(", ".join(row["roles"]), row["command"], row["using_"], row["check_"], not row["polpermissive"])
        found.setdefault(row["table_"], {})[row["polname"]] = policy
    return found


async def tenant_tables(sql: asyncpg.Connection) -> list[str]:
    """Returns every table whose rows belong to tenants."""
    return sorted(row["name"] for row in await sql.fetch(TABLES, OURS) if row["tenant"] and not row["view"])


async def faults(sql: asyncpg.Connection) -> set[str]:
    """Returns everything that would give a tenant access to another's rows."""
    found: set[str] = set()
    unique, every_policy = await sql.fetch(UNIQUE), await sql.fetch(POLICIES)
    guarded = {row["oid"] for row in await sql.fetch(GUARDS)}
    for table in await sql.fetch(TABLES, OURS):
        name = table["name"]
        if table["view"]:
            if not table["invoker"]:
                found.add(f"{name}: a view that reads with its owner's rights")
            continue
        if table["tenant"] is None:
            if name not in OF_NO_TENANT:
                found.add(f"{name}: has no tenant_id and is not known to need none")
            continue
        if not table["relrowsecurity"]:
            found.add(f"{name}: row-level security is off")
        if not table["relforcerowsecurity"]:
            found.add(f"{name}: its owner is not bound by row-level security")
        own = [policy for policy in every_policy if policy["oid"] == table["oid"]]
        if not own:
            found.add(f"{name}: has no policy")
        found |= {f"{name}: the policy {policy['polname']} is for everybody" for policy in own if _is_open(policy)}
        found |= {f"{name}: the policy {policy['polname']} is another" for policy in own if not _is_sound(policy)}
        found |= {f"{name}: the policy {policy['polname']} has a subquery" for policy in own if _has_subquery(policy)}
        if table["oid"] not in guarded and any(map(_lets_operators_destroy, own)):
            found.add(f"{name}: operators can destroy rows of any tenant")
        found |= {
            f"{name}: tenant_id does not lead {index['name']}"
            for index in unique
            if index["oid"] == table["oid"] and index["leads"] != table["tenant"]
        }
    found |= {f"{row['name']}: a partition whose rows can be seen" for row in await sql.fetch(PARTITIONS, OURS)}
    found |= {f"{row['name']}: runs as its owner in the caller's search_path" for row in await sql.fetch(DEFINERS)}
    found |= {f"{row['nspname']}: a schema of ours?" for row in await sql.fetch(SCHEMAS) if row["nspname"] not in OURS}
    return found


def _is_open(policy: asyncpg.Record) -> bool:
    return "PUBLIC" in policy["roles"]


def _has_subquery(policy: asyncpg.Record) -> bool:
    return "SELECT" in f"{policy['using_']} {policy['check_']}"


def _lets_operators_destroy(policy: asyncpg.Record) -> bool:
    return (policy["roles"], policy["command"]) == (["creatorvault_operator"], "DELETE")


def _is_sound(policy: asyncpg.Record) -> bool:
    """Policies of operators and the owner are listed separately; nobody else may see rows of another tenant."""
    if _is_open(policy) or policy["roles"] in (["creatorvault_operator"], ["the owner"]) or not policy["polpermissive"]:
        return True
    is_own = policy["using_"] == POLICY and policy["check_"] in (None, POLICY)
    return is_own and policy["roles"] == ["creatorvault_runtime"]


async def rights(sql: asyncpg.Connection) -> Mapping[str, Mapping[str, set[str]]]:
    """Returns privileges by grantee and object: `SELECT`, or with columns `SELECT (a, b)`. Omits those of owners."""
    found: dict[str, dict[str, set[str]]] = {}
    for row in await sql.fetch(RIGHTS, OURS):
        columns = "" if row["columns"] is None else f" ({row['columns']})"
        found.setdefault(row["grantee"], {}).setdefault(row["object"], set()).add(f"{row['privilege']}{columns}")
    return found
