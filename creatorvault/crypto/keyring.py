"""The vault keys that this process has unwrapped."""

import asyncio
import os
from typing import Final
from weakref import WeakValueDictionary

from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision, vault_ids
from creatorvault.core.lru import LRU
from creatorvault.crypto.cipher import VaultCipher, Wrap
from creatorvault.crypto.envelope import KEY_BYTES, context
from creatorvault.crypto.errors import LostKey, WrongKey
from creatorvault.crypto.repositories import VaultKeyRepository, WrappedKey
from creatorvault.crypto.rootkeys import RootKeyProvider

WRAP_DOMAIN: Final = b"creatorvault/vault-key/v1"
HIGHEST_ROTATE_AFTER: Final = 2**30


class Keyring:
    """Ciphers by vault, the most recently used `max_vaults` of them. One per process, shared by all requests.

    A version number of a vault must never be given to a second key: a process that still holds the first would go on
    sealing with it. Who erases a vault's keys keeps counting where they ended.
    """

    def __init__(self, provider: RootKeyProvider, rotate_after: int, max_vaults: int = 10_000) -> None:
        """`rotate_after` counts vault revisions. Raises ValueError above 2^30, see `must_rotate`."""
        if not 1 <= rotate_after <= HIGHEST_ROTATE_AFTER:
            raise ValueError(f"a vault key is rotated after 1 to {HIGHEST_ROTATE_AFTER} revisions")
        self._provider = provider
        self.rotate_after = rotate_after
        self._ciphers = LRU[VaultId, VaultCipher](max_vaults)
        self._loading: WeakValueDictionary[VaultId, asyncio.Lock] = WeakValueDictionary()
        self._forgotten = 0

    @property
    def vaults_held(self) -> int:
        """How many vaults' keys are in memory."""
        return len(self._ciphers)

    async def cipher(self, session: ReadSession, vault: VaultId, version: KeyVersion) -> VaultCipher:
        """The vault's cipher, which has at least the key of `version`, the newest one that the caller's snapshot knows.

        Raises LostKey when there is no such key row, and whatever the provider raises about that version. Requests that
        miss at the same time wait for one of them to load.
        """
        if (cached := self.at_hand(vault, version)) is not None:
            return cached
        async with self._loading.setdefault(vault, asyncio.Lock()):
            if (cached := self.at_hand(vault, version)) is not None:
                return cached
            forgotten = self._forgotten
            loaded = await self._load(session, vault, version)
            if loaded.complete and forgotten == self._forgotten:
                self._ciphers.put(vault, loaded)
            return loaded

    async def cipher_for_sealing(self, session: ReadSession, vault: VaultId, version: KeyVersion) -> VaultCipher:
        """As `cipher`, once it is sure that the key that seals is still stored as it was when it was unwrapped.

        What this process seals with a key that is nowhere else would be lost with it. A key whose row is gone or was
        edited is forgotten and read again, which raises the alarm of `cipher`.
        """
        cipher = await self.cipher(session, vault, version)
        if await VaultKeyRepository(session, vault).has(cipher.version, cipher.first_revision, cipher.wrap):
            return cipher
        self.forget(vault)
        return await self.cipher(session, vault, version)

    def newest(self, vault: VaultId) -> VaultCipher | None:
        """The newest cipher of the vault that this process has; another process may have made a newer key."""
        return self._ciphers.peek(vault)

    def at_hand(self, vault: VaultId, version: KeyVersion) -> VaultCipher | None:
        """The vault's cipher if this process has it already, with the key of `version`."""
        cipher = self._ciphers.use(vault)
        return cipher if cipher is not None and cipher.has(version) else None

    async def create(
        self, session: WriteSession, vault: VaultId, version: KeyVersion, first_revision: VaultRevision
    ) -> None:
        """Adds a new random key as `version` in the caller's transaction. It can be used once that is committed.

        Raises IntegrityError if the vault has a key of that version already, and WrongKey if the wrap does not open.
        """
        key, bound = os.urandom(KEY_BYTES), wrap_context(vault, version, first_revision)
        root_key_id, wrapped = await self._provider.wrap(key, bound)
        if await self._provider.unwrap(root_key_id, wrapped, bound) != key:
            raise WrongKey(**vault_ids(vault), key_version=str(version))
        row = WrappedKey(version=version, root_key_id=root_key_id, wrapped=wrapped, first_revision=first_revision)
        await VaultKeyRepository(session, vault).add(row)

    def must_rotate(self, cipher: VaultCipher, revision: VaultRevision) -> bool:
        """Whether the write that makes `revision` has to create the next key version first.

        AES-GCM with random nonces allows 2^32 seals under one key (NIST SP 800-38D, section 8.3). A revision seals
        three values of an idea, and a write that rolls back seals without a revision: the default of 2^24 leaves a
        factor of 85.
        """
        return revision - cipher.first_revision >= self.rotate_after

    def forget(self, vault: VaultId) -> None:
        """Lets go of the vault's keys in this process, a load in flight included."""
        self._forgotten += 1
        self._ciphers.pop(vault)

    async def _load(self, session: ReadSession, vault: VaultId, version: KeyVersion) -> VaultCipher:
        """An old key that does not unwrap is an alarm for the readers of what it sealed, not for all of the vault."""
        keys: dict[KeyVersion, bytes] = {}
        unusable: dict[KeyVersion, Alert] = {}
        rows = await VaultKeyRepository(session, vault).all()
        for row in rows:
            try:
                keys[row.version] = await self._provider.unwrap(
                    row.root_key_id, row.wrapped, wrap_context(vault, row.version, row.first_revision)
                )
            except Alert as alert:
                alert.ids.update(vault_ids(vault), key_version=str(row.version))
                unusable[row.version] = alert
        newest = max((row.version for row in rows), default=version)
        for needed in (version, newest):
            if needed not in keys:
                raise unusable.get(needed) or LostKey(**vault_ids(vault), key_version=str(needed))
        wrap = Wrap(rows[-1].root_key_id, rows[-1].wrapped)
        return VaultCipher(vault, rows[-1].first_revision, keys, unusable=unusable, wrap=wrap)


def wrap_context(vault: VaultId, version: KeyVersion, first_revision: VaultRevision) -> bytes:
    """What binds a wrap to its row; the root key's id follows as one more part, added by who wraps.

    Numbers are signed only so that a row that was edited to a negative one ends as an alarm, not as an OverflowError.
    """
    return context(
        WRAP_DOMAIN,
        vault.tenant_id.bytes,
        vault.user_id.encode(),
        version.to_bytes(4, signed=True),
        first_revision.to_bytes(8, signed=True),
    )
