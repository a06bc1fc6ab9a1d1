"""One sealed value: format | algorithm | key version (u32) | nonce (12) | ciphertext and tag.

AES-256-GCM of NIST SP 800-38D. The first six bytes, the header, are authenticated too: they stand before the caller's
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
    """The tag does not fit key, header, nonce, ciphertext and context. Which of them is wrong cannot be known."""


class Malformed(Exception):
    """Not an envelope of a format and an algorithm that this version reads."""


def context(*parts: bytes) -> bytes:
    """Additional data out of parts, each after its length in bytes (u32, big-endian), so that no two lists of parts
    give the same bytes. `context(a, b) == context(a) + context(b)`: what many values share can be encoded once.
    """
    pieces: list[bytes] = []
    for part in parts:
        length = len(part)
        pieces.append(_SHORT_LENGTHS[length] if length < 256 else length.to_bytes(4))
        pieces.append(part)
    return b"".join(pieces)


def time_part(time: datetime) -> bytes:
    """A part of a context: microseconds since the Unix epoch as a signed 64-bit integer, big-endian.

    Raises TypeError for a naive time.
    """
    return microseconds(time).to_bytes(8, signed=True)


def microseconds(time: datetime) -> int:
    """Since the Unix epoch. Raises TypeError for a naive time."""
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def header_of(sealed: bytes) -> bytes:
    return sealed[:HEADER_BYTES]


def key_version_of(sealed: bytes) -> KeyVersion:
    """The version of the key that the envelope names, which is not authentic before it is opened. Raises Malformed."""
    if len(sealed) < _SHORTEST:
        raise Malformed
    envelope_format, algorithm, version = _HEADER.unpack_from(sealed)
    if envelope_format != FORMAT or algorithm != AES_256_GCM:
        raise Malformed
    return KeyVersion(version)


class EnvelopeKey:
    """A 256-bit key of one version. The cipher object is kept, as its key schedule costs more than a short seal."""

    __slots__ = ("_encrypt", "decrypt", "header", "version")

    def __init__(self, key: bytes, version: KeyVersion) -> None:
        """`decrypt` is the bare cipher's: nonce, ciphertext with tag, additional data."""
        aead = AESGCM(key)
        self._encrypt = aead.encrypt
        self.decrypt = aead.decrypt
        self.version = version
        self.header = _HEADER.pack(FORMAT, AES_256_GCM, version)

    def seal(self, plaintext: bytes, context: bytes) -> Sealed:
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self.header + nonce + self._encrypt(nonce, plaintext, self.header + context))

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises NotAuthentic, also for an envelope that was cut short."""
        if len(sealed) < _SHORTEST:
            raise NotAuthentic
        nonce, ciphertext = sealed[HEADER_BYTES:CIPHERTEXT_AT], memoryview(sealed)[CIPHERTEXT_AT:]
        try:
            return self.decrypt(nonce, ciphertext, sealed[:HEADER_BYTES] + context)
        except InvalidTag:
            raise NotAuthentic from None
