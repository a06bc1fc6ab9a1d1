"""How long keys may be used that a remote provider has unwrapped: it may take its root key away at any time."""

from collections.abc import Sequence
from typing import Final, NamedTuple

RENEWED_AFTER: Final = 0.7
RETRIED_AFTER: Final = 0.05
"""Parts of the time that a lease takes."""


class LeasedKey(NamedTuple):
    """What has to be unwrapped again, and the key that it was."""

    root_key_id: str
    wrapped: bytes
    bound: bytes
    key: bytes


class Lease:
    """Of one vault's keys, for `seconds` after they were unwrapped. Times are those of the keyring's clock."""

    __slots__ = ("_seconds", "expires_at", "keys", "renews_at")

    def __init__(self, keys: Sequence[LeasedKey], seconds: float, unwrapped_at: float) -> None:
        self.keys = keys
        self._seconds = seconds
        self.renew(unwrapped_at)

    def renew(self, unwrapped_at: float) -> None:
        self.expires_at = unwrapped_at + self._seconds
        self.renews_at = unwrapped_at + self._seconds * RENEWED_AFTER

    def retry_renewal(self, now: float) -> None:
        self.renews_at = now + self._seconds * RETRIED_AFTER

    def suspend_renewal(self) -> None:
        """While one is running."""
        self.renews_at = self.expires_at

    def __repr__(self) -> str:
        return f"{type(self).__name__}(expires_at={self.expires_at})"
