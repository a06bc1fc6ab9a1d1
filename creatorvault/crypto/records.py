"""The values of one record, each bound to its own name and to all of the record, sealed and opened together."""

from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag

from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import CIPHERTEXT_AT, HEADER_BYTES, Sealed, context
from creatorvault.crypto.padding import pad

type Decrypt = Callable[[bytes, bytes, bytes], bytes]


class RecordCipher:
    """What `VaultCipher.seal` and `open` do for one value, done for all values of a record in fewer steps: a page has
    sixty of them, a vault three hundred thousand.

    A value's context is `shared`, its name, and what the record is given with it.
    """

    __slots__ = ("_cipher", "_contexts", "_opening")

    def __init__(self, cipher: VaultCipher, shared: bytes, names: Sequence[bytes]) -> None:
        self._cipher = cipher
        self._contexts = [shared + context(name) for name in names]
        self._opening: dict[bytes, tuple[Decrypt, list[bytes]]] = {}

    def seal(self, plaintexts: Sequence[bytes], record: bytes) -> list[Sealed]:
        """As `VaultCipher.seal`: JSON texts, in the order of the names."""
        seal = self._cipher.sealing.seal
        return [
            seal(pad(plaintext), bound + record) for plaintext, bound in zip(plaintexts, self._contexts, strict=True)
        ]

    def open(self, values: Sequence[bytes], record: bytes) -> Sequence[bytes]:
        """The JSON texts with their padding. Raises as `VaultCipher.open`, for the first value that does not open."""
        header = values[0][:HEADER_BYTES]
        opening = self._opening.get(header) or self._opening_with(header)
        if opening is None:
            return self._one_by_one(values, record)
        decrypt, contexts = opening
        plaintexts = []
        try:
            for value, bound in zip(values, contexts, strict=True):
                if not value.startswith(header):
                    return self._one_by_one(values, record)
                plaintexts.append(decrypt(value[HEADER_BYTES:CIPHERTEXT_AT], value[CIPHERTEXT_AT:], bound + record))
        except (InvalidTag, ValueError):
            return self._one_by_one(values, record)
        return plaintexts

    def _opening_with(self, header: bytes) -> tuple[Decrypt, list[bytes]] | None:
        """The key that a header names, and what stands before a record in its additional data."""
        key = self._cipher.key_of(header)
        if key is None:
            return None
        self._opening[header] = opening = (key.decrypt, [header + bound for bound in self._contexts])
        return opening

    def _one_by_one(self, values: Sequence[bytes], record: bytes) -> Sequence[bytes]:
        """Says which value it is that does not open, and why."""
        return [self._cipher.open(value, bound + record) for value, bound in zip(values, self._contexts, strict=True)]
