"""The application with both of its locks, and with each of them taken off. No setting does that; only a test can."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Connection, Engine, event

from tests.application import House, environment_of, open_house
from tests.isolation.issuer import issuer_that_names_administrators
from tests.isolation.scopes import without_scope
from tests.postgres import RUNTIME, Cluster, Database

type Rewrite = Callable[[str], str]


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
        await _prepare(database, locks)
        environ = issuer_that_names_administrators(environment_of(database, home))
        async with open_house(environ, database) as house:
            yield house
    finally:
        cluster.drop(database)


async def _prepare(database: Database, locks: Locks) -> None:
    connection = await asyncpg.connect(database.superuser_url)
    try:
        if not locks.has_policies:
            for row in await connection.fetch("SELECT oid::regclass::text AS name FROM pg_class WHERE relrowsecurity"):
                await connection.execute(f"ALTER TABLE {row['name']} DISABLE ROW LEVEL SECURITY")
        if not locks.scoped:
            # Without a scope it is the policy that partitions are chosen by, before the statement has set its context:
            # none would be read, and the policy would be asked about no row.
            await connection.execute(f"ALTER DATABASE {database.name} SET enable_partition_pruning = off")
    finally:
        await connection.close()


@contextmanager
def scope_off() -> Generator[None]:
    """The runtime login's statements then select, change and delete whatever the database lets them see.

    Not the operators', who have no scope: what they may see of every tenant is theirs to see.
    """
    with rewritten(without_scope):
        yield


@contextmanager
def rewritten(rewrite: Rewrite) -> Generator[None]:
    """Every statement of the runtime login, whether written as text or made by SQLAlchemy, is sent as rewritten."""

    def before_execution(
        connection: Connection, _cursor: object, statement: str, parameters: object, *_: object
    ) -> tuple[str, object]:
        driver: Any = connection.connection.driver_connection
        of_runtime = driver._params.user == RUNTIME
        return rewrite(statement) if of_runtime else statement, parameters

    def sent(send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def rewritten_send(self: asyncpg.Connection, query: str, *arguments: object, **options: Any) -> Any:
            of_runtime = self._params.user == RUNTIME
            return await send(self, rewrite(query) if of_runtime else query, *arguments, **options)

        return rewritten_send

    event.listen(Engine, "before_cursor_execute", before_execution, retval=True)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("fetch", "fetchrow", "fetchval", "execute", "executemany"):
                patch.setattr(asyncpg.Connection, name, sent(getattr(asyncpg.Connection, name)))
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", before_execution)
