"""Scopes of operators."""

from enum import StrEnum

from msgspec import Struct


class Scope(StrEnum):
    """`read` views, `manage` changes tenants, `keys` rotates and destroys keys, and views and sets root keys."""

    READ = "read"
    MANAGE = "manage"
    KEYS = "keys"


class Caller(Struct, frozen=True):
    """The caller of the admin API; `actor` identifies it in the audit log."""

    actor: str
    scopes: frozenset[Scope]
