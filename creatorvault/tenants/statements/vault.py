"""The vault, and rows that are read beside it, in one statement.

It sets its own context, so it runs alone as a transaction and snapshot by itself, and inside a transaction as well.
"""

from typing import Final

# `set_config(…, true)` lasts until the transaction ends: a plain SET would stay on the connection and reach the next
# tenant through a transaction-pooling proxy. Rows are looked up for the tenant id that set_config returns, so not
# before it is set. LIMIT keeps the planner from joining them otherwise. Evaluated out of order, rows would be missing
# and never foreign: what a statement does not find is certain only in a transaction whose context was set before.
VAULT: Final = """
    WITH context (tenant_id, user_id) AS MATERIALIZED (
        SELECT set_config('app.tenant_id', $1, true)::uuid, $2::text
    ){more}
    SELECT tenants.status, vaults.revision, vaults.digest, vaults.idea_count, vaults.key_version{columns}
    FROM context
    LEFT JOIN LATERAL (
        SELECT status FROM tenants WHERE tenants.tenant_id = context.tenant_id LIMIT 1
    ) AS tenants ON true
    LEFT JOIN LATERAL (
        SELECT revision, digest, idea_count, key_version FROM vaults
        WHERE vaults.tenant_id = context.tenant_id AND vaults.user_id = $2 LIMIT 1
    ) AS vaults ON true
"""
VAULT_COLUMNS: Final = 5
"""The number of columns that stand before those that a statement adds."""

VAULT_ALONE: Final = VAULT.format(more="", columns="")

TENANT: Final = """
    WITH context (tenant_id) AS MATERIALIZED (
        SELECT set_config('app.tenant_id', $1, true)::uuid
    )
    SELECT tenants.status, tenants.idea_quota, tenants.byte_quota, tenants.vault_idea_quota, tenants.vault_byte_quota
    FROM context
    LEFT JOIN LATERAL (
        SELECT * FROM tenants WHERE tenants.tenant_id = context.tenant_id
    ) AS tenants ON true
"""
"""Sets the context of a transaction, and reads the tenant's status and quotas."""
