"""One sealed value: format | algorithm | key version (u32) | nonce (12) | ciphertext and tag.

AES-256-GCM of NIST SP 800-38D. The first six bytes, the header, are also authenticated: they precede the caller's
context in the additional data.
"""

import os
from datetime import UTC, datetime
from struct import Struct
from typing import Final, NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from creatorvault.core.identifiers import KeyVersion

Sealed = NewType("Sealed", bytes)

FORMAT: Final = 1
AES_256_GCM: Final = 1
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER: Final = Struct(">BBI")
HEADER_BYTES: Final = _HEADER.size
CIPHERTEXT_AT: Final = HEADER_BYTES + NONCE_BYTES
_SHORTEST: Final = CIPHERTEXT_AT + TAG_BYTES
_SHORT_LENGTHS: Final = tuple(length.to_bytes(4) for length in range(256))


class NotAuthentic(Exception):
    """The tag does not match key, header, nonce, ciphertext and context. It is unknown which of them is wrong."""


class Malformed(Exception):
    """Not an envelope with a format and an algorithm that this version supports."""


def context(*parts: bytes) -> bytes:
    """Encodes parts as additional data, each preceded by its length in bytes (u32, big-endian), so that the encoding is
    unambiguous. `context(a, b) == context(a) + context(b)`: a shared prefix of many values can be encoded once.
    """
    pieces: list[bytes] = []
    for part in parts:
        length = len(part)
        pieces.append(_SHORT_LENGTHS[length] if length < 256 else length.to_bytes(4))
        pieces.append(part)
    return b"".join(pieces)


def time_part(time: datetime) -> bytes:
    """Encodes a time as a part of a context: microseconds since the Unix epoch, a signed big-endian 64-bit integer.

    Raises TypeError for a naive time.
    """
    return microseconds(time).to_bytes(8, signed=True)


def microseconds(time: datetime) -> int:
    """Returns microseconds since the Unix epoch. Raises TypeError for a naive time."""
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def header_of(sealed: bytes) -> bytes:
    return sealed[:HEADER_BYTES]


def key_version_of(sealed: bytes) -> KeyVersion:
    """Returns the key version in the header, which is not authentic until the envelope is opened. Raises Malformed."""
    if len(sealed) < _SHORTEST:
        raise Malformed
    envelope_format, algorithm, version = _HEADER.unpack_from(sealed)
    if envelope_format != FORMAT or algorithm != AES_256_GCM:
        raise Malformed
    return KeyVersion(version)


class EnvelopeKey:
    """A 256-bit key of one version. Reuses the cipher object, whose key schedule costs more than a short seal."""

    __slots__ = ("_encrypt", "decrypt", "header", "version")

    def __init__(self, key: bytes, version: KeyVersion) -> None:
        """`decrypt` is the method of the raw cipher: nonce, ciphertext with tag, additional data."""
        aead = AESGCM(key)
        self._encrypt = aead.encrypt
        self.decrypt = aead.decrypt
        self.version = version
        self.header = _HEADER.pack(FORMAT, AES_256_GCM, version)

    def seal(self, plaintext: bytes, context: bytes) -> Sealed:
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self.header + nonce + self._encrypt(nonce, plaintext, self.header + context))

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises NotAuthentic, also for a truncated envelope."""
        if len(sealed) < _SHORTEST:
            raise NotAuthentic
        nonce, ciphertext = sealed[HEADER_BYTES:CIPHERTEXT_AT], memoryview(sealed)[CIPHERTEXT_AT:]
        try:
            return self.decrypt(nonce, ciphertext, sealed[:HEADER_BYTES] + context)
        except InvalidTag:
            raise NotAuthentic from None
