"""Statements that prune tombstones. Operators find the vaults; the rest runs in the context of one tenant."""

from typing import Final

KEPT: Final = """
    greatest($2::integer, coalesce(vaults.retention_days, tenants.retention_days, $3::smallint)) * interval '24 hours'
"""
DUE: Final = f"""
    SELECT DISTINCT dead.tenant_id, dead.user_id
    FROM idea_tombstones AS dead
    JOIN vaults ON vaults.tenant_id = dead.tenant_id AND vaults.user_id = dead.user_id
    JOIN tenants ON tenants.tenant_id = dead.tenant_id
    WHERE dead.deleted_at <= $1::timestamptz - $2::integer * interval '24 hours'
        AND dead.deleted_at <= $1::timestamptz - {KEPT}
"""  # noqa: S608 - constants
"""As an operator: vaults with tombstones that are too old. Arguments: the time, how many days tombstones are kept at
least, and the default of the retention in days.
"""

LOCKED: Final = """
    SELECT coalesce(vaults.retention_days, tenants.retention_days)
    FROM vaults, tenants
    WHERE vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2 AND tenants.tenant_id = $1::text::uuid
    FOR NO KEY UPDATE OF vaults
"""
"""Changes of the vault's ideas wait until the transaction ends."""

PRUNE: Final = """
    WITH due AS MATERIALIZED (
        SELECT id FROM idea_tombstones
        WHERE tenant_id = $1::text::uuid AND user_id = $2 AND deleted_at <= $3 ORDER BY revision LIMIT $4::bigint
    ), gone AS (
        DELETE FROM idea_tombstones
        WHERE tenant_id = $1::text::uuid AND user_id = $2 AND id IN (SELECT id FROM due)
        RETURNING revision
    )
    UPDATE vaults SET pruned_revision = greatest(pruned_revision, (SELECT max(revision) FROM gone))
    WHERE tenant_id = $1::text::uuid AND user_id = $2 AND EXISTS (SELECT FROM gone)
    RETURNING (SELECT count(*) FROM gone)
"""
"""At most $4 tombstones of deletions until $3."""
