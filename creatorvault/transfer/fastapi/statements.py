"""Statements on what imports remember, in a transaction whose context is set."""

from typing import Final

REMEMBERED: Final = """
    SELECT id, stamp FROM imported_ideas
    WHERE imported_ideas.tenant_id = $1::text::uuid AND imported_ideas.user_id = $2 AND id = ANY ($3::uuid[])
"""
REMEMBER: Final = """
    INSERT INTO imported_ideas (tenant_id, user_id, id, source, stamp)
    SELECT $1::text::uuid, $2, given.id, $3::uuid, given.stamp
    FROM unnest($4::uuid[], $5::bigint[]) AS given (id, stamp)
    ON CONFLICT (tenant_id, user_id, id) DO UPDATE SET source = excluded.source, stamp = excluded.stamp
    RETURNING 1
"""
FORGET: Final = """
    DELETE FROM imported_ideas
    WHERE imported_ideas.tenant_id = $1::text::uuid AND imported_ideas.user_id = $2 AND id = ANY ($3::uuid[])
    RETURNING 1
"""
NEXT_REMEMBERED: Final = """
    SELECT id FROM imported_ideas
    WHERE imported_ideas.tenant_id = $1::text::uuid AND imported_ideas.user_id = $2 AND source = $3::uuid
        AND id > $4::uuid
    ORDER BY id LIMIT $5::bigint
"""
"""What came from a source into a vault, after an id."""

TOUCH: Final = """
    UPDATE vaults SET changed_at = $3
    WHERE vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2 AND changed_at < $3
    RETURNING revision
"""
"""A change that keeps the times of another service leaves its time in the vault's row."""

VAULTS_OF_A_SOURCE: Final = """
    SELECT DISTINCT tenant_id, user_id FROM imported_ideas
    WHERE (tenant_id, user_id) > ($1::uuid, $2::text) AND source = $3::uuid
    ORDER BY tenant_id, user_id LIMIT $4::bigint
"""
"""As an operator."""

REMEMBERED_OF_A_SOURCE: Final = "SELECT count(*) FROM imported_ideas WHERE source = $1::uuid"
"""As an operator."""
