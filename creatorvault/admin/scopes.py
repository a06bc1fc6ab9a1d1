"""What an operator may do."""

from enum import StrEnum

from msgspec import Struct


class Scope(StrEnum):
    """`read` looks, `manage` changes tenants, `keys` destroys keys and sees which root keys are in use."""

    READ = "read"
    MANAGE = "manage"
    KEYS = "keys"


class Caller(Struct, frozen=True):
    """Who called the admin API; `actor` is what the audit log calls them."""

    actor: str
    scopes: frozenset[Scope]
