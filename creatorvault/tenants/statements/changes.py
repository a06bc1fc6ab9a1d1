"""Changes of a vault's ideas: the common part, which updates the vault's row."""

from datetime import datetime
from typing import Final, NamedTuple

from creatorvault.core.database.tenant_context import CONTEXT_IS_SET

# Returns a row if the tenant is active, the vault is in use, its revision is not lower than this process has seen, the
# sealing key is stored as this process has unwrapped it and is not due for rotation, the counters do not become
# negative, and the quotas allow the growth. The database assigns the revision. A quota of the whole tenant requires
# reading all of its vaults under a lock: $15 is true if that was done. $16 says whether the change keeps what it
# replaces, which the vault's retention must allow; it is null for a change that replaces nothing.
CHANGED: Final = f"""
    WITH changed AS (
        UPDATE vaults
        SET revision = vaults.revision + 1, digest = vaults.digest # $7::bigint,
            idea_count = vaults.idea_count + $5::bigint, sealed_bytes = vaults.sealed_bytes + $6::bigint,
            trash_count = vaults.trash_count + $17::bigint, changed_at = $8
        FROM tenants, keys.vault_keys
        WHERE {CONTEXT_IS_SET}
            AND tenants.tenant_id = $1::text::uuid AND tenants.status = 'active'
            AND ($15::boolean OR (tenants.idea_quota IS NULL AND tenants.byte_quota IS NULL))
            AND vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2
            AND vaults.status IS NULL AND vaults.key_version = $3 AND vaults.revision >= $4::bigint
            AND vault_keys.tenant_id = $1::text::uuid AND vault_keys.user_id = $2 AND vault_keys.version = $3
            AND vault_keys.first_revision = $11 AND vault_keys.root_key_id = $12 AND vault_keys.wrapped = $13
            AND vaults.revision + 1 - $11 < $14::bigint
            AND ($16::boolean IS NULL OR $16::boolean
                = (coalesce(vaults.retention_days, tenants.retention_days, $18::smallint) > 0))
            AND vaults.trash_count + $17::bigint >= 0
            AND vaults.idea_count + $5::bigint >= 0 AND vaults.sealed_bytes + $6::bigint >= 0
            AND ($5::bigint <= 0 OR vaults.idea_count + $5::bigint <= coalesce(tenants.vault_idea_quota, $9::bigint))
            AND ($6::bigint <= 0 OR vaults.sealed_bytes + $6::bigint <= coalesce(tenants.vault_byte_quota, $10::bigint))
        RETURNING vaults.tenant_id, vaults.revision, vaults.segmented
    )
"""  # noqa: S608 - constants
FIRST_ARGUMENT: Final = 19
"""The number of the first argument of the statement that follows CHANGED."""

UNLIMITED: Final = 2**63 - 1


class UsageDelta(NamedTuple):
    """The difference that a change makes to a vault's counters. `sealed_bytes` is the size of ciphertexts."""

    ideas: int
    sealed_bytes: int
    trashed: int = 0


class VaultChange(NamedTuple):
    """`statement` begins with CHANGED, selects from `changed`, and returns one row: the revision, or null if nothing
    was changed. So of several changes that are sent at once, it is known which row belongs to which change.

    `digest` is combined with the vault's by exclusive or. `keeps` is whether what is replaced is kept, None if nothing
    is replaced.
    """

    statement: str
    usage: UsageDelta
    digest: int
    changed_at: datetime
    arguments: tuple[object, ...]
    keeps: bool | None = None
