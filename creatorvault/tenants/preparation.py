"""Creates the prerequisites of a change: the tenant's row, the vault's row, and the key that seals."""

from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision, vault_ids
from creatorvault.tenants.admission import admit
from creatorvault.tenants.errors import VaultSetBack
from creatorvault.tenants.models import TenantStatus
from creatorvault.tenants.parts import VaultParts
from creatorvault.tenants.repositories import Counters, VaultRepository
from creatorvault.tenants.resolution import TenantName


class Preparation:
    """Runs in a separate transaction, so that a key is never used before it is committed."""

    def __init__(
        self, parts: VaultParts, tenant: TenantName, vault: VaultId, recorder: Callable[[], AuditRecorder]
    ) -> None:
        self._parts = parts
        self._tenant = tenant
        self._vault = vault
        self._recorder = recorder

    async def make(self) -> None:
        """Creates what is missing. Raises as `admit`, VaultSetBack, and LostKey."""
        parts = self._parts
        async with parts.database.writing(self._tenant.id) as session:
            repository = VaultRepository(session, self._vault)
            state = await repository.tenant()
            admit(parts, self._vault, state.status)
            if state.status is None and await repository.provision(self._tenant):
                kind = self._tenant.kind.value
                await self._recorder().record(session, self._tenant.id, "tenant.created", kind=kind)
            counters = await repository.locked() or await repository.locked_or_made()
            admit(parts, self._vault, counters.status or TenantStatus.ACTIVE)
            await self._make_key(session, repository, counters)

    async def _make_key(
        self, session: WriteSession, repository: VaultRepository[WriteSession], counters: Counters
    ) -> None:
        """Creates a key unless the vault has one that may seal its next revision."""
        keyring, next_revision = self._parts.keyring, VaultRevision(counters.revision + 1)
        if counters.key_version:
            cipher = await keyring.cipher_for_sealing(session, self._vault, counters.key_version)
            if not keyring.must_rotate(cipher, next_revision):
                return
        version = KeyVersion(counters.key_version + 1)
        try:
            await keyring.create(session, self._vault, version, next_revision)
        except IntegrityError:  # a key exists that the vault's row does not reference
            raise VaultSetBack(**vault_ids(self._vault), key_version=str(version)) from None
        await repository.set_key_version(version)
        verb = "key.created" if version == 1 else "key.rotated"
        await self._recorder().record(
            session, self._vault.tenant_id, verb, user_id=self._vault.user_id, version=str(version)
        )
