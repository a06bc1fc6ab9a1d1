"""Root keys in the process, from the environment or a file."""

import base64
import os
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from creatorvault.crypto.cipher import derive_purpose_key
from creatorvault.crypto.envelope import AES_256_GCM, FORMAT, KEY_BYTES, NONCE_BYTES, TAG_BYTES, context
from creatorvault.crypto.errors import LostKey, RootKeysInvalid, Tampered, WrongKey
from creatorvault.crypto.providers.protocol import KeyState, ProviderHealth, RootKey

KEYRING: Final = "keyring"

_HEADER: Final = bytes((FORMAT, AES_256_GCM))
_CIPHERTEXT_AT: Final = len(_HEADER) + NONCE_BYTES
WRAPPED_BYTES: Final = _CIPHERTEXT_AT + KEY_BYTES + TAG_BYTES
FEWEST_BYTE_VALUES: Final = 16  # 32 random bytes have fewer than 16 different values with a probability below 10^-15
_ID: Final = re.compile(r"[a-z0-9-]{1,32}")
_TO_STANDARD: Final = str.maketrans("-_", "+/")


class RootKeyring:
    """Root keys by id. The first one wraps, all of them unwrap, so a new one is put before the old ones.

    A wrapped key: format | algorithm | nonce (12) | key and tag (48), AES-256-GCM with random nonces: a root key may
    wrap 2^32 vault keys (NIST SP 800-38D, section 8.3).
    """

    __slots__ = ("_ciphers", "_keys", "_wraps_with")

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self._ciphers = {root_key_id: AESGCM(key) for root_key_id, key in keys.items()}
        self._wraps_with = next(iter(keys))

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

    def __contains__(self, root_key_id: object) -> bool:
        return root_key_id in self._keys

    @property
    def first(self) -> str:
        """The id of the first entry."""
        return self._wraps_with

    async def wrap(self, key: bytes, additional: bytes, root_key_id: str | None = None) -> tuple[str, bytes]:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a vault key has {KEY_BYTES} bytes")
        chosen = self._wraps_with if root_key_id is None else root_key_id
        cipher = self._ciphers.get(chosen)
        if cipher is None:
            raise LostKey(root_key_id=chosen)
        nonce = os.urandom(NONCE_BYTES)
        return chosen, _HEADER + nonce + cipher.encrypt(nonce, key, _bind(additional, chosen))

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

    def expires(self, root_key_id: str) -> bool:
        return False

    async def describe(self, root_key_ids: Collection[str] = ()) -> Sequence[RootKey]:
        """Describes all entries."""
        return [
            *(self._described(root_key_id, KeyState.ENABLED) for root_key_id in self._keys),
            *(self._described(root_key_id, KeyState.MISSING) for root_key_id in {*root_key_ids} - self._keys.keys()),
        ]

    async def health(self) -> Sequence[ProviderHealth]:
        return [ProviderHealth(KEYRING)]

    async def aclose(self) -> None:
        """Nothing is open."""

    def derive(self, purpose: str, root_key_id: str | None = None) -> bytes:
        """Derives a key of 32 bytes, not for wrapping, from the given root key, or else from the first one.

        Raises LostKey if there is no such root key.
        """
        chosen = self._wraps_with if root_key_id is None else root_key_id
        key = self._keys.get(chosen)
        if key is None:
            raise LostKey(root_key_id=chosen)
        return derive_purpose_key(key, purpose)

    def _described(self, root_key_id: str, state: KeyState) -> RootKey:
        return RootKey(root_key_id, KEYRING, state, wraps=root_key_id == self._wraps_with)

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
