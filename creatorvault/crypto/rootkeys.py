"""Root keys wrap vault keys and are stored outside the database. This keyring holds them in the process."""

import base64
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from creatorvault.crypto.cipher import derive_purpose_key
from creatorvault.crypto.envelope import AES_256_GCM, FORMAT, KEY_BYTES, NONCE_BYTES, TAG_BYTES, context
from creatorvault.crypto.errors import LostKey, RootKeysInvalid, Tampered, WrongKey

_HEADER: Final = bytes((FORMAT, AES_256_GCM))
_CIPHERTEXT_AT: Final = len(_HEADER) + NONCE_BYTES
WRAPPED_BYTES: Final = _CIPHERTEXT_AT + KEY_BYTES + TAG_BYTES
FEWEST_BYTE_VALUES: Final = 16  # 32 random bytes have fewer than 16 different values with a probability below 10^-15
_ID: Final = re.compile(r"[a-z0-9-]{1,32}")
_TO_STANDARD: Final = str.maketrans("-_", "+/")


class KeyWrapper(Protocol):
    """Wraps and unwraps vault keys with root keys that only the provider can use.

    `additional` must be the same for unwrap, and a provider also binds the id of its root key. unwrap raises LostKey if
    there is no such root key, WrongKey if the wrapped key is not authentic, Tampered if it is malformed; a provider
    that cannot be reached raises ServiceUnavailable.
    """

    async def wrap(self, key: bytes, additional: bytes) -> tuple[str, bytes]: ...

    async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes: ...


class RootKeyProvider(KeyWrapper, Protocol):
    @property
    def wraps_with(self) -> str:
        """The id of the root key that wraps."""

    @property
    def root_key_ids(self) -> Sequence[str]:
        """All that can unwrap."""

    async def derive(self, purpose: str, root_key_id: str | None = None) -> bytes:
        """Derives a key of 32 bytes, not for wrapping, from the given root key, or else from the one that wraps.

        Raises LostKey if there is no such root key.
        """
        ...


class RootKeyring:
    """Root keys by id. The first one wraps, all of them unwrap, so a new one is put before the old ones.

    A wrapped key: format | algorithm | nonce (12) | key and tag (48), AES-256-GCM with random nonces: a root key may
    wrap 2^32 vault keys (NIST SP 800-38D, section 8.3).
    """

    __slots__ = ("_ciphers", "_keys", "wraps_with")

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self._ciphers = {root_key_id: AESGCM(key) for root_key_id, key in keys.items()}
        self.wraps_with = next(iter(keys))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `id:base64` entries, separated by commas or white space. Raises RootKeysInvalid, which identifies
        entries by their position and never quotes them.
        """
        keys: dict[str, bytes] = {}
        for position, entry in enumerate(re.split(r"[\s,]+", text.strip(" \t\r\n,")), start=1):
            root_key_id, key = _parse_entry(position, entry)
            if root_key_id in keys:
                raise RootKeysInvalid(position, "repeats the id of another entry")
            if key in keys.values():
                raise RootKeysInvalid(position, "repeats the key of another entry")
            keys[root_key_id] = key
        return cls(keys)

    @staticmethod
    def generate_entry(root_key_id: str | None = None) -> str:
        """Returns a new 256-bit key as an entry for `parse`. Raises ValueError for an invalid id."""
        chosen = root_key_id or f"root-{datetime.now(UTC):%Y%m%d}-{os.urandom(3).hex()}"
        if not _ID.fullmatch(chosen):
            raise ValueError("a root key id has 1 to 32 characters out of a-z, 0-9 and -")
        return f"{chosen}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"

    @property
    def root_key_ids(self) -> Sequence[str]:
        return [*self._keys]

    async def wrap(self, key: bytes, additional: bytes) -> tuple[str, bytes]:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a vault key has {KEY_BYTES} bytes")
        root_key_id = self.wraps_with
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[root_key_id].encrypt(nonce, key, _bind(additional, root_key_id))
        return root_key_id, _HEADER + nonce + sealed

    async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        cipher = self._ciphers.get(root_key_id)
        if cipher is None:
            raise LostKey(root_key_id=root_key_id)
        if len(wrapped) != WRAPPED_BYTES or not wrapped.startswith(_HEADER):
            raise Tampered(root_key_id=root_key_id)
        nonce, sealed = wrapped[len(_HEADER) : _CIPHERTEXT_AT], wrapped[_CIPHERTEXT_AT:]
        try:
            return cipher.decrypt(nonce, sealed, _bind(additional, root_key_id))
        except InvalidTag:
            raise WrongKey(root_key_id=root_key_id) from None

    async def derive(self, purpose: str, root_key_id: str | None = None) -> bytes:
        chosen = self.wraps_with if root_key_id is None else root_key_id
        key = self._keys.get(chosen)
        if key is None:
            raise LostKey(root_key_id=chosen)
        return derive_purpose_key(key, purpose)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{root_key_id}:********' for root_key_id in self._ciphers)})"


def _bind(additional: bytes, root_key_id: str) -> bytes:
    return _HEADER + additional + context(root_key_id.encode())


def _parse_entry(position: int, entry: str) -> tuple[str, bytes]:
    root_key_id, _, encoded = entry.partition(":")
    if not encoded:
        raise RootKeysInvalid(position, "is not of the form id:base64")
    if not _ID.fullmatch(root_key_id):
        raise RootKeysInvalid(position, "has an id that is not 1 to 32 characters out of a-z, 0-9 and -")
    key = _decode(encoded)
    if key is None:
        raise RootKeysInvalid(position, "has a key that is not base64")
    if len(key) != KEY_BYTES:
        raise RootKeysInvalid(position, f"has a key of {len(key)} bytes instead of {KEY_BYTES}")
    if len(set(key)) < FEWEST_BYTE_VALUES:
        raise RootKeysInvalid(position, "has a key that is not random")
    return root_key_id, key


def _decode(encoded: str) -> bytes | None:
    """Decodes standard or URL-safe base64, padded or not (RFC 4648, sections 4 and 5). Returns None instead of raising
    an error, which would contain the text.
    """
    unpadded = encoded.rstrip("=").translate(_TO_STANDARD)
    try:
        return base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True)
    except ValueError:
        return None
