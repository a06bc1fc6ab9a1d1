"""Sealing and opening the values of one vault."""

import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision, vault_ids
from creatorvault.crypto import carried
from creatorvault.crypto.carried import Carried, carried_context
from creatorvault.crypto.envelope import (
    KEY_BYTES,
    EnvelopeKey,
    Malformed,
    NotAuthentic,
    Sealed,
    header_of,
    key_version_of,
)
from creatorvault.crypto.errors import LostKey, Tampered, WrongKey
from creatorvault.crypto.leases import Lease
from creatorvault.crypto.padding import pad, unpad

IDEAS: Final = "ideas"
NAMES: Final = "names"
SEGMENTS: Final = "segments"
CURSORS: Final = "cursors"
CHECKPOINTS: Final = "checkpoints"

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
NOTHING_MORE: Final[Mapping[KeyVersion, bytes]] = MappingProxyType({})


class VaultCipher:
    """Seals with the newest key of a vault, opens with all of them. CPU-bound, and safe to use from any thread.

    `carried` is the sealed value of that name in the row of the newest key, if it has one. `version` is the version of
    the sealing key, `first_revision` the vault revision at which it came into use. `unusable` contains the alarm to
    raise for values of versions that could not be unwrapped. `wrap` is the wrapped sealing key: a write checks that it
    is still stored. `opens_too` are keys of the purpose, by versions of vault keys that were destroyed. `lease` is None
    if the keys may be used for ever.
    """

    __slots__ = (
        "_carried", "_derived", "_keys", "_opens", "_purpose", "_seals", "_unusable",
        "first_revision", "lease", "vault", "version", "wrap",
    )  # fmt: skip

    def __init__(
        self,
        vault: VaultId,
        first_revision: VaultRevision,
        keys: Mapping[KeyVersion, bytes],
        *,
        unusable: Mapping[KeyVersion, Alert],
        purpose: str = IDEAS,
        wrap: Wrap = NOT_STORED,
        carried: bytes | None = None,
        opens_too: Mapping[KeyVersion, bytes] = NOTHING_MORE,
        lease: Lease | None = None,
    ) -> None:
        self.vault = vault
        self.version = max(keys)
        self.first_revision = first_revision
        self.wrap = wrap
        self.lease = lease
        self._keys = keys
        self._unusable = unusable
        self._carried = carried
        self._purpose = purpose
        derived = {version: EnvelopeKey(derive_purpose_key(key, purpose), version) for version, key in keys.items()}
        self._seals = derived[self.version]
        self._derived: dict[object, Any] = {}
        opens = [*(EnvelopeKey(key, version) for version, key in opens_too.items()), *derived.values()]
        self._opens = {key.header: key for key in opens}

    def for_purpose(self, purpose: str) -> Self:
        """Returns a cipher of the same vault with the keys of another purpose; neither opens values of the other."""
        if purpose == self._purpose:
            return self
        cipher: Self | None = self._derived.get(purpose)
        if cipher is None:
            cipher = self._derived[purpose] = type(self)(
                self.vault,
                self.first_revision,
                self._keys,
                unusable=self._unusable,
                purpose=purpose,
                opens_too=self._cursor_keys() if purpose == CURSORS else NOTHING_MORE,
            )
        return cipher

    def derived[T](self, make: "Callable[[VaultCipher], T]") -> T:
        """Returns the result of `make` for this cipher, cached as long as the keys."""
        made: T | None = self._derived.get(make)
        if made is None:
            made = self._derived[make] = make(self)
        return made

    def name_of(self, text: str) -> bytes:
        """Returns an HMAC-SHA256 (RFC 2104) of a client's name for something, for look-ups: 32 bytes, never of content.

        Uses the key of names of the vault's first key, so that names survive a rotation. Raises the alarm of that key
        if it could not be unwrapped, and Tampered.
        """
        return hmac.digest(self._names_key(), text.encode(), "sha256")

    def seal_carried(self, key: bytes, version: KeyVersion) -> Sealed:
        """Seals what the next key of the vault takes over, with that key. Raises as `name_of`."""
        carried_over = Carried.of(self._names_key(), self._cursor_keys())
        successor = VaultCipher(self.vault, self.first_revision, {version: key}, unusable={}, purpose=carried.PURPOSE)
        return successor.seal_json(carried_over, carried_context(self.vault, version))

    def has_keys_of(self, other: "VaultCipher") -> bool:
        """Whether both have the same keys and the same wrap."""
        theirs = other._keys  # noqa: SLF001 - of the same class
        return (self._keys, self.first_revision, self.wrap) == (theirs, other.first_revision, other.wrap)

    @property
    def complete(self) -> bool:
        """Whether all keys of the vault could be unwrapped."""
        return not self._unusable

    def check_carried(self) -> None:
        """Raises Tampered if the row of the newest key has a value of that name that does not open."""
        self._taken_over()

    @property
    def alerts(self) -> Mapping[KeyVersion, Alert]:
        """The alerts of the keys that could not be unwrapped."""
        return self._unusable

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
        return unpad(self.open_padded(sealed, context))

    def seal_json(self, value: object, context: bytes) -> Sealed:
        return self.seal(_encoder.encode(value), context)

    def open_json[T](self, sealed: bytes, context: bytes, decoder: msgspec.json.Decoder[T]) -> T:
        """Raises the errors of `open`, and Tampered if the plaintext is not JSON of the decoder's type."""
        return self.open_decoded(sealed, context, decoder.decode)

    def open_decoded[T](self, sealed: bytes, context: bytes, decode: Callable[[bytes], T]) -> T:
        """`decode` receives the plaintext with its padding. Raises as `open_json` if it raises a DecodeError."""
        padded = self.open_padded(sealed, context)
        try:
            return decode(padded)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass  # The decode error contains the plaintext: Tampered, raised here, would keep it as `__context__`.
        raise Tampered(**self._ids(key_version_of(sealed)))

    def reseal(self, sealed: bytes, context: bytes) -> tuple[Sealed, bytes]:
        """Seals the plaintext of an envelope with the newest key. Returns the envelope, as long as the given one, and
        the plaintext with its padding.

        Raises as `open`, and WrongKey if the new envelope does not open to the same plaintext.
        """
        padded = self.open_padded(sealed, context)
        resealed = self._seals.seal(padded, context)
        try:
            same = self._seals.open(resealed, context) == padded
        except NotAuthentic:
            same = False
        if not same:
            raise WrongKey(**self._ids(self.version))
        return resealed, padded

    @property
    def sealing(self) -> EnvelopeKey:
        return self._seals

    def key_of(self, header: bytes) -> EnvelopeKey | None:
        """Returns the key that an envelope's header names, or None if it is not usable."""
        return self._opens.get(header)

    def _names_key(self) -> bytes:
        if (taken_over := self._taken_over()) is not None:
            return taken_over.names_key
        oldest = min(*self._keys, *self._unusable, self.version)
        if oldest in self._unusable:
            raise self._unusable[oldest]
        return derive_purpose_key(self._keys[oldest], NAMES)

    def _cursor_keys(self) -> dict[KeyVersion, bytes]:
        """Those of earlier versions that are destroyed, and of all that are not. Raises Tampered."""
        taken_over = self._taken_over()
        own = {version: derive_purpose_key(key, CURSORS) for version, key in self._keys.items()}
        return own if taken_over is None else taken_over.cursor_keys | own

    def _taken_over(self) -> Carried | None:
        """Raises Tampered."""
        if self._carried is None:
            return None
        bound = carried_context(self.vault, self.version)
        return self.for_purpose(carried.PURPOSE).open_json(self._carried, bound, carried.decoder)

    def open_padded(self, sealed: bytes, context: bytes) -> bytes:
        """Returns the plaintext with its padding. Raises as `open`."""
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
