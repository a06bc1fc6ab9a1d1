"""All rows of one vault in all tables, read as the superuser."""

from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg

from creatorvault.core.identifiers import VaultId

type Rows = Mapping[str, Sequence[str]]
"""Rows by table, in PostgreSQL's text format."""
type Tables = Mapping[str, Sequence[str]]
"""Columns of all tables with rows of tenants."""

TABLES = """
    SELECT c.oid::regclass::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
         AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relnamespace::regnamespace::text IN ('public', 'keys', 'jobs')
    GROUP BY c.oid HAVING array_agg(a.attname::text) @> ARRAY['tenant_id'] ORDER BY name
"""

TOTAL = """
    WITH vault AS (
        INSERT INTO totalled_vaults
        SELECT tenant_id, user_id, idea_count, sealed_bytes, key_version, changed_at FROM vaults WHERE tenant_id = $1
        RETURNING *
    )
    INSERT INTO tenant_totals
    SELECT tenant_id, count(*), sum(ideas), sum(sealed_bytes), max(key_version), max(last_activity)
    FROM vault GROUP BY tenant_id
"""
"""Adds up the vaults of one tenant, as the service does later for all."""


REQUESTED = """
    INSERT INTO vault_erasures
        (tenant_id, user_id, id, state, by_operator, actor, confirmation, requested_at, not_before, keys, rows)
    VALUES ($1, $2, gen_random_uuid(), 'requested', false, 'nobody', sha256(''), now(), now(), '[]', '{}')
"""
"""An erasure of the vault $2 that nobody can confirm."""


COPIED = (
    "tenant_id, user_id, id, title, notes, tags, stage, priority, due_date, created_at, updated_at, stamp, number,"
    " previous, revision"
)
HISTORY = f"""
    WITH one AS (SELECT {COPIED} FROM ideas WHERE tenant_id = $1 AND user_id = $2 LIMIT 1),
    tombstone AS (INSERT INTO idea_tombstones SELECT tenant_id, user_id, id, revision, 1, now() FROM one),
    version AS (INSERT INTO idea_versions ({COPIED}, replaced_at) SELECT {COPIED}, now() FROM one),
    trash AS (INSERT INTO trashed_ideas ({COPIED}, deleted_at, deletion) SELECT {COPIED}, now(), '' FROM one)
    INSERT INTO history_prunings VALUES ($1, $2, now(), '')
"""
"""A row in each table of the vault's history; not what the service would have stored."""

KEPT_BYTES: Final = """
    SELECT coalesce(sum(length(title) + length(notes) + length(tags)), 0)::bigint AS bytes FROM (
        SELECT tenant_id, user_id, title, notes, tags FROM ideas
        UNION ALL SELECT tenant_id, user_id, title, notes, tags FROM idea_versions
        UNION ALL SELECT tenant_id, user_id, title, notes, tags FROM trashed_ideas
    ) AS kept
"""
"""What `vaults.sealed_bytes` counts, without a condition."""

SEALED_BYTES: Final = f"{KEPT_BYTES} WHERE user_id = $1"
QUEUED: Final = """
    WITH job AS (
        INSERT INTO jobs.queue (priority, entrypoint, status, headers)
        VALUES (0, 'tests.nothing', 'queued', jsonb_build_object(
            'tenant_id', $1::uuid, 'user_id', $2::text, 'subject_id', gen_random_uuid()
        ))
        RETURNING id, status, priority, entrypoint
    )
    INSERT INTO jobs.queue_log (job_id, status, priority, entrypoint) SELECT * FROM job
"""
"""A job of the vault that no process runs, and its log."""


TAKEN_OVER: Final = "INSERT INTO imported_ideas VALUES ($1, $2, gen_random_uuid(), gen_random_uuid(), 1)"
"""What the import of another service remembers of an idea."""

IMPORTED: Final = """
    WITH made AS (
        INSERT INTO imports
            (tenant_id, user_id, id, state, format, file_bytes, chunks, total, created_at, touched_at, sealed)
        VALUES ($1, $2, gen_random_uuid(), 'finished', 'csv', 1, 1, 1, now(), now(), '')
        RETURNING tenant_id, user_id, id
    )
    INSERT INTO import_chunks (tenant_id, user_id, import_id, number, last, sealed) SELECT *, 0, true, '' FROM made
"""
"""An import of the vault that nobody works on."""


INSERTED: Final = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


async def inserted_columns(sql: asyncpg.Connection, table: str) -> str:
    """Returns the columns that an INSERT may give, separated by commas."""
    return str(await sql.fetchval(INSERTED, table))


async def tables(sql: asyncpg.Connection) -> Tables:
    return {row["name"]: row["columns"] for row in await sql.fetch(TABLES)}


async def all_rows(sql: asyncpg.Connection, of: Tables) -> Rows:
    return await _rows(sql, dict.fromkeys(of, "true"))


async def rows_of(sql: asyncpg.Connection, vault: VaultId) -> Rows:
    """Omits tables without a creator, such as that of tenants."""
    own = {name for name, columns in (await tables(sql)).items() if "user_id" in columns}
    return await _rows(sql, dict.fromkeys(own, "tenant_id = $1 AND user_id = $2"), *vault)


async def rows_of_others(sql: asyncpg.Connection, vault: VaultId, of: Tables) -> Rows:
    """Returns rows of other vaults, and of other tenants for tables without a creator."""
    others, other_tenants = "NOT (tenant_id = $1 AND user_id = $2)", "tenant_id <> $1"
    conditions = {name: others if "user_id" in columns else other_tenants for name, columns in of.items()}
    return await _rows(sql, conditions, *vault)


async def _rows(sql: asyncpg.Connection, conditions: Mapping[str, str], *arguments: object) -> Rows:
    """Reads all rows in one statement, and therefore from one snapshot."""
    parts = [
        f"SELECT '{table}' AS name, ARRAY(SELECT t::text FROM {table} AS t WHERE {condition} ORDER BY 1) AS rows"
        for table, condition in conditions.items()
    ]
    return {row["name"]: row["rows"] for row in await sql.fetch(" UNION ALL ".join(parts), *arguments)}
