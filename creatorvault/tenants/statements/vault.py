"""The vault and rows of it in one statement: the plain way is `tenants.repositories` in a transaction."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from creatorvault.core.database.statements import Row, Statements
from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.keyring import Keyring
from creatorvault.tenants.models import TenantStatus
from creatorvault.tenants.revisions import SeenRevisions
from creatorvault.tenants.services import OpenVault

# As in tenants.repositories.ENTER: the context ends with the statement's own transaction, and rows are looked up for
# the tenant id that set_config returns, so not before it is set. LIMIT keeps the planner from joining them otherwise.
# Seen out of order, rows would be missing and never foreign: what a glance does not find is looked for the plain way.
VAULT: Final = """
    WITH context (tenant_id, user_id) AS MATERIALIZED (
        SELECT set_config('app.tenant_id', $1, true)::uuid, $2::text
    ){more}
    SELECT tenants.status, vaults.revision, vaults.idea_count, vaults.key_version{columns}
    FROM context
    LEFT JOIN LATERAL (
        SELECT status FROM tenants WHERE tenants.tenant_id = context.tenant_id LIMIT 1
    ) AS tenants ON true
    LEFT JOIN LATERAL (
        SELECT revision, idea_count, key_version FROM vaults
        WHERE vaults.tenant_id = context.tenant_id AND vaults.user_id = $2 LIMIT 1
    ) AS vaults ON true
"""
VAULT_COLUMNS: Final = 4
VAULT_ALONE: Final = VAULT.format(more="", columns="")


class Glanced(NamedTuple):
    """`rows` begin with the columns of the vault, `VAULT_COLUMNS` in number; there is at least one."""

    vault: OpenVault
    rows: Sequence[Row]


class VaultGlances:
    """One vault, as single statements see it."""

    def __init__(self, database: Statements, vault: VaultId, keyring: Keyring, revisions: SeenRevisions) -> None:
        self.database = database
        self.id = vault
        self.keyring = keyring
        self.revisions = revisions

    @property
    def cipher(self) -> VaultCipher | None:
        """What can be opened before looking; what it does not open, a newer cipher may."""
        return self.keyring.newest(self.id)

    async def look(self, statement: str = VAULT_ALONE, *arguments: object) -> Glanced | None:
        """`statement` begins with VAULT. None when a glance does not do, and the plain way has to be gone.

        That is: no such vault yet, a tenant that is not served, a key that is not at hand, or a vault that seems to be
        set back.
        """
        vault = self.id
        if self.keyring.newest(vault) is None:
            return None
        known = self.revisions.get(vault)
        rows = await self.database.rows(statement, str(vault.tenant_id), vault.user_id, *arguments)
        status, revision, idea_count, key_version, *_ = rows[0]
        if status != TenantStatus.ACTIVE or revision is None or (known is not None and revision < known):
            return None
        self.revisions.put(vault, revision)
        cipher = self.keyring.at_hand(vault, key_version)
        if cipher is None:
            return None
        return Glanced(OpenVault(vault, VaultRevision(revision), idea_count, cipher), rows)
