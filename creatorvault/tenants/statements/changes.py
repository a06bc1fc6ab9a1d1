"""A vault moved on by one revision, and the change that this counts, in one statement.

The plain way is `tenants.services.LockedVault` in a transaction. A statement that goes through is committed.
"""

from datetime import datetime
from typing import Final, NamedTuple

from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.waiting.keyed_locks import KeyedLock
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.settings.sections import TenancySettings
from creatorvault.tenants.statements.vault import VaultGlances

# Sets the context of a statement whose first argument is the tenant's id. A condition on no column is what PostgreSQL
# calls a one-time filter, tested before any row is looked for. Tested later, row-level security would hide the rows,
# and nothing would be done.
ENTERED: Final = "(SELECT set_config('app.tenant_id', $1::text, true)) = $1::text"

# A row comes out when the vault is as expected, its tenant served, the key that seals still stored as this process has
# unwrapped it, no less counted than is taken away, and growth within the quotas as far as this vault alone tells. The
# revision counts every committed change of the vault's ideas: an idea that was read at that revision is as it was read.
ADVANCED: Final = f"""
    WITH advanced AS (
        UPDATE vaults
        SET revision = $4::bigint + 1, idea_count = vaults.idea_count + $5::bigint,
            sealed_bytes = vaults.sealed_bytes + $6::bigint, changed_at = $7
        FROM tenants, keys.vault_keys
        WHERE {ENTERED}
            AND tenants.tenant_id = $1::text::uuid AND tenants.status = 'active'
            AND tenants.idea_quota IS NULL AND tenants.byte_quota IS NULL
            AND vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2
            AND vaults.key_version = $3 AND vaults.revision = $4::bigint
            AND vault_keys.tenant_id = $1::text::uuid AND vault_keys.user_id = $2 AND vault_keys.version = $3
            AND vault_keys.first_revision = $10 AND vault_keys.root_key_id = $11 AND vault_keys.wrapped = $12
            AND vaults.idea_count + $5::bigint >= 0 AND vaults.sealed_bytes + $6::bigint >= 0
            AND ($5::bigint <= 0 OR vaults.idea_count + $5::bigint <= coalesce(tenants.vault_idea_quota, $8::bigint))
            AND ($6::bigint <= 0 OR vaults.sealed_bytes + $6::bigint <= coalesce(tenants.vault_byte_quota, $9::bigint))
        RETURNING vaults.tenant_id, vaults.revision, vaults.segmented
    )
"""  # noqa: S608 - constants
FIRST_ARGUMENT: Final = 13
"""The number of the first argument of the statement that goes on after ADVANCED."""

UNLIMITED: Final = 2**63 - 1


class Expected(NamedTuple):
    """How a vault should be when it is moved on."""

    revision: VaultRevision
    cipher: VaultCipher

    @property
    def next_revision(self) -> VaultRevision:
        return VaultRevision(self.revision + 1)


class UsageDelta(NamedTuple):
    """What a change adds to a vault; negative where it takes away. `sealed_bytes` is the size of ciphertexts."""

    ideas: int
    sealed_bytes: int


class VaultAdvances:
    """One vault, as single statements move it on."""

    def __init__(self, vault: VaultGlances, tenancy: TenancySettings) -> None:
        self._vault = vault
        self._tenancy = tenancy

    def lock(self) -> KeyedLock:
        """Raises ServiceUnavailable."""
        return self._vault.revisions.lock(self._vault.id)

    async def guess(self) -> Expected | None:
        """From what this process saw last, without asking; None where it saw nothing."""
        revision, cipher = self._vault.revisions.get(self._vault.id), self._vault.keyring.newest(self._vault.id)
        return None if revision is None or cipher is None else Expected(revision, cipher)

    async def look(self) -> Expected | None:
        """None where a glance does not do."""
        glanced = await self._vault.look()
        return None if glanced is None else Expected(glanced.vault.revision, glanced.vault.cipher)

    async def advance(
        self, statement: str, expected: Expected, growth: UsageDelta, changed_at: datetime, *arguments: object
    ) -> bool:
        """`statement` begins with ADVANCED, selects from `advanced`, and gives a row when it has changed something.

        False when nothing was done, since the vault is not as expected or may not grow so: the plain way has the last
        word. Raises as `Statements.changed`.
        """
        tenancy, vault = self._tenancy, self._vault
        if (tenancy.idea_quota, tenancy.byte_quota) != (None, None):
            return False  # it takes a look at all of the tenant's vaults
        if vault.keyring.must_rotate(expected.cipher, expected.next_revision):
            return False
        changed = await vault.database.changed(
            statement,
            *(str(vault.id.tenant_id), vault.id.user_id, expected.cipher.version, expected.revision, *growth),
            *(changed_at, _limit(tenancy.vault_idea_quota), _limit(tenancy.vault_byte_quota)),
            *(expected.cipher.first_revision, *expected.cipher.wrap, *arguments),
        )
        if changed:
            vault.revisions.put(vault.id, expected.next_revision)
        return bool(changed)


def _limit(quota: int | None) -> int:
    return UNLIMITED if quota is None else quota
