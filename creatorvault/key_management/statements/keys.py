"""Statements on wrapped keys, and on what an operator sees of vaults."""

from typing import Final

from creatorvault.core.database.sealed_data import WrappedTable

VAULTS: Final = """
    SELECT tenant_id, user_id FROM vaults
    WHERE (tenant_id, user_id) > ($1::uuid, $2::text) AND ($3::uuid IS NULL OR tenant_id = $3::uuid)
        AND ($4::text IS NULL OR user_id = $4::text) AND key_version > 0
        AND status IS DISTINCT FROM 'destroyed'
    ORDER BY tenant_id, user_id LIMIT $5::bigint
"""
"""As an operator: vaults that have a key and are not erased, of all tenants or one, of all users or one."""

WITHOUT_CHECKPOINT: Final = """
    SELECT vaults.tenant_id, vaults.user_id FROM vaults
    JOIN tenants ON tenants.tenant_id = vaults.tenant_id AND tenants.status = 'active'
    LEFT JOIN vault_checkpoints ON vault_checkpoints.tenant_id = vaults.tenant_id
        AND vault_checkpoints.user_id = vaults.user_id
    WHERE vaults.key_version > 0 AND vaults.status IS NULL
        AND vaults.revision > coalesce(vault_checkpoints.revision, 0)
    ORDER BY vaults.changed_at LIMIT $1::bigint
"""
"""As an operator: vaults in use that have changed since their checkpoint, or have none."""

SUMMED: Final = """
    SELECT count(*), coalesce(sum(idea_count), 0)::bigint FROM vaults
    WHERE ($1::uuid IS NULL OR tenant_id = $1::uuid) AND ($2::text IS NULL OR user_id = $2::text) AND key_version > 0
        AND status IS DISTINCT FROM 'destroyed'
"""

TOTAL: Final = """
    UPDATE totalled_vaults SET key_version = $3::integer
    WHERE tenant_id = $1::text::uuid AND user_id = $2 AND key_version < $3::integer
    RETURNING tenant_id
"""
TOTAL_OF_TENANT: Final = """
    UPDATE tenant_totals SET newest_key_version = $2::integer
    WHERE tenant_id = $1::text::uuid AND newest_key_version < $2::integer RETURNING tenant_id
"""
"""A rotation does not change `vaults.changed_at`, by which operators' lists find what to read again."""

VAULT: Final = """
    SELECT revision, digest, idea_count, trash_count, sealed_bytes, key_version FROM vaults
    WHERE tenant_id = $1::text::uuid AND user_id = $2
"""
KEY_VERSIONS: Final = """
    SELECT version, created_at FROM keys.vault_keys WHERE tenant_id = $1::text::uuid AND user_id = $2 ORDER BY version
"""
RETIRE: Final = """
    DELETE FROM keys.vault_keys WHERE tenant_id = $1::text::uuid AND user_id = $2 AND version < $3::integer
    RETURNING version
"""

TENANTS_BY_ROOT: Final = """
    SELECT DISTINCT tenant_id FROM keys.vault_keys WHERE tenant_id > $1::uuid ORDER BY tenant_id LIMIT $2::bigint
"""
ROOT_KEY: Final = "SELECT root_key_id FROM tenants WHERE tenant_id = $1::text::uuid"
"""The tenant's own root key, or null."""

WRAPS: Final = """
    SELECT user_id, version, first_revision, root_key_id, wrapped FROM keys.vault_keys
    WHERE tenant_id = $1::text::uuid AND root_key_id <> $2 AND (user_id, version) > ($3::text, $4::integer)
    ORDER BY user_id, version LIMIT $5::bigint
"""
"""Keys of a tenant that another root key wraps, after a key."""

REWRAP: Final = """
    UPDATE keys.vault_keys SET root_key_id = $2, wrapped = given.new
    FROM unnest($3::text[], $4::integer[], $5::text[], $6::bytea[], $7::bytea[]) AS given (owner, of, root, old, new)
    WHERE vault_keys.tenant_id = $1::text::uuid AND vault_keys.user_id = given.owner AND vault_keys.version = given.of
        AND vault_keys.root_key_id = given.root AND vault_keys.wrapped = given.old
    RETURNING vault_keys.user_id
"""
LEFT: Final = """
    SELECT root_key_id, count(*), min(created_at), max(created_at) FROM keys.vault_keys
    GROUP BY root_key_id ORDER BY root_key_id
"""
VERSIONS: Final = """
    SELECT count(*), count(*) FILTER (WHERE keys > 1), max(version), min(created_at), max(created_at)
    FROM (
        SELECT count(*) AS keys, max(version) AS version, max(created_at) AS created_at FROM keys.vault_keys
        GROUP BY tenant_id, user_id
    ) AS vaults
"""

LOCK: Final = "SELECT pg_try_advisory_xact_lock(7461923508)"
STILL_THERE: Final = "SELECT 1"

UNFINISHED: Final = """
    SELECT rotation_id, started_at FROM keys.rotations
    WHERE finished_at IS NULL AND NOT root AND scope IS NOT DISTINCT FROM $1::uuid ORDER BY rotation_id LIMIT 1
"""
BEGIN: Final = "INSERT INTO keys.rotations (scope, started_at) VALUES ($1::uuid, $2) RETURNING rotation_id"
FINISH: Final = "UPDATE keys.rotations SET finished_at = $2 WHERE rotation_id = $1::bigint RETURNING rotation_id"
OPEN_ROTATIONS: Final = """
    SELECT scope, started_at FROM keys.rotations WHERE finished_at IS NULL AND NOT root ORDER BY rotation_id
"""


def wraps_of(table: WrappedTable) -> str:
    """All keys of a table: its key columns, `root_key_id` and `wrapped`."""
    return f"SELECT {', '.join(table.key)}, root_key_id, wrapped FROM {table.name}"  # noqa: S608 - declared names


def rewrap_in(table: WrappedTable) -> str:
    """Arguments: the values of the key columns, the old root key and wrap, the new ones."""
    number = len(table.key)
    key = " AND ".join(f"{column} = ${place}" for place, column in enumerate(table.key, start=1))
    return (
        f"UPDATE {table.name} SET root_key_id = ${number + 3}, wrapped = ${number + 4} "  # noqa: S608 - declared names
        f"WHERE {key} AND root_key_id = ${number + 1} AND wrapped = ${number + 2} RETURNING root_key_id"
    )
