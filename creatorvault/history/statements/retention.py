"""Statements of a vault's retention. CHOSEN runs alone or in a transaction, the others with the vault's row locked."""

from typing import Final

from creatorvault.ideas.statements.reads import SIZE
from creatorvault.tenants.statements.vault import VAULT, VAULT_COLUMNS

CHOSEN: Final = VAULT.format(more="", columns=", vaults.retention_days, tenants.retention_days")
OWN_CHOICE: Final = VAULT_COLUMNS
TENANTS_CHOICE: Final = VAULT_COLUMNS + 1

CHOOSE: Final = """
    UPDATE vaults SET retention_days = $3::smallint, changed_at = $4 WHERE tenant_id = $1::text::uuid AND user_id = $2
    RETURNING retention_days
"""
FORGET_VERSIONS: Final = f"""
    WITH gone AS (
        DELETE FROM idea_versions WHERE tenant_id = $1::text::uuid AND user_id = $2
        RETURNING {SIZE} AS size, replaced_at
    )
    SELECT count(*), coalesce(sum(size), 0)::bigint, max(replaced_at) FROM gone
"""  # noqa: S608 - constants
FORGET_TRASH: Final = f"""
    WITH gone AS (
        DELETE FROM trashed_ideas WHERE tenant_id = $1::text::uuid AND user_id = $2
        RETURNING {SIZE} AS size
    )
    SELECT count(*), coalesce(sum(size), 0)::bigint FROM gone
"""  # noqa: S608 - constants
SHRINK: Final = """
    UPDATE vaults SET sealed_bytes = sealed_bytes - $3::bigint, trash_count = trash_count - $4::bigint
    WHERE tenant_id = $1::text::uuid AND user_id = $2 RETURNING sealed_bytes
"""
PRUNE: Final = """
    INSERT INTO history_prunings AS known (tenant_id, user_id, pruned_until, sealed)
    VALUES ($1::text::uuid, $2, $3, $4)
    ON CONFLICT (tenant_id, user_id) DO UPDATE SET pruned_until = excluded.pruned_until, sealed = excluded.sealed
    WHERE known.pruned_until < excluded.pruned_until
    RETURNING pruned_until
"""
