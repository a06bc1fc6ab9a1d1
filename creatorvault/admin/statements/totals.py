"""Brings `totalled_vaults` and `tenant_totals` up to date, in batches. `statements.tenants` explains the position."""

from typing import Final

POSITION_LOCKED: Final = "SELECT hour, tenant FROM totals_position FOR UPDATE"
"""Serialises all who change totals of vaults and tenants."""

NEXT: Final = """
    SELECT DISTINCT changed_hour, tenant_id FROM vaults
    WHERE (changed_hour, tenant_id) >= ($1::timestamptz, $2::uuid) AND changed_hour < $3
    ORDER BY changed_hour, tenant_id LIMIT 1 OFFSET $4
"""
"""The position after at most $4 tenants, or no row if there are not so many before the hour $3."""

TOTAL_VAULTS: Final = """
    INSERT INTO totalled_vaults (tenant_id, user_id, ideas, sealed_bytes, key_version, last_activity)
    SELECT tenant_id, user_id, idea_count, sealed_bytes, key_version, changed_at FROM vaults
    WHERE (changed_hour, tenant_id) >= ($1::timestamptz, $2::uuid)
        AND (changed_hour, tenant_id) < ($3::timestamptz, $4::uuid)
    ON CONFLICT (tenant_id, user_id) DO UPDATE SET
        ideas = excluded.ideas, sealed_bytes = excluded.sealed_bytes, key_version = excluded.key_version,
        last_activity = excluded.last_activity
    RETURNING tenant_id
"""
"""From the position ($1, $2) to the position ($3, $4). Returns the tenants whose totals have to be added up."""

ADD_UP: Final = """
    INSERT INTO tenant_totals (tenant_id, vaults, ideas, sealed_bytes, newest_key_version, last_activity)
    SELECT tenant_id, count(*), sum(ideas)::bigint, sum(sealed_bytes)::bigint, max(key_version), max(last_activity)
    FROM totalled_vaults WHERE tenant_id = ANY ($1::uuid[]) GROUP BY tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET
        vaults = excluded.vaults, ideas = excluded.ideas, sealed_bytes = excluded.sealed_bytes,
        newest_key_version = excluded.newest_key_version, last_activity = excluded.last_activity
    WHERE (tenant_totals.vaults, tenant_totals.ideas, tenant_totals.sealed_bytes, tenant_totals.newest_key_version,
        tenant_totals.last_activity) IS DISTINCT FROM (excluded.vaults, excluded.ideas, excluded.sealed_bytes,
        excluded.newest_key_version, excluded.last_activity)
    RETURNING tenant_id
"""
"""The totals of the tenants $1, from what their vaults contribute."""

MOVE: Final = "UPDATE totals_position SET hour = $1, tenant = $2 RETURNING hour"

BEGIN_EMPTY: Final = """
    INSERT INTO tenant_totals (tenant_id, vaults, ideas, sealed_bytes, newest_key_version, last_activity)
    VALUES ($1, 0, 0, 0, 0, $2) RETURNING tenant_id
"""
"""For a tenant that is created without a vault: until it has one, no vault shows that it is there."""
