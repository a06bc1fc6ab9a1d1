"""Creates the prerequisites of a change: the tenant's row, the vault's row, and the key that seals."""

from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision, vault_ids
from creatorvault.crypto.cipher import VaultCipher
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

    async def make(self, revisions: int = 1) -> None:
        """Creates what is missing for so many revisions. Raises as `admit`, VaultSetBack, and LostKey."""
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
            await self._make_key(session, repository, counters, state.root_key_id, revisions)

    async def _make_key(
        self,
        session: WriteSession,
        repository: VaultRepository[WriteSession],
        counters: Counters,
        root_key_id: str | None,
        revisions: int,
    ) -> None:
        """Creates a key unless the vault has one that may seal its next revisions."""
        keyring = self._parts.keyring
        if counters.key_version:
            cipher = await keyring.cipher_for_sealing(session, self._vault, counters.key_version)
            if not keyring.must_rotate(cipher, last_needed(self._parts, counters, revisions)):
                return
            await make_next_key(self._parts, session, repository, counters, self._recorder(), root_key_id, cipher)
        else:
            await make_next_key(self._parts, session, repository, counters, self._recorder(), root_key_id)


def last_needed(parts: VaultParts, counters: Counters, revisions: int) -> VaultRevision:
    """Returns the last of the vault's next `revisions` that its key must be able to seal. One that is new may seal
    them all, even if they are more than `rotate_after`.
    """
    return VaultRevision(counters.revision + min(revisions, parts.keyring.rotate_after))


async def make_next_key(
    parts: VaultParts,
    session: WriteSession,
    repository: VaultRepository[WriteSession],
    counters: Counters,
    recorder: AuditRecorder,
    root_key_id: str | None,
    before: VaultCipher | None = None,
) -> KeyVersion:
    """Makes the next version of the vault's key, which seals from the commit on. `before` is the cipher until then.
    `root_key_id` is the tenant's own root key, or None.

    The vault's row must be locked, and `counters` be read from it. Raises VaultSetBack, and as `Keyring.create`.
    """
    vault = repository.vault
    version = KeyVersion(counters.key_version + 1)
    try:
        await parts.keyring.create(session, vault, version, VaultRevision(counters.revision + 1), before, root_key_id)
    except IntegrityError:  # a key exists that the vault's row does not reference
        raise VaultSetBack(**vault_ids(vault), key_version=str(version)) from None
    await repository.set_key_version(version)
    verb = "key.created" if before is None else "key.rotated"
    await recorder.record(session, vault.tenant_id, verb, user_id=vault.user_id, version=str(version))
    return version
