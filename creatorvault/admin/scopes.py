"""Scopes of operators."""

from enum import StrEnum

from msgspec import Struct


class Scope(StrEnum):
    """`read` views, `manage` changes tenants, `keys` rotates and destroys keys, and views and sets root keys.
    `operators` appoints operators and revokes them.
    """

    READ = "read"
    MANAGE = "manage"
    KEYS = "keys"
    OPERATORS = "operators"


class Caller(Struct, frozen=True):
    """The caller of the admin API; `actor` identifies it in the audit log.

    `appointed_by` is the person who appointed it in the admin API; None if nobody did.
    """

    actor: str
    scopes: frozenset[Scope]
    appointed_by: str | None = None

    @property
    def person(self) -> str:
        """Who answers for it. Whoever appoints operators could act as any of them, and counts as one person."""
        return self.appointed_by or self.actor
