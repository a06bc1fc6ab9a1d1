"""Pseudonyms of callers and addresses in logs and counters, which reveal nothing without the key."""

import hmac
from functools import lru_cache
from typing import Final

DIGITS: Final = 24
REMEMBERED: Final = 10_000


class Pseudonyms:
    """HMAC-SHA256 (RFC 2104) with the key of this deployment, in 24 hexadecimal digits.

    Pseudonyms are the same in all processes with the key, so that they count a caller as one. Without the key nobody
    can test whether a pseudonym belongs to a known user id.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.of = lru_cache(REMEMBERED)(self._of)

    def _of(self, *parts: str) -> str:
        """Computes the pseudonym of a user from realm and user id, that of an operator from the audit log's actor."""
        return hmac.digest(self._key, "\0".join(parts).encode(), "sha256").hex()[:DIGITS]
