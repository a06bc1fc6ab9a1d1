"""Reads the vault together with other rows in one statement.

The statement sets its own context, so it runs alone, as its own transaction and snapshot, or inside a transaction.
"""

from typing import Final

# `set_config(…, true)` lasts until the transaction ends: a plain SET would stay on the connection and leak to the next
# tenant through a transaction-pooling proxy. Rows are looked up by the tenant id that set_config returns, so only after
# it is set. LIMIT keeps the planner from reordering the join. If it were evaluated out of order, rows would be missing,
# but never another tenant's: absence is certain only in a transaction whose context was set before.
VAULT: Final = """
    WITH context (tenant_id, user_id) AS MATERIALIZED (
        SELECT set_config('app.tenant_id', $1, true)::uuid, $2::text
    ){more}
    SELECT CASE tenants.status WHEN 'active' THEN coalesce(vaults.status, 'active') ELSE tenants.status END,
        vaults.revision, vaults.digest, vaults.idea_count, vaults.key_version,
        coalesce(vaults.retention_days, tenants.retention_days){columns}
    FROM context
    LEFT JOIN LATERAL (
        SELECT status, retention_days FROM tenants WHERE tenants.tenant_id = context.tenant_id LIMIT 1
    ) AS tenants ON true
    LEFT JOIN LATERAL (
        SELECT revision, digest, idea_count, trash_count, key_version, retention_days, pruned_revision, status
        FROM vaults
        WHERE vaults.tenant_id = context.tenant_id AND vaults.user_id = $2 LIMIT 1
    ) AS vaults ON true
"""
VAULT_COLUMNS: Final = 6
"""The number of columns before those that a statement adds."""

VAULT_ALONE: Final = VAULT.format(more="", columns="")

TENANT: Final = """
    SELECT status, idea_quota, byte_quota, vault_idea_quota, vault_byte_quota, root_key_id, owner_export
    FROM tenants
    WHERE tenant_id = $1::text::uuid
"""
"""Reads the tenant's status, quotas, root key and `owner_export`, in a transaction whose context is set."""
