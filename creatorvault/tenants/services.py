"""Opening a vault: its tenant's status, its row, its place in the transaction, and its cipher."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError

from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision, vault_ids
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.keyring import Keyring
from creatorvault.settings.sections import Settings, TenancySettings
from creatorvault.tenants.errors import TenantErased, TenantSuspended, TenantUnknown, VaultMismatch, VaultSetBack
from creatorvault.tenants.models import TenantStatus, Vault
from creatorvault.tenants.quotas import Quotas
from creatorvault.tenants.repositories import VaultRepository
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.revisions import SeenRevisions


@dataclass(frozen=True, slots=True)
class OpenVault:
    """A vault as one snapshot sees it."""

    id: VaultId
    revision: VaultRevision
    idea_count: int
    cipher: VaultCipher


class LockedVault:
    """A vault that this transaction alone may change."""

    def __init__(
        self,
        vault_id: VaultId,
        row: Vault,
        cipher: VaultCipher,
        repository: VaultRepository[WriteSession],
        quotas: Quotas,
    ) -> None:
        self.id = vault_id
        self.cipher = cipher
        self._row = row
        self._repository = repository
        self._quotas = quotas

    @property
    def revision(self) -> VaultRevision:
        return VaultRevision(self._row.revision)

    @property
    def next_revision(self) -> VaultRevision:
        return VaultRevision(self._row.revision + 1)

    async def advance(self, *, ideas: int = 0, sealed_bytes: int) -> None:
        """Records one change, and by how much the vault grew.

        Raises QuotaExceeded, and VaultMismatch when more is taken away than the vault counts.
        """
        if self._row.idea_count + ideas < 0 or self._row.sealed_bytes + sealed_bytes < 0:
            raise VaultMismatch(**vault_ids(self.id))
        await self._quotas.check_growth(self._row, self._repository, ideas=ideas, sealed_bytes=sealed_bytes)
        await self._repository.change(
            self._row,
            revision=self.next_revision,
            idea_count=self._row.idea_count + ideas,
            sealed_bytes=self._row.sealed_bytes + sealed_bytes,
            changed_at=datetime.now(UTC),
        )


class VaultService[SessionT: ReadSession]:
    """Opens one creator's vault in one tenant, within the caller's transaction."""

    def __init__(
        self,
        session: SessionT,
        tenant: TenantName,
        vault: VaultId,
        keyring: Keyring,
        settings: Settings,
        recorder: AuditRecorder,
        revisions: SeenRevisions,
    ) -> None:
        self._session = session
        self._tenant = tenant
        self._vault = vault
        self._keyring = keyring
        self._tenancy = settings.tenancy
        self._recorder = recorder
        self._revisions = revisions
        self._repository = VaultRepository(session, vault)

    async def open(self) -> OpenVault | None:
        """None for a creator who has not stored anything yet.

        Raises TenantSuspended, TenantErased, TenantUnknown, VaultSetBack, and the alarms of `Keyring.cipher`.
        """
        known = self._revisions.get(self._vault)
        state = await self._repository.enter()
        self._admit(state.status)
        self._check(known, state.revision)
        if state.revision is None or state.idea_count is None or state.key_version is None:
            return None
        self._revisions.put(self._vault, state.revision)
        cipher = await self._keyring.cipher(self._session, self._vault, state.key_version)
        return OpenVault(self._vault, state.revision, state.idea_count, cipher)

    async def open_locked(self: "VaultService[WriteSession]") -> LockedVault:
        """Makes tenant, vault and key on first use, and the next key when the present one has sealed enough.

        Raises as `open`, and LostKey when the row of the key that would seal is not there any more.
        """
        known = self._revisions.get(self._vault)
        state = await self._repository.enter_to_write()
        self._admit(state.status)
        if state.status is None:
            await self._provision()
        row = await self._repository.locked()
        self._check(known, VaultRevision(row.revision))
        cipher = await self._cipher_for_sealing(row)
        return LockedVault(self._vault, row, cipher, self._repository, Quotas(state, self._tenancy))

    async def _provision(self: "VaultService[WriteSession]") -> None:
        if await self._repository.provision(self._tenant):
            await self._recorder.record(self._session, self._tenant.id, "tenant.created", kind=self._tenant.kind.value)

    def _admit(self, status: TenantStatus | None) -> None:
        try:
            refuse(status, self._tenancy)
        except TenantErased:
            self._keyring.forget(self._vault)  # another process may have erased the tenant
            raise

    def _check(self, known: VaultRevision | None, revision: VaultRevision | None) -> None:
        try:
            self._revisions.check(self._vault, known, revision)
        except VaultSetBack:
            self._keyring.forget(self._vault)  # a key that came into use since may be lost with the rest
            raise

    async def _cipher_for_sealing(self: "VaultService[WriteSession]", row: Vault) -> VaultCipher:
        revision = VaultRevision(row.revision + 1)
        if row.key_version:
            cipher = await self._keyring.cipher_for_sealing(self._session, self._vault, KeyVersion(row.key_version))
            if not self._keyring.must_rotate(cipher, revision):
                return cipher
        version = KeyVersion(row.key_version + 1)
        try:
            cipher = await self._keyring.create(self._session, self._vault, version, revision)
        except IntegrityError:  # there is a key that the vault's row does not know of
            raise VaultSetBack(**vault_ids(self._vault), key_version=str(version)) from None
        await self._repository.change(row, key_version=version)
        verb = "key.created" if version == 1 else "key.rotated"
        await self._recorder.record(
            self._session, self._vault.tenant_id, verb, user_id=self._vault.user_id, version=str(version)
        )
        return cipher


def refuse(status: TenantStatus | None, tenancy: TenancySettings) -> None:
    """Raises TenantSuspended, TenantErased, and TenantUnknown where tenants do not come to be by themselves."""
    match status:
        case None if not tenancy.auto_provision:
            raise TenantUnknown
        case TenantStatus.SUSPENDED:
            raise TenantSuspended
        case TenantStatus.ERASING | TenantStatus.ERASED:
            raise TenantErased
