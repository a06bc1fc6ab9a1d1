"""Names for callers and addresses in logs and counters, which say nothing about them without the key."""

import hmac
from functools import lru_cache
from typing import Final

DIGITS: Final = 24
REMEMBERED: Final = 10_000


class Pseudonyms:
    """HMAC-SHA256 (RFC 2104) under the key of this deployment, in 24 hexadecimal digits.

    The same in all processes that have the key, so that they count one caller as one. Without the key nobody can try
    whether a pseudonym is that of a user id they know.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.of = lru_cache(REMEMBERED)(self._of)

    def _of(self, *parts: str) -> str:
        """Of a user: realm and user id. Of an operator: the actor of the audit log."""
        return hmac.digest(self._key, "\0".join(parts).encode(), "sha256").hex()[:DIGITS]
