"""What providers outside of this process have in common: what a wrap is bound to, and a check of what is unwrapped."""

import hmac
from hashlib import sha256
from typing import Final

from creatorvault.crypto.cipher import derive_purpose_key
from creatorvault.crypto.envelope import FORMAT, KEY_BYTES, context
from creatorvault.crypto.errors import Tampered, WrongKey

TRANSIT_WRAP: Final = 2
AWS_KMS_WRAP: Final = 3
CHECK_BYTES: Final = 16
_CIPHERTEXT_AT: Final = 2 + CHECK_BYTES


def bound_digest(additional: bytes, root_key_id: str) -> bytes:
    """Returns what the provider binds a wrap to: a hash, since providers log it, and `additional` contains user ids."""
    return sha256(additional + context(root_key_id.encode())).digest()


def packed(algorithm: int, key: bytes, digest: bytes, ciphertext: bytes) -> bytes:
    """Returns format | algorithm | check of the key (16) | ciphertext."""
    return bytes((FORMAT, algorithm)) + _check(key, digest) + ciphertext


def ciphertext_of(algorithm: int, wrapped: bytes, root_key_id: str) -> bytes:
    """Raises Tampered if it is not a wrap of that algorithm."""
    if len(wrapped) <= _CIPHERTEXT_AT or wrapped[:2] != bytes((FORMAT, algorithm)):
        raise Tampered(root_key_id=root_key_id)
    return wrapped[_CIPHERTEXT_AT:]


def checked(wrapped: bytes, key: bytes, digest: bytes, root_key_id: str) -> bytes:
    """Returns the key that a provider has unwrapped. Raises WrongKey if it is not the one that was wrapped."""
    if len(key) != KEY_BYTES or not hmac.compare_digest(wrapped[2:_CIPHERTEXT_AT], _check(key, digest)):
        raise WrongKey(root_key_id=root_key_id)
    return key


def _check(key: bytes, digest: bytes) -> bytes:
    """A provider that answers with another key, or ignores what a wrap is bound to, must not go unnoticed."""
    return derive_purpose_key(key, f"wrap-check/{digest.hex()}")[:CHECK_BYTES]
