"""Statements of the purge. Operators find the vaults; the rest runs in a transaction in the context of one tenant."""

from typing import Final

from creatorvault.history.statements.versions import OF_IDEA
from creatorvault.ideas.statements.reads import SIZE

OF_VAULT: Final = "tenant_id = $1::text::uuid AND user_id = $2"

DUE_VERSIONS: Final = """
    SELECT DISTINCT tenant_id, user_id FROM idea_versions WHERE replaced_at > $1 AND replaced_at <= $2
"""
DUE_TRASH: Final = "SELECT DISTINCT tenant_id, user_id FROM trashed_ideas WHERE deleted_at > $1 AND deleted_at <= $2"
"""As an operator: whose versions were replaced, and ideas deleted, after $1 until $2. An index finds them."""

STATE: Final = """
    SELECT tenants.status, vaults.status, vaults.key_version, coalesce(vaults.retention_days, tenants.retention_days)
    FROM vaults, tenants
    WHERE vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2 AND tenants.tenant_id = $1::text::uuid
"""
LOCKED: Final = f"{STATE} FOR NO KEY UPDATE OF vaults"
"""Changes of the vault's ideas wait until the transaction ends."""

PRUNE_TRASH: Final = f"""
    WITH due AS MATERIALIZED (
        SELECT id FROM trashed_ideas WHERE {OF_VAULT} AND deleted_at <= $3 ORDER BY deleted_at LIMIT $4::bigint
    ), expunged AS (
        DELETE FROM trashed_ideas WHERE {OF_VAULT} AND id IN (SELECT id FROM due)
        RETURNING {SIZE} AS size
    ), forgotten AS (
        DELETE FROM idea_versions WHERE {OF_VAULT} AND id IN (SELECT id FROM due) RETURNING {SIZE} AS size
    )
    SELECT (SELECT count(*) FROM expunged), (
        SELECT coalesce(sum(size), 0)::bigint
        FROM (SELECT size FROM expunged UNION ALL SELECT size FROM forgotten) AS gone
    )
"""  # noqa: S608 - constants
"""At most $4 ideas that were deleted until $3, with all of their versions."""

# The oldest first: of an idea, only versions before all others may be missing.
PRUNE_VERSIONS: Final = f"""
    WITH due AS MATERIALIZED (
        SELECT id, number FROM idea_versions WHERE {OF_VAULT} AND replaced_at <= $3
        ORDER BY replaced_at, number LIMIT $4::bigint
    ), gone AS (
        DELETE FROM idea_versions WHERE {OF_VAULT} AND (id, number) IN (SELECT id, number FROM due)
        RETURNING {SIZE} AS size
    )
    SELECT count(*), coalesce(sum(size), 0)::bigint FROM gone
"""  # noqa: S608 - constants
"""At most $4 versions that were replaced until $3."""

DUE_IDEAS: Final = f"""
    SELECT DISTINCT id FROM idea_versions WHERE {OF_VAULT} AND replaced_at > $3 AND replaced_at <= $4
"""  # noqa: S608 - constants
TIMES: Final = f"""
    SELECT id, number, replaced_at FROM idea_versions WHERE {OF_VAULT} AND id = ANY ($3::uuid[]) ORDER BY id, number
"""  # noqa: S608 - constants
HEAD: Final = f"""
    SELECT number, previous, updated_at FROM ideas WHERE {OF_IDEA}
    UNION ALL SELECT number, previous, updated_at FROM trashed_ideas WHERE {OF_IDEA}
"""  # noqa: S608 - constants
"""The columns of `chain.End`, of the idea, which lives or is in the trash."""

RELINK: Final = f"""
    UPDATE idea_versions SET title = $5, notes = $6, tags = $7, previous = $8, previous_until = $9
    WHERE {OF_IDEA} AND number = $4 RETURNING number
"""  # noqa: S608 - constants
THIN_OUT: Final = f"""
    WITH gone AS (
        DELETE FROM idea_versions WHERE {OF_IDEA} AND number = ANY ($4::integer[]) RETURNING {SIZE} AS size
    )
    SELECT coalesce(sum(size), 0)::bigint FROM gone
"""  # noqa: S608 - constants

TOTAL: Final = """
    UPDATE totalled_vaults SET sealed_bytes = vaults.sealed_bytes
    FROM vaults, unnest($1::uuid[], $2::text[]) AS given (tenant_id, user_id)
    WHERE vaults.tenant_id = given.tenant_id AND vaults.user_id = given.user_id
        AND totalled_vaults.tenant_id = given.tenant_id AND totalled_vaults.user_id = given.user_id
    RETURNING totalled_vaults.tenant_id
"""
"""As an operator. A purge does not change `vaults.changed_at`, by which operators' lists find what to read again."""
