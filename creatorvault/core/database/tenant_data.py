"""Tables with rows of tenants, and what becomes of these rows when a tenant is erased. Each app declares its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import SQLModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The tenant's rows are deleted, or those of one vault, if the table has users.

    `counted_as` is the name under which an erasure says how many there were. `first` is a statement that is executed
    before. Rows that `only_operators` may delete stay when a creator is erased, and go with the tenant. On a Citus
    cluster a table that `stays_local` is on the coordinator alone.
    """

    model: type[SQLModel]
    counted_as: str | None = None
    first: str | None = None
    only_operators: bool = False
    stays_local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """The tenant's rows stay, for a reason. `emptied` are the values that columns are set to."""

    model: type[SQLModel]
    reason: str
    emptied: Mapping[str, Any] = field(default_factory=dict)


type TenantTable = Erased | Tombstone


@dataclass(frozen=True, slots=True)
class TenantData:
    """Of all apps, in the order of an erasure: what refers to other rows comes before them."""

    tables: Sequence[TenantTable]
