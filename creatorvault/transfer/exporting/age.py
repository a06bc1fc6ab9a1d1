"""Encrypts a stream in the age format, version 1 (C2SP, https://c2sp.org/age).

Not `pyrage`, which encrypts for a passphrase only what is in memory as a whole, and for recipients only in a thread
that waits for its reader. Its `decrypt_io` reads what this writes, as does `age` itself (tests/transfer/exporting).
"""

import hmac
import os
from base64 import b64encode
from collections.abc import Sequence
from hashlib import scrypt
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MEDIA_TYPE: Final = "application/octet-stream"
SUFFIX: Final = "age"
VERSION_LINE: Final = b"age-encryption.org/v1\n"
X25519: Final = b"age-encryption.org/v1/X25519"
SCRYPT: Final = b"age-encryption.org/v1/scrypt"
FILE_KEY_BYTES: Final = 16
CHUNK: Final = 65_536
SCRYPT_LOG_N: Final = 15
"""Takes 32 MiB and a tenth of a second, so passphrases have a minimum length."""

_SCRYPT_BYTES: Final = 128 * 8 * 2**SCRYPT_LOG_N
_NO_NONCE: Final = bytes(12)
_HRP: Final = "age"
_CHARSET: Final = {letter: value for value, letter in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM: Final = 6


class Stanza:
    """Wraps the key of a file, 16 bytes, for one recipient or a passphrase."""

    def __init__(self, arguments: Sequence[bytes], wrapping_key: bytes) -> None:
        self._arguments = arguments
        self._wrapping_key = wrapping_key

    def wrapped(self, file_key: bytes) -> bytes:
        body = ChaCha20Poly1305(self._wrapping_key).encrypt(_NO_NONCE, file_key, None)
        return b"-> %b\n%b\n" % (b" ".join(self._arguments), _base64(body))


def recipient_key(text: str) -> bytes:
    """Returns the X25519 public key of `age1…`, 32 bytes (Bech32, BIP 173). Raises ValueError."""
    lower = text.lower()
    prefix, _, data = lower.rpartition("1")
    if text not in (lower, text.upper()) or prefix != _HRP or not set(data) <= _CHARSET.keys():
        raise ValueError("not a recipient of age")
    values = [_CHARSET[letter] for letter in data]
    expanded = [*(ord(letter) >> 5 for letter in _HRP), 0, *(ord(letter) & 31 for letter in _HRP)]
    if _polymod([*expanded, *values]) != 1:
        raise ValueError("a mistyped recipient of age")
    bits = "".join(f"{value:05b}" for value in values[:-_CHECKSUM])
    key = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) // 8 * 8, 8))
    if len(key) != 32 or "1" in bits[len(key) * 8 :]:
        raise ValueError("not an X25519 recipient of age")
    X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(key))  # refuses points of low order
    return key


def for_recipient(text: str) -> Stanza:
    """Raises ValueError as `recipient_key`."""
    recipient = recipient_key(text)
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    return Stanza([b"X25519", _base64(share)], _derived(shared, share + recipient, X25519))


def for_passphrase(passphrase: str) -> Stanza:
    """Takes long: call it in a thread."""
    salt = os.urandom(16)
    key = scrypt(
        passphrase.encode(), salt=SCRYPT + salt, n=2**SCRYPT_LOG_N, r=8, p=1, dklen=32, maxmem=2 * _SCRYPT_BYTES
    )
    return Stanza([b"scrypt", _base64(salt), b"%d" % SCRYPT_LOG_N], key)


class AgeEncryption:
    """One file. A stanza of a passphrase must be the only one."""

    def __init__(self, stanzas: Sequence[Stanza]) -> None:
        file_key, nonce = os.urandom(FILE_KEY_BYTES), os.urandom(16)
        header = VERSION_LINE + b"".join(stanza.wrapped(file_key) for stanza in stanzas) + b"---"
        mac = hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")
        self._pending = bytearray()
        self._header = b"%b %b\n%b" % (header, _base64(mac), nonce)
        self._cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
        self._counter = 0

    def update(self, data: bytes) -> bytes:
        self._pending += data
        sealed = [self._header]
        self._header = b""
        while len(self._pending) > CHUNK:  # the last chunk is empty only in an empty file
            sealed.append(self._sealed(bytes(self._pending[:CHUNK]), is_last=False))
            del self._pending[:CHUNK]
        return b"".join(sealed)

    def finish(self) -> bytes:
        return self.update(b"") + self._sealed(bytes(self._pending), is_last=True)

    def _sealed(self, chunk: bytes, *, is_last: bool) -> bytes:
        nonce = self._counter.to_bytes(11) + bytes([is_last])
        self._counter += 1
        return self._cipher.encrypt(nonce, chunk, None)


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _base64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def _polymod(values: Sequence[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum
