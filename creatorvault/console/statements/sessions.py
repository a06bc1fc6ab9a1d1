"""Statements of the operators' login about sessions."""

from typing import Final

OPEN: Final = """
    INSERT INTO console_sessions (id, actor, operator_id, client, authenticated_at, expires_at, token)
    VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
"""
FIND: Final = """
    SELECT s.actor, s.operator_id, s.client, s.authenticated_at, s.expires_at, s.token, o.name, o.scopes,
           o.appointed_by, s.expires_at > $2 AND (
               s.operator_id IS NULL OR o.revoked_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > $2)
           )
    FROM console_sessions AS s LEFT JOIN operators AS o ON o.id = s.operator_id WHERE s.id = $1
"""
"""The last column is whether the session holds at $2, and the operator's key, too."""

END: Final = "DELETE FROM console_sessions WHERE id = $1 RETURNING actor"
END_ALL: Final = "DELETE FROM console_sessions WHERE actor = $1 RETURNING id"
PRUNE: Final = "DELETE FROM console_sessions WHERE expires_at <= $1"
