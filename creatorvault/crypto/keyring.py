"""Cache of unwrapped vault keys."""

import asyncio
import os
from collections.abc import Iterable
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
    """Ciphers of the `max_vaults` most recently used vaults. One per process, shared by all requests.

    A version number of a vault must never be assigned to a second key: a process that still holds the first would
    continue to seal with it. After a vault's keys are erased, version numbers continue where they ended.
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
        """The number of vaults whose keys are in memory."""
        return len(self._ciphers)

    async def cipher(self, session: ReadSession, vault: VaultId, version: KeyVersion) -> VaultCipher:
        """Returns the vault's cipher with at least the key of `version`, the newest one in the caller's snapshot.

        Raises LostKey if there is no such key row, and the provider's errors for that version. Concurrent requests that
        miss the cache share one load.
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
        """As `cipher`, after checking that the sealing key is still stored as it was when it was unwrapped.

        Data sealed with a key that exists only in this process would be lost with it. A key whose row is missing or was
        edited is forgotten and read again, which raises the alert of `cipher`.
        """
        cipher = await self.cipher(session, vault, version)
        if await self.is_stored(session, vault, cipher):
            return cipher
        self.forget(vault)
        return await self.cipher(session, vault, version)

    async def is_stored(self, session: ReadSession, vault: VaultId, cipher: VaultCipher) -> bool:
        """Whether the sealing key is still stored as it was when it was unwrapped."""
        return await VaultKeyRepository(session, vault).has(cipher.version, cipher.first_revision, cipher.wrap)

    def newest(self, vault: VaultId) -> VaultCipher | None:
        """Returns the vault's cipher from the cache; another process may have created a newer key."""
        return self._ciphers.peek(vault)

    def at_hand(self, vault: VaultId, version: KeyVersion) -> VaultCipher | None:
        """Returns the vault's cipher if it is cached with the key of `version`, or None."""
        cipher = self._ciphers.use(vault)
        return cipher if cipher is not None and cipher.has(version) else None

    async def create(
        self, session: WriteSession, vault: VaultId, version: KeyVersion, first_revision: VaultRevision
    ) -> None:
        """Adds a new random key as `version` in the caller's transaction. It can be used after the commit.

        Raises IntegrityError if the vault already has a key of that version, and WrongKey if the wrap does not open.
        """
        key, bound = os.urandom(KEY_BYTES), wrap_context(vault, version, first_revision)
        root_key_id, wrapped = await self._provider.wrap(key, bound)
        if await self._provider.unwrap(root_key_id, wrapped, bound) != key:
            raise WrongKey(**vault_ids(vault), key_version=str(version))
        row = WrappedKey(version=version, root_key_id=root_key_id, wrapped=wrapped, first_revision=first_revision)
        await VaultKeyRepository(session, vault).add(row)

    def must_rotate(self, cipher: VaultCipher, revision: VaultRevision) -> bool:
        """Returns whether the write of `revision` must create the next key version first.

        AES-GCM with random nonces allows 2^32 seals under one key (NIST SP 800-38D, section 8.3). A revision seals
        three values of an idea, and a write that rolls back seals without a revision: the default of 2^24 leaves a
        factor of 85.
        """
        return revision > self.last_revision(cipher)

    def last_revision(self, cipher: VaultCipher) -> VaultRevision:
        """Returns the last vault revision that the cipher's key may seal."""
        return VaultRevision(cipher.first_revision + self.rotate_after - 1)

    def vaults(self) -> Iterable[VaultId]:
        return self._ciphers

    def forget(self, vault: VaultId) -> None:
        """Removes the vault's keys from this process, including those of a load in progress."""
        self._forgotten += 1
        self._ciphers.pop(vault)

    async def _load(self, session: ReadSession, vault: VaultId, version: KeyVersion) -> VaultCipher:
        """An old key that does not unwrap raises an alert for readers of what it sealed, not for the whole vault."""
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
    """Returns the context that binds a wrap to its row. The provider appends the root key's id as another part.

    Numbers are signed only so that a row that was edited to a negative one raises an alert, not an OverflowError.
    """
    return context(
        WRAP_DOMAIN,
        vault.tenant_id.bytes,
        vault.user_id.encode(),
        version.to_bytes(4, signed=True),
        first_revision.to_bytes(8, signed=True),
    )
