"""Statements of live updates."""

from typing import Final

# One row for each vault, in their order. The context is set again for each: rows are looked up by what set_config
# returns, so only after it is set, as in tenants.statements.vault. It concerns several tenants, so no node of a Citus
# cluster could answer it: there each vault is looked up alone.
STANDINGS: Final = """
    SELECT CASE tenants.status WHEN 'active' THEN coalesce(vaults.status, 'active') ELSE tenants.status END,
        vaults.revision
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (tenant_id, user_id, place)
    CROSS JOIN LATERAL (
        SELECT set_config('app.tenant_id', asked.tenant_id, true)::uuid AS tenant_id OFFSET 0
    ) AS context
    LEFT JOIN LATERAL (
        SELECT status FROM tenants WHERE tenants.tenant_id = context.tenant_id LIMIT 1
    ) AS tenants ON true
    LEFT JOIN LATERAL (
        SELECT revision, status FROM vaults
        WHERE vaults.tenant_id = context.tenant_id AND vaults.user_id = asked.user_id LIMIT 1
    ) AS vaults ON true
    ORDER BY asked.place
"""
