"""What is wrong with a row, a key or a vault."""

from collections.abc import Callable
from typing import NamedTuple

from creatorvault.core.database.sealed_data import SealedTable, Values
from creatorvault.core.identifiers import VaultId

type Report = Callable[["Finding"], None]


class Finding(NamedTuple):
    """`row` identifies it within its vault and table. `problem` never contains content."""

    vault: VaultId
    table: str
    row: str
    problem: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.table, self.row) if part)
        return f"{self.vault.tenant_id} {self.vault.user_id} {place}: {self.problem}"


def row_of(table: SealedTable, values: Values) -> str:
    """Names a row by its key: `id 0198…`, `name 5f3a…`."""
    return ", ".join(
        f"{column} {value.hex() if isinstance(value, bytes) else value}"
        for column, value in zip(table.key, values, strict=False)
    )
