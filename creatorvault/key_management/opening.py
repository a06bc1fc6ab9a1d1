"""Opens the rows of a declared table, one value at a time, and seals them again."""

import struct
from collections.abc import Sequence

from creatorvault.core.database.sealed_data import SealedTable, Values
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import Sealed
from creatorvault.crypto.errors import Tampered


class RowOpener:
    """Rows have the columns of key, bound and sealed, in this order."""

    def __init__(self, table: SealedTable, cipher: VaultCipher) -> None:
        self._table = table
        self._cipher = cipher.for_purpose(table.purpose)
        self._contexts = table.contexts(cipher.vault)
        self._clear = len(table.key) + len(table.bound)

    def open(self, row: Values) -> None:
        """Raises Tampered, WrongKey or LostKey unless every value opens to what the app seals."""
        clear, sealed = row[: self._clear], row[self._clear :]
        opened = self._cipher.open_padded
        self._judge(clear, [opened(*value) for value in zip(sealed, self._bound(clear), strict=True)])

    def reseal(self, row: Values) -> Sequence[Sealed]:
        """Returns the values sealed with the newest key. Raises as `open`, and as `VaultCipher.reseal`."""
        clear, sealed = row[: self._clear], row[self._clear :]
        reseal = self._cipher.reseal
        values = [reseal(*value) for value in zip(sealed, self._bound(clear), strict=True)]
        self._judge(clear, [plaintext for _, plaintext in values])
        return [value for value, _ in values]

    def _bound(self, clear: Values) -> Sequence[bytes]:
        try:
            return self._contexts(clear)
        except (
            TypeError,
            ValueError,
            OverflowError,
            struct.error,
        ):  # a value that is never sealed, such as `infinity` as a time
            raise Tampered from None

    def _judge(self, clear: Values, plaintexts: Sequence[bytes]) -> None:
        if not self._table.is_readable(clear, plaintexts):
            raise Tampered
