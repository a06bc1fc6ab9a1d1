"""Cache of unwrapped vault keys."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from weakref import WeakValueDictionary

from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.errors import Alert, CreatorVaultError
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision, vault_ids
from creatorvault.core.lru import LRU
from creatorvault.crypto.cipher import VaultCipher, Wrap
from creatorvault.crypto.envelope import KEY_BYTES, context
from creatorvault.crypto.errors import LostKey, WrongKey
from creatorvault.crypto.leases import Lease, LeasedKey
from creatorvault.crypto.providers.protocol import RootKeyProvider
from creatorvault.crypto.repositories import VaultKeyRepository, WrappedKey

WRAP_DOMAIN: Final = b"creatorvault/vault-key/v1"
HIGHEST_ROTATE_AFTER: Final = 2**30
RENEWALS_AT_ONCE: Final = 4


class Keyring:
    """Ciphers of the `max_vaults` most recently used vaults. One per process, shared by all requests.

    A cipher with a key that a remote provider has unwrapped is used for `cache_seconds` from then on; shortly before, a
    vault in use is renewed in the background, so that no request waits for the provider. `clock` is monotonic.

    A version number of a vault must never be assigned to a second key: a process that still holds the first would
    continue to seal with it. After a vault's keys are erased, version numbers continue where they ended.
    """

    def __init__(
        self,
        provider: RootKeyProvider,
        rotate_after: int,
        max_vaults: int = 10_000,
        *,
        cache_seconds: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`rotate_after` counts vault revisions. Raises ValueError above 2^30, see `must_rotate`."""
        if not 1 <= rotate_after <= HIGHEST_ROTATE_AFTER:
            raise ValueError(f"a vault key is rotated after 1 to {HIGHEST_ROTATE_AFTER} revisions")
        self._provider = provider
        self.rotate_after = rotate_after
        self._ciphers = LRU[VaultId, VaultCipher](max_vaults)
        self._loading: WeakValueDictionary[VaultId, asyncio.Lock] = WeakValueDictionary()
        self._forgotten = 0
        self._cache_seconds = cache_seconds
        self.clock = clock
        self._renewals: set[asyncio.Task[None]] = set()
        self._few_renewals = asyncio.Semaphore(RENEWALS_AT_ONCE)

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
                return self._kept(vault, loaded)
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
        cipher = self._ciphers.peek(vault)
        if cipher is not None and cipher.lease is not None and self.clock() >= cipher.lease.expires_at:
            return None
        return cipher

    def at_hand(self, vault: VaultId, version: KeyVersion) -> VaultCipher | None:
        """Returns the vault's cipher if it is cached with the key of `version`, or None."""
        cipher = self._ciphers.use(vault)
        if cipher is None or not cipher.has(version):
            return None
        if cipher.lease is not None and (now := self.clock()) >= cipher.lease.renews_at:
            if now >= cipher.lease.expires_at:
                return None
            self._renew_soon(cipher.lease)
        return cipher

    async def create(
        self,
        session: WriteSession,
        vault: VaultId,
        version: KeyVersion,
        first_revision: VaultRevision,
        before: VaultCipher | None = None,
        root_key_id: str | None = None,
    ) -> None:
        """Adds a new random key as `version` in the caller's transaction. It can be used after the commit.

        `before` is the cipher of the earlier versions, which the key takes the place of. The given root key wraps it,
        or else the default one. Raises IntegrityError if the vault already has a key of that version, WrongKey if the
        wrap does not open, and as `KeyWrapper.wrap`.
        """
        key, bound = os.urandom(KEY_BYTES), wrap_context(vault, version, first_revision)
        root_key_id, wrapped = await self._provider.wrap(key, bound, root_key_id)
        if await self._provider.unwrap(root_key_id, wrapped, bound) != key:
            raise WrongKey(**vault_ids(vault), key_version=str(version))
        row = WrappedKey(
            version=version,
            root_key_id=root_key_id,
            wrapped=wrapped,
            first_revision=first_revision,
            # Without all keys, the earlier versions cannot be retired, so nothing has to be taken over yet.
            carried=before.seal_carried(key, version) if before is not None and before.complete else None,
        )
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

    def expired(self) -> Sequence[VaultId]:
        """Returns vaults whose keys are still in memory, but may not be used any more."""
        now = self.clock()
        ciphers = [(vault, self._ciphers.peek(vault)) for vault in self._ciphers]
        return [vault for vault, cipher in ciphers if cipher and cipher.lease and now >= cipher.lease.expires_at]

    async def aclose(self) -> None:
        for renewal in self._renewals:
            renewal.cancel()
        await asyncio.gather(*self._renewals, return_exceptions=True)

    def _kept(self, vault: VaultId, loaded: VaultCipher) -> VaultCipher:
        """Returns the cached cipher if it has the same keys, so that what was derived from it is still of use."""
        cached = self._ciphers.peek(vault)
        if cached is not None and cached.has_keys_of(loaded):
            cached.lease = loaded.lease
            return cached
        self._ciphers.put(vault, loaded)
        return loaded

    def _renew_soon(self, lease: Lease) -> None:
        lease.suspend_renewal()
        renewal = asyncio.create_task(self._renew(lease))
        self._renewals.add(renewal)
        renewal.add_done_callback(self._renewals.discard)

    async def _renew(self, lease: Lease) -> None:
        """If a key cannot be unwrapped now, the lease ends when it would have; until then it is tried again."""
        async with self._few_renewals:
            now = self.clock()
            try:
                for root_key_id, wrapped, bound, key in lease.keys:
                    if await self._provider.unwrap(root_key_id, wrapped, bound) != key:
                        raise WrongKey(root_key_id=root_key_id)
            except CreatorVaultError:
                lease.retry_renewal(self.clock())
            else:
                lease.renew(now)

    async def _load(self, session: ReadSession, vault: VaultId, version: KeyVersion) -> VaultCipher:
        """An old key that does not unwrap raises an alert for readers of what it sealed, not for the whole vault."""
        unwrapped_at = self.clock()
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
        wrap, carried = Wrap(rows[-1].root_key_id, rows[-1].wrapped), rows[-1].carried
        return VaultCipher(
            vault,
            rows[-1].first_revision,
            keys,
            unusable=unusable,
            wrap=wrap,
            carried=carried,
            lease=self._lease(vault, rows, keys, unwrapped_at),
        )

    def _lease(
        self, vault: VaultId, rows: Sequence[WrappedKey], keys: Mapping[KeyVersion, bytes], unwrapped_at: float
    ) -> Lease | None:
        leased = [
            LeasedKey(
                row.root_key_id, row.wrapped, wrap_context(vault, row.version, row.first_revision), keys[row.version]
            )
            for row in rows
            if row.version in keys and self._provider.expires(row.root_key_id)
        ]
        return Lease(leased, self._cache_seconds, unwrapped_at) if leased else None


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
