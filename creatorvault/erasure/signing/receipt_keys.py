"""The keys that sign receipts. A database upgrade creates the first, `creatorvault receipts rotate-key` the next."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from creatorvault.core.database.sessions import Database, ReadSession, WriteSession
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.crypto.envelope import context
from creatorvault.crypto.errors import WrongKey
from creatorvault.crypto.providers.protocol import RootKeyProvider
from creatorvault.erasure.errors import ReceiptKeyMissing
from creatorvault.erasure.models import ReceiptKey
from creatorvault.erasure.receipts import PublicKey, PublicKeySet, public_key_of, signed
from creatorvault.erasure.signing.repositories import ReceiptKeyRepository

log = get_logger(__name__)

DOMAIN: Final = b"creatorvault/receipt-key/v1"
REMEMBERED_SECONDS: Final = 60.0


class ReceiptKeys:
    """One per process. The published keys are read once a minute, since anybody may ask for them."""

    def __init__(
        self, provider: RootKeyProvider, database: Database, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._provider = provider
        self._database = database
        self._monotonic = monotonic
        self._published = PublicKeySet([])
        self._read_at: float | None = None

    async def published(self) -> PublicKeySet:
        """Raises ServiceUnavailable."""
        now = self._monotonic()
        if self._read_at is None or now - self._read_at >= REMEMBERED_SECONDS:
            async with self._database.reading() as session:
                self._published = await published_keys(session)
            self._read_at = now
        return self._published

    async def signed(self, session: ReadSession, receipt: Mapping[str, Any]) -> str:
        """Raises ReceiptKeyMissing, WrongKey, and what the provider raises."""
        row = await ReceiptKeyRepository(session).signing()
        if row is None:
            log.error("erasure.receipt_key_missing")
            raise ReceiptKeyMissing
        kid, root_key_id, wrapped = row
        # The wrap is bound to the key's id, which is that of the public key.
        return signed(receipt, await self._provider.unwrap(root_key_id, wrapped, wrap_context(kid)))


async def published_keys(session: ReadSession) -> PublicKeySet:
    """Returns the newest key first, retired ones included."""
    return PublicKeySet([public_key_of(raw) for raw in await ReceiptKeyRepository(session).public_keys()])


async def store_new_key(session: WriteSession, provider: RootKeyProvider) -> str:
    """Retires the others, and returns the new key's id. Needs the owner of the table."""
    private_key = Ed25519PrivateKey.generate().private_bytes_raw()
    public = _public_key(private_key)
    bound = wrap_context(public.kid)
    root_key_id, wrapped = await provider.wrap(private_key, bound)
    if await provider.unwrap(root_key_id, wrapped, bound) != private_key:
        raise WrongKey(root_key_id=root_key_id, receipt_key=public.kid)
    repository = ReceiptKeyRepository(session)
    await repository.retire_all()
    raw = Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()
    await repository.add(ReceiptKey(kid=public.kid, public_key=raw, root_key_id=root_key_id, wrapped=wrapped))
    return public.kid


def wrap_context(kid: str) -> bytes:
    """Returns the context that binds a wrap to its row."""
    return context(DOMAIN, kid.encode())


def _public_key(private_key: bytes) -> PublicKey:
    return public_key_of(Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw())
