"""The application with both of its locks, and with each of them taken off. No setting does that; only a test can."""

import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import ColumnElement, true
from sqlalchemy.ext.asyncio import AsyncSession

from creatorvault.core.repositories import ScopedRepository
from tests.application import House, environment_of, open_house
from tests.isolation.issuer import issuer_that_names_administrators
from tests.postgres import Cluster

# Of ideas, in the statements that are written as text.
SCOPE_IN_SQL: Final = re.compile(
    r"ideas\.tenant_id = (context\.tenant_id|\$1) AND ideas\.user_id = \$2"
    r"|tenant_id = \$1 AND user_id = \$2(?= AND id = )"
)


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
    """Statements then select, change and delete whatever the database lets them see."""
    scoped, fetch = ScopedRepository.__init__, asyncpg.Connection.fetch

    def unscoped(self: ScopedRepository[Any], session: AsyncSession, scope: ColumnElement[bool]) -> None:
        scoped(self, session, true())

    async def fetch_unscoped(self: asyncpg.Connection, query: str, *arguments: object, **options: Any) -> Any:
        return await fetch(self, SCOPE_IN_SQL.sub("true", query), *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScopedRepository, "__init__", unscoped)
        patch.setattr(asyncpg.Connection, "fetch", fetch_unscoped)
        yield
