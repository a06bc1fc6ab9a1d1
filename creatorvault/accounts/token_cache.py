"""Cache of verified tokens: verifying a signature costs more than the rest of a small request."""

import time
from collections.abc import Callable
from hashlib import sha256

from msgspec import Struct

from creatorvault.accounts.identity import Identity
from creatorvault.accounts.issuers import Issuer
from creatorvault.accounts.public_keys import VerifyingKey
from creatorvault.core.lru import LRU


class CachedToken(Struct, frozen=True):
    """`until` is the expiry of the token plus the leeway, in seconds since 1970, as for the first verification."""

    identity: Identity
    issuer: Issuer
    key: VerifyingKey
    key_id: str | None
    until: float


class TokenCache:
    """Evicts the least recently used token first. Stores hashes, so tokens cannot be recovered from it."""

    def __init__(self, size: int, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._entries = LRU[bytes, CachedToken](size)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, token: str) -> Identity | None:
        """Also returns None for a token that has expired, or whose key the issuer has removed."""
        digest = _digest(token)
        entry = self._entries.use(digest)
        if entry is None:
            return None
        if self._clock() >= entry.until or not entry.issuer.still_trusts(entry.key, entry.key_id):
            self._entries.pop(digest)
            return None
        return entry.identity

    def put(self, token: str, entry: CachedToken) -> None:
        self._entries.put(_digest(token), entry)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
