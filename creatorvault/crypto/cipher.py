"""Sealing and opening the values of one vault."""

import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Self

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision, vault_ids
from creatorvault.crypto.envelope import (
    KEY_BYTES,
    EnvelopeKey,
    Malformed,
    NotAuthentic,
    Sealed,
    header_of,
    key_version_of,
)
from creatorvault.crypto.errors import LostKey, Tampered
from creatorvault.crypto.leases import Lease
from creatorvault.crypto.padding import pad, unpad

IDEAS: Final = "ideas"
NAMES: Final = "names"
SEGMENTS: Final = "segments"

_encoder: Final = msgspec.json.Encoder()


def derive_purpose_key(key: bytes, purpose: str) -> bytes:
    """Derives a key by HKDF-SHA256 (RFC 5869) without salt, so that a key has one purpose only. Returns 32 bytes."""
    info = f"creatorvault/v1/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


class Wrap(NamedTuple):
    """A wrapped vault key, as in its row."""

    root_key_id: str
    wrapped: bytes


NOT_STORED: Final = Wrap("", b"")


class VaultCipher:
    """Seals with the newest key of a vault, opens with all of them. CPU-bound, and safe to use from any thread.

    `version` is the version of the sealing key, `first_revision` the vault revision at which it came into use.
    `unusable` contains the alarm to raise for values of versions that could not be unwrapped. `wrap` is the wrapped
    sealing key: a write checks that it is still stored. `lease` is None if the keys may be used for ever.
    """

    __slots__ = (
        "_derived",
        "_keys",
        "_opens",
        "_seals",
        "_unusable",
        "first_revision",
        "lease",
        "vault",
        "version",
        "wrap",
    )

    def __init__(
        self,
        vault: VaultId,
        first_revision: VaultRevision,
        keys: Mapping[KeyVersion, bytes],
        *,
        unusable: Mapping[KeyVersion, Alert],
        purpose: str = IDEAS,
        wrap: Wrap = NOT_STORED,
        lease: Lease | None = None,
    ) -> None:
        self.vault = vault
        self.version = max(keys)
        self.first_revision = first_revision
        self.wrap = wrap
        self.lease = lease
        self._keys = keys
        self._unusable = unusable
        derived = {version: EnvelopeKey(derive_purpose_key(key, purpose), version) for version, key in keys.items()}
        self._seals = derived[self.version]
        self._derived: dict[object, Any] = {}
        self._opens = {key.header: key for key in derived.values()}

    def for_purpose(self, purpose: str) -> Self:
        """Returns a cipher of the same vault with the keys of another purpose; neither opens values of the other."""
        cipher: Self | None = self._derived.get(purpose)
        if cipher is None:
            cipher = type(self)(self.vault, self.first_revision, self._keys, unusable=self._unusable, purpose=purpose)
            self._derived[purpose] = cipher
        return cipher

    def derived[T](self, make: "Callable[[VaultCipher], T]") -> T:
        """Returns the result of `make` for this cipher, cached as long as the keys."""
        made: T | None = self._derived.get(make)
        if made is None:
            made = self._derived[make] = make(self)
        return made

    def name_of(self, text: str) -> bytes:
        """Returns an HMAC-SHA256 (RFC 2104) of a client's name for something, for look-ups: 32 bytes, never of content.

        Uses the vault's oldest key, so that names survive a rotation. Raises the alarm of that key if it could not be
        unwrapped.
        """
        oldest = min(*self._keys, *self._unusable, self.version)
        if oldest in self._unusable:
            raise self._unusable[oldest]
        return hmac.digest(derive_purpose_key(self._keys[oldest], NAMES), text.encode(), "sha256")

    def has_keys_of(self, other: "VaultCipher") -> bool:
        """Whether both have the same keys and the same wrap."""
        theirs = other._keys  # noqa: SLF001 - of the same class
        return (self._keys, self.first_revision, self.wrap) == (theirs, other.first_revision, other.wrap)

    @property
    def complete(self) -> bool:
        """Whether all keys of the vault could be unwrapped."""
        return not self._unusable

    def has(self, version: KeyVersion) -> bool:
        return version in self._keys

    def seal(self, plaintext: bytes, context: bytes) -> Sealed:
        """`plaintext` is padded with spaces, which `open` does not remove: it must be JSON, or contain its own
        length.
        """
        return self._seals.seal(pad(plaintext), context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises Tampered if `sealed` or `context` differs from when it was sealed, LostKey if this vault has no key of
        the named version, and the alarm of that key if it could not be unwrapped.
        """
        return unpad(self._opened(sealed, context))

    def seal_json(self, value: object, context: bytes) -> Sealed:
        return self.seal(_encoder.encode(value), context)

    def open_json[T](self, sealed: bytes, context: bytes, decoder: msgspec.json.Decoder[T]) -> T:
        """Raises the errors of `open`, and Tampered if the plaintext is not JSON of the decoder's type."""
        return self.open_decoded(sealed, context, decoder.decode)

    def open_decoded[T](self, sealed: bytes, context: bytes, decode: Callable[[bytes], T]) -> T:
        """`decode` receives the plaintext with its padding. Raises as `open_json` if it raises a DecodeError."""
        padded = self._opened(sealed, context)
        try:
            return decode(padded)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass  # The decode error contains the plaintext: Tampered, raised here, would keep it as `__context__`.
        raise Tampered(**self._ids(key_version_of(sealed)))

    @property
    def sealing(self) -> EnvelopeKey:
        return self._seals

    def key_of(self, header: bytes) -> EnvelopeKey | None:
        """Returns the key that an envelope's header names, or None if it is not usable."""
        return self._opens.get(header)

    def _opened(self, sealed: bytes, context: bytes) -> bytes:
        key = self._opens.get(header_of(sealed))
        if key is None:
            raise self._refusal(sealed)
        try:
            return key.open(sealed, context)
        except NotAuthentic:
            raise Tampered(**self._ids(key.version)) from None

    def _refusal(self, sealed: bytes) -> Alert:
        try:
            version = key_version_of(sealed)
        except Malformed:
            return Tampered(**self._ids(None))
        return self._unusable.get(version) or LostKey(**self._ids(version))

    def _ids(self, version: KeyVersion | None) -> dict[str, str]:
        return vault_ids(self.vault) | ({} if version is None else {"key_version": str(version)})

    def __repr__(self) -> str:
        return f"{type(self).__name__}(vault={self.vault!r}, version={self.version})"
