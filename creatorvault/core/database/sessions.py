"""The database and its unit of work: one transaction per request, committed here and nowhere else.

The total time that a request may wait is bounded (docs/decisions/0006-faults.md), and every transient error is raised
as ServiceUnavailable.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_scoped_session

from creatorvault.core.database.connections import connect_arguments, engine_for
from creatorvault.core.database.tenant_context import routed
from creatorvault.core.database.transient_errors import DRIVER_ERRORS, READ_ONLY, is_transient, sqlstate, unavailable
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.waiting.deadlines import WaitBudget, Waiting, current_wait_budget
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import DatabaseSettings

log = get_logger(__name__)

_CUT_OFF: Final = "creatorvault.core.cut_off"
_DISTRIBUTED: Final = "creatorvault.core.distributed"


class ReadSession(AsyncSession):
    """Of a transaction that reads. Whatever only reads asks for this one."""


class WriteSession(ReadSession):
    """Of a transaction that may write. What writes asks for this one, and mypy refuses a session for reading."""


class Database:
    """A pool of connections as the runtime login.

    Reading transactions are REPEATABLE READ and read-only, so that all their statements see one snapshot.
    Writing transactions are READ COMMITTED and serialised by the lock on the vault's row.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        """Does not connect yet. Raises SettingsError without an address."""
        if settings.url is None:
            raise SettingsError(["no database: set DATABASE_URL"])
        self._answer_seconds = settings.answer_seconds
        self._distributed = settings.distributed
        self.engine = engine_for(
            settings.url.reveal(),
            connect_arguments(settings),
            pool_size=settings.pool_size,
            max_overflow=settings.max_overflow,
            pool_timeout=settings.pool_wait_seconds,
            pool_use_lifo=True,
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_dead)
        event.listen(self.engine.sync_engine, "handle_error", _leave_read_only)
        self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def reading(
        self, tenant_id: UUID | None = None, first: Callable[[ReadSession], Awaitable[None]] | None = None
    ) -> AsyncGenerator[ReadSession]:
        """A snapshot, in the context of a tenant. Raises ServiceUnavailable when the database cannot answer now.

        `first` is called on the same connection, in a transaction that ends before the snapshot is taken.
        """
        async with self._unit_of_work(ReadSession, self._reading, tenant_id, first) as session:
            yield session

    @asynccontextmanager
    async def writing(self, tenant_id: UUID | None = None) -> AsyncGenerator[WriteSession]:
        """Commits on leaving without an error, rolls back otherwise. Raises as `reading` does, at the commit too."""
        async with self._unit_of_work(WriteSession, self.engine, tenant_id) as session:
            yield session

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def _unit_of_work[S: ReadSession](
        self,
        kind: type[S],
        engine: AsyncEngine,
        tenant_id: UUID | None,
        first: Callable[[S], Awaitable[None]] | None = None,
    ) -> AsyncGenerator[S]:
        try:
            async with self._connection(engine, tenant_id) as (connection, cut_off):
                info = {_CUT_OFF: cut_off, _DISTRIBUTED: self._distributed}
                session = kind(connection, expire_on_commit=False, autoflush=False, info=info)
                if first is not None:
                    async with session.begin():
                        await first(session)
                async with session.begin():
                    yield session
        except DRIVER_ERRORS as error:
            if not is_transient(error):
                raise
            raise unavailable(error) from error

    @asynccontextmanager
    async def _connection(
        self, engine: AsyncEngine, tenant_id: UUID | None
    ) -> AsyncGenerator[tuple[AsyncConnection, "_CutOff"]]:
        async with Waiting(self._answer_seconds):
            connection = await engine.connect()
        _driver_connection(connection).tenant_id = tenant_id
        cut_off = _CutOff(connection, self._answer_seconds)
        try:
            yield connection, cut_off
        finally:
            # The transaction has ended, so this does not wait and cannot be cancelled in between.
            await connection.close()
            cut_off.pause()


async def run(
    session: AsyncSession | async_scoped_session[AsyncSession], statement: str, *arguments: object
) -> Sequence[Sequence[Any]]:
    """The rows of a statement in the driver's form, `$1` being its first argument, in the session's transaction."""
    connection = await session.connection()
    if session.info[_DISTRIBUTED]:
        statement = routed(statement)
    return (await connection.exec_driver_sql(statement, arguments)).all()


@contextmanager
def computing(session: AsyncSession | async_scoped_session[AsyncSession], *, renewed: bool = False) -> Iterator[None]:
    """A block that does not use the session and does not count as waiting for it.

    `renewed` gives the session its whole time again: for a long read whose client already gets what was read.
    """
    cut_off: _CutOff = session.info[_CUT_OFF]
    cut_off.pause()
    if renewed:
        cut_off.renew()
    try:
        yield
    finally:
        cut_off.resume()


class _CutOff:
    """Terminates a connection when the request's time for the database is over.

    Waiters then get an error immediately, whatever the server does. It is a timer and not a timeout of the task,
    because a dependency may be opened in one task and closed in another.
    """

    def __init__(self, connection: AsyncConnection, seconds: float) -> None:
        self._connection = connection
        self._driver_connection = _driver_connection(connection)
        self._seconds = seconds
        self._wait_budget = current_wait_budget()
        self.resume()

    def resume(self) -> None:
        self._wait_budget.start(self._seconds)
        self._timer = asyncio.get_running_loop().call_later(self._wait_budget.left, self._cut)

    def pause(self) -> None:
        self._timer.cancel()
        self._wait_budget.stop()

    def renew(self) -> None:
        """While it is paused."""
        self._wait_budget = WaitBudget()

    def _cut(self) -> None:
        if not self._connection.closed:
            log.warning("database.cut_off")
            self._driver_connection.terminate()


def _driver_connection(connection: AsyncConnection) -> Any:
    return cast("Connection", connection.sync_connection).connection.driver_connection


def _refuse_dead(dbapi_connection: Any, _record: object, _proxy: object) -> None:
    """Invalidates the pool if the server has closed a connection: it has restarted, so the others are dead, too."""
    if dbapi_connection.driver_connection.is_closed():
        raise InvalidatePoolError


def _leave_read_only(error: ExceptionContext) -> None:
    """Closes all connections if the server has become read-only: new ones find the server that accepts writes."""
    if sqlstate(error.original_exception) == READ_ONLY:
        error.is_disconnect = True
