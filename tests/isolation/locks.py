"""The application with both of its locks, and with each of them taken off. No setting does that; only a test can."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import ColumnElement, Connection, Engine, event, true
from sqlalchemy.ext.asyncio import AsyncSession

from creatorvault.core.repositories import ScopedRepository
from tests.application import House, environment_of, open_house
from tests.isolation.issuer import issuer_that_names_administrators
from tests.postgres import RUNTIME, Cluster

# Of the statements that are written as text, and of all those that SQLAlchemy makes.
SCOPE_IN_TEXT: Final = re.compile(
    r"(?:\w+\.)?tenant_id = (context\.tenant_id|\$1(?:::\w+)*) AND (?:\w+\.)?user_id = \$2(?!\d)"
)
SCOPE_IN_SQL: Final = re.compile(r"(?:\w+\.)*tenant_id = (\$\d+::UUID)")
ANYBODYS: Final = r"(\1::uuid IS NOT NULL AND $2::text IS NOT NULL)"
"""Of every row: parameters that a statement did not name would have no type."""
SCOPED_TABLES: Final = re.compile(r"\b(?:FROM|UPDATE) (?:ideas|vaults)\b")


class Locks(StrEnum):
    BOTH = "both locks"
    POLICIES = "row-level security alone"
    SCOPE = "the scope alone"
    NEITHER = "neither lock"

    @property
    def scoped(self) -> bool:
        return self in (Locks.BOTH, Locks.SCOPE)

    @property
    def has_policies(self) -> bool:
        return self in (Locks.BOTH, Locks.POLICIES)


@asynccontextmanager
async def house_with(locks: Locks, cluster: Cluster, home: Path) -> AsyncGenerator[House]:
    """A house on a database of its own, whose row-level security is on or off. The scope is `scope_off`'s."""
    database = cluster.clone(f"locks_{uuid4().hex}")
    try:
        if not locks.has_policies:
            await _disable_policies(database.superuser_url)
        environ = issuer_that_names_administrators(environment_of(database, home))
        async with open_house(environ, database) as house:
            yield house
    finally:
        cluster.drop(database)


async def _disable_policies(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for row in await connection.fetch("SELECT oid::regclass::text AS name FROM pg_class WHERE relrowsecurity"):
            await connection.execute(f"ALTER TABLE {row['name']} DISABLE ROW LEVEL SECURITY")
    finally:
        await connection.close()


@contextmanager
def scope_off() -> Generator[None]:
    """The runtime login's statements then select, change and delete whatever the database lets them see.

    Not the operators', who have no scope: what they may see of every tenant is theirs to see.
    """
    scoped = ScopedRepository.__init__

    def unscoped(self: ScopedRepository[Any], session: AsyncSession, scope: ColumnElement[bool]) -> None:
        scoped(self, session, true())

    event.listen(Engine, "before_cursor_execute", _without_tenant, retval=True)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ScopedRepository, "__init__", unscoped)
            for name in ("fetch", "fetchrow", "execute"):
                patch.setattr(asyncpg.Connection, name, _unscoped(getattr(asyncpg.Connection, name)))
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", _without_tenant)


def _without_tenant(
    connection: Connection, _cursor: object, statement: str, parameters: object, *_: object
) -> tuple[str, object]:
    if connection.engine.url.username != RUNTIME:
        return statement, parameters
    return SCOPE_IN_SQL.sub(r"\1 IS NOT NULL", statement), parameters


def _unscoped(run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Fails for a statement whose scope is written in another way than this switch knows."""

    async def unscoped(self: asyncpg.Connection, query: str, *arguments: object, **options: Any) -> Any:
        statement, scopes = SCOPE_IN_TEXT.subn(ANYBODYS, query)
        assert scopes or not SCOPED_TABLES.search(query), query
        return await run(self, statement, *arguments, **options)

    return unscoped
