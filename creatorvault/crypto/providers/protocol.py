"""What every provider of root keys does. Root keys wrap vault keys and are stored outside the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from creatorvault.crypto.errors import Reason


class KeyState(StrEnum):
    """State of a root key, as its provider says."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    PENDING_DELETION = "pending_deletion"
    MISSING = "missing"
    UNKNOWN = "unknown"


class RootKey(NamedTuple):
    """`wraps` is true for the root key that wraps unless another one is asked for.

    `version` is the newest version of a key that the provider rotates under the same id, `created_at` the creation of
    the oldest version that it still has; both are None if the provider does not say. `reason` is why the state is
    unknown.
    """

    id: str
    provider: str
    state: KeyState
    wraps: bool = False
    version: int | None = None
    created_at: datetime | None = None
    reason: Reason | None = None


class ProviderHealth(NamedTuple):
    """`reason` is why no root key of the provider can be used now, or None."""

    provider: str
    reason: Reason | None = None

    @property
    def is_usable(self) -> bool:
        return self.reason is None


class KeyWrapper(Protocol):
    """Wraps and unwraps vault keys with root keys that only the provider can use."""

    async def wrap(self, key: bytes, additional: bytes, root_key_id: str | None = None) -> tuple[str, bytes]:
        """Wraps with the given root key, or else with the one that wraps. Returns its id and the wrapped key.

        Raises LostKey if there is no such root key, and RootKeyUnavailable.
        """
        ...

    async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        """`additional` must be the same as for `wrap`, and a provider also binds the id of its root key.

        Raises LostKey if there is no such root key, WrongKey if the wrapped key is not authentic, Tampered if it is
        malformed, and RootKeyUnavailable.
        """
        ...


class RootKeyProvider(KeyWrapper, Protocol):
    def expires(self, root_key_id: str) -> bool:
        """Whether a key that this root key has unwrapped must be unwrapped again after a time: it may be taken away."""
        ...

    async def describe(self, root_key_ids: Collection[str] = ()) -> Sequence[RootKey]:
        """Describes these root keys, and those that the provider knows of by itself. Each is described once."""
        ...

    async def health(self) -> Sequence[ProviderHealth]:
        """Asks each provider whether it can be used now."""
        ...

    async def aclose(self) -> None: ...
