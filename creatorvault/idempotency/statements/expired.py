"""Stored results of all tenants, for the operators' login."""

from typing import Final

EXPIRED: Final = "SELECT DISTINCT tenant_id, user_id FROM idempotency_answers WHERE expires_at <= $1 LIMIT $2"
"""At most $2 vaults that have results which had expired at $1."""
