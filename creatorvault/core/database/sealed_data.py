"""Tables with values that are sealed with vault keys, and tables with keys that root keys wrap.

Each app declares its own. Rotation and verification of keys reach every table that is declared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import SQLModel

from creatorvault.core.identifiers import VaultId

type Values = Sequence[Any]

type Contexts = Callable[[Values], Sequence[bytes]]
"""Returns the additional data of the sealed values of a row, from its other columns.

May raise TypeError, OverflowError or struct.error for values that are never sealed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTable:
    """`key` names the columns that identify a row within its vault, none if there is one row. `bound` names further
    columns that its values are bound to, and `sealed` its envelopes, all with keys of one `purpose`.

    `contexts` receives the values of `key` and `bound`, in this order. `is_readable` receives them and the plaintexts
    with their padding, and returns False unless they are what the app seals. `is_outdated` returns True for a copy that
    is never opened again: it is deleted instead of being sealed again. `first` is a statement that is executed before
    rows are changed. `tally` is given for the one table whose rows `vaults.idea_count` counts: it receives the values
    of `key` and `bound`, and returns the row's stamp, which `vaults.digest` combines, and its revision. `counted` names
    the envelopes whose size `vaults.sealed_bytes` counts. `is_trash` is true if `vaults.trash_count` counts its rows.
    """

    model: type[SQLModel]
    purpose: str
    key: tuple[str, ...]
    bound: tuple[str, ...]
    sealed: tuple[str, ...]
    contexts: Callable[[VaultId], Contexts]
    is_readable: Callable[[Values, Sequence[bytes]], bool]
    is_outdated: Callable[[Values], bool] = lambda _: False
    first: str | None = None
    tally: Callable[[Values], tuple[int, int]] | None = None
    counted: tuple[str, ...] = ()
    is_trash: bool = False

    @property
    def name(self) -> str:
        return str(self.model.__tablename__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedTable:
    """Keys of the service, in the schema `keys`. The table has the columns `root_key_id` and `wrapped`.

    `key` names the columns of its primary key; `context` returns from their values what a wrap is bound to.
    """

    model: type[SQLModel]
    key: tuple[str, ...]
    context: Callable[[Values], bytes]

    @property
    def name(self) -> str:
        return f"keys.{self.model.__tablename__}"


@dataclass(frozen=True, slots=True)
class ProtectedData:
    """The declarations of all apps."""

    sealed: Sequence[SealedTable]
    wrapped: Sequence[WrappedTable]
