"""What a vault key takes over from the versions before it, so that these can be destroyed.

Names of stored results are hashes with a key that must not change, and cursors that clients hold must still open.
docs/encryption.md specifies the format.
"""

import base64
from collections.abc import Mapping
from typing import Final, Self

import msgspec

from creatorvault.core.identifiers import KeyVersion, VaultId
from creatorvault.crypto.envelope import context

DOMAIN: Final = b"creatorvault/carried/v1"
PURPOSE: Final = "carried"
CURSOR_KEYS: Final = 3
"""A cursor opens until the vault key has been rotated as many times after it."""


class Carried(msgspec.Struct, frozen=True):
    """`names` is the key of names, `cursors` are the keys of cursors by key version; all in base64."""

    names: str
    cursors: dict[str, str]

    @classmethod
    def of(cls, names: bytes, cursors: Mapping[KeyVersion, bytes]) -> Self:
        """Keeps the newest of the keys of cursors."""
        kept = sorted(cursors, reverse=True)[:CURSOR_KEYS]
        return cls(_text(names), {str(version): _text(cursors[version]) for version in kept})

    @property
    def names_key(self) -> bytes:
        return base64.b64decode(self.names)

    @property
    def cursor_keys(self) -> dict[KeyVersion, bytes]:
        return {KeyVersion(int(version)): base64.b64decode(key) for version, key in self.cursors.items()}


decoder: Final = msgspec.json.Decoder(Carried)


def carried_context(vault: VaultId, version: KeyVersion) -> bytes:
    return context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode(), version.to_bytes(4))


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
