"""Statements on rotations that run as jobs, for the operators' login."""

from typing import Final

REQUESTED: Final = """
    SELECT root, scope, started_at, requested_by FROM keys.rotations
    WHERE rotation_id = $1::bigint AND finished_at IS NULL AND requested_by IS NOT NULL
"""
"""No row if it is finished."""

ADVANCE: Final = """
    UPDATE keys.rotations SET changed_at = $2, vaults_done = $3::bigint, vaults_total = $4::bigint,
        rows_done = $5::bigint, rows_total = $6::bigint, findings = $7::bigint, problems = $8::text::jsonb
    WHERE rotation_id = $1::bigint RETURNING rotation_id
"""
TO_WRAP: Final = """
    SELECT count(*) FROM keys.vault_keys JOIN tenants ON tenants.tenant_id = vault_keys.tenant_id
    WHERE vault_keys.root_key_id <> coalesce(tenants.root_key_id, $1::text)
"""
"""The number of keys of vaults that another root key wraps than the one that wraps now, or the tenant's own."""
