"""Brings `tenant_totals` up to date, in batches. `statements.tenants` explains the position."""

from typing import Final

POSITION_LOCKED: Final = "SELECT hour, tenant FROM totals_position FOR UPDATE"
"""Serialises all who bring totals up to date."""

NEXT: Final = """
    SELECT DISTINCT changed_hour, tenant_id FROM vaults
    WHERE (changed_hour, tenant_id) >= ($1::timestamptz, $2::uuid) AND changed_hour < $3
    ORDER BY changed_hour, tenant_id LIMIT 1 OFFSET $4
"""
"""The position after at most $4 tenants, or no row if there are not so many before the hour $3."""

ADD_UP: Final = """
    INSERT INTO tenant_totals (tenant_id, vaults, ideas, sealed_bytes, newest_key_version, last_activity)
    SELECT changed.tenant_id, own.* FROM (
        SELECT DISTINCT tenant_id FROM vaults
        WHERE (changed_hour, tenant_id) >= ($1::timestamptz, $2::uuid)
            AND (changed_hour, tenant_id) < ($3::timestamptz, $4::uuid)
    ) AS changed
    CROSS JOIN LATERAL (
        SELECT count(*), sum(idea_count)::bigint, sum(sealed_bytes)::bigint, max(key_version), max(changed_at)
        FROM vaults WHERE vaults.tenant_id = changed.tenant_id
    ) AS own
    WHERE true -- so that ON is no condition of a join to any reader
    ON CONFLICT (tenant_id) DO UPDATE SET
        vaults = excluded.vaults, ideas = excluded.ideas, sealed_bytes = excluded.sealed_bytes,
        newest_key_version = excluded.newest_key_version, last_activity = excluded.last_activity
    WHERE (tenant_totals.vaults, tenant_totals.ideas, tenant_totals.sealed_bytes, tenant_totals.newest_key_version,
        tenant_totals.last_activity) IS DISTINCT FROM (excluded.vaults, excluded.ideas, excluded.sealed_bytes,
        excluded.newest_key_version, excluded.last_activity)
    RETURNING tenant_id
"""
MOVE: Final = "UPDATE totals_position SET hour = $1, tenant = $2 RETURNING hour"

BEGIN_EMPTY: Final = """
    INSERT INTO tenant_totals (tenant_id, vaults, ideas, sealed_bytes, newest_key_version, last_activity)
    VALUES ($1, 0, 0, 0, 0, $2) RETURNING tenant_id
"""
"""For a tenant that is created without a vault: until it has one, no vault shows that it is there."""
