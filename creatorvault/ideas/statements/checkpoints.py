"""Statements for checkpoints of vaults."""

from typing import Final

from creatorvault.core.database.tenant_context import CONTEXT_IS_SET
from creatorvault.tenants.statements.vault import VAULT

WITH_CHECKPOINT: Final = f"""
    {VAULT.format(more="", columns=", checkpoint.*")}
    LEFT JOIN LATERAL (
        SELECT revision, ideas, digest, sealed FROM vault_checkpoints
        WHERE vault_checkpoints.tenant_id = context.tenant_id AND vault_checkpoints.user_id = $2 LIMIT 1
    ) AS checkpoint ON true
"""  # noqa: S608 - constants
"""The vault and its checkpoint. Columns beyond those of VAULT: its revision, ideas, digest and seal, or NULL."""

# Nothing is written if a failover has lost what the checkpoint states, if the tenant is being erased, if the sealing
# key is not the vault's newest or not stored as this process has unwrapped it, and over a later checkpoint. The vault
# may have changed since, so that a vault that changes often has a checkpoint, too.
WRITE: Final = f"""
    INSERT INTO vault_checkpoints (tenant_id, user_id, revision, ideas, digest, sealed, written_at)
    SELECT $1::text::uuid, $2, $3::bigint, $4::bigint, $5::bytea, $6::bytea, $7::timestamptz
    FROM tenants, vaults, keys.vault_keys
    WHERE {CONTEXT_IS_SET}
        AND tenants.tenant_id = $1::text::uuid AND tenants.status = 'active'
        AND vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2 AND vaults.key_version = $9
        AND (vaults.revision > $3::bigint OR (vaults.revision, vaults.digest) = ($3::bigint, $8::bigint))
        AND vault_keys.tenant_id = $1::text::uuid AND vault_keys.user_id = $2 AND vault_keys.version = $9
        AND vault_keys.first_revision = $10 AND vault_keys.root_key_id = $11 AND vault_keys.wrapped = $12
    ON CONFLICT (tenant_id, user_id) DO UPDATE
    SET revision = excluded.revision, ideas = excluded.ideas, digest = excluded.digest, sealed = excluded.sealed,
        written_at = excluded.written_at
    WHERE vault_checkpoints.revision < excluded.revision
    RETURNING vault_checkpoints.revision
"""  # noqa: S608 - constants
