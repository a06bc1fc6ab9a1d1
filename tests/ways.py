"""How a response was produced: only by single statements, or in a transaction."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest

from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House
from tests.factories import Creator


class Way(StrEnum):
    NONE = "without the database"
    STATEMENT = "single statement"
    TRANSACTION = "transaction"
    BOTH = "single statement, then transaction"
    """The fast path was tried and fell back to a transaction."""


@dataclass
class Trail:
    """`reads` and `changes` are the texts of single statements, in the order of execution."""

    reads: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    transactions: int = 0

    @property
    def way(self) -> Way:
        match bool(self.reads or self.changes), bool(self.transactions):
            case True, True:
                return Way.BOTH
            case True, False:
                return Way.STATEMENT
            case False, True:
                return Way.TRANSACTION
        return Way.NONE


# Background work of a request, which has its own context, is not on its trail.
_TRAIL: ContextVar[Trail | None] = ContextVar("trail", default=None)


@contextmanager
def followed() -> Iterator[Trail]:
    """Yields the trail of requests within the block, to any application."""
    trail = Trail()
    token = _TRAIL.set(trail)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Statements, "rows", _sent(Statements.rows, lambda seen: seen.reads))
            patch.setattr(Statements, "changed", _sent(Statements.changed, lambda seen: seen.changes))
            patch.setattr(Database, "reading", _opened(Database.reading))
            patch.setattr(Database, "writing", _opened(Database.writing))
            yield trail
    finally:
        _TRAIL.reset(token)


def _sent(
    send: Callable[..., Awaitable[Sequence[Any]]], texts_of: Callable[[Trail], list[str]]
) -> Callable[..., Awaitable[Sequence[Any]]]:
    async def sent(self: Statements, statement: str, *arguments: object) -> Sequence[Any]:
        if trail := _TRAIL.get():
            texts_of(trail).append(statement)
        return await send(self, statement, *arguments)

    return sent


def _opened(
    begin: Callable[[Database, UUID | None], AbstractAsyncContextManager[Any]],
) -> Callable[[Database, UUID | None], AbstractAsyncContextManager[Any]]:
    def opened(self: Database, tenant_id: UUID | None = None) -> AbstractAsyncContextManager[Any]:
        if trail := _TRAIL.get():
            trail.transactions += 1
        return begin(self, tenant_id)

    return opened


def vault_of(creator: Creator) -> VaultId:
    """Returns the vault in the organization of the token, or the personal one."""
    org_id = creator.claims.get("org_id")
    kind = TenantKind.PERSONAL if org_id is None else TenantKind.ORGANIZATION
    return VaultId(TenantName(kind, "better-auth", org_id or creator.user_id).id, UserId(creator.user_id))


def forget(house: House, vault: VaultId) -> None:
    """The process is as one that has never seen the vault: cold."""
    state = house.parts
    state.keyring.forget(vault)
    state.search_cache.forget(vault)
    state.revisions._revisions.pop(vault)
