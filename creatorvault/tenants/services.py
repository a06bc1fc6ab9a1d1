"""Opening a vault: its row, its place in the transaction, and its cipher."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.keyring import Keyring
from creatorvault.settings import DatabaseSettings
from creatorvault.tenants.models import TenantKind, Vault
from creatorvault.tenants.repositories import VaultRepository


@dataclass(frozen=True, slots=True)
class OpenVault:
    """A vault as one snapshot sees it."""

    id: VaultId
    revision: VaultRevision
    idea_count: int
    cipher: VaultCipher


class LockedVault:
    """A vault that this transaction alone may change."""

    def __init__(self, vault_id: VaultId, row: Vault, cipher: VaultCipher, repository: VaultRepository) -> None:
        self.id = vault_id
        self.cipher = cipher
        self._row = row
        self._repository = repository

    @property
    def next_revision(self) -> VaultRevision:
        return VaultRevision(self._row.revision + 1)

    async def advance(self, *, ideas: int = 0) -> None:
        """Records one change, and by how many ideas the vault grew."""
        await self._repository.change(self._row, revision=self.next_revision, idea_count=self._row.idea_count + ideas)


class VaultService:
    def __init__(self, session: AsyncSession, vault: VaultId, keyring: Keyring, limits: DatabaseSettings) -> None:
        self._session = session
        self._vault = vault
        self._keyring = keyring
        self._repository = VaultRepository(session, vault, limits)

    async def open(self) -> OpenVault | None:
        """None for a creator who has not stored anything yet. Raises the alarms of `Keyring.cipher`."""
        state = await self._repository.enter()
        if state is None:
            return None
        cipher = await self._keyring.cipher(self._session, self._vault, state.key_version)
        return OpenVault(self._vault, state.revision, state.idea_count, cipher)

    async def open_locked(self, kind: TenantKind) -> LockedVault:
        """Makes tenant, vault and key on first use, and the next key when the present one has sealed enough."""
        row = await self._repository.enter_locked(kind)
        return LockedVault(self._vault, row, await self._cipher_for_sealing(row), self._repository)

    async def _cipher_for_sealing(self, row: Vault) -> VaultCipher:
        revision = VaultRevision(row.revision + 1)
        if row.key_version:
            cipher = await self._keyring.cipher(self._session, self._vault, KeyVersion(row.key_version))
            if not self._keyring.must_rotate(cipher, revision):
                return cipher
        version = KeyVersion(row.key_version + 1)
        cipher = await self._keyring.create(self._session, self._vault, version, revision)
        await self._repository.change(row, key_version=version)
        return cipher
