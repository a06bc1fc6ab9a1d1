"""Single statements in one round trip: each is its own transaction and snapshot.

Through an ORM session a statement takes several times the processor time of the driver. Most requests use this fast
path; everything else uses `core.database.sessions`, with the same results.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from creatorvault.core.database.connections import connect_arguments
from creatorvault.core.database.tenant_context import routed
from creatorvault.core.database.transient_errors import DRIVER_ERRORS, READ_ONLY, is_transient, sqlstate, unavailable
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.waiting.deadlines import WaitBudget, current_wait_budget
from creatorvault.core.waiting.timeouts import Timeouts
from creatorvault.settings.database_address import address_of, connected
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import DatabaseSettings

log = get_logger(__name__)

type Row = Sequence[Any]


class Change(NamedTuple):
    """A statement that changes something and returns one row, and its arguments."""

    statement: str
    arguments: Sequence[object]


CANCEL_SECONDS: Final = 2.0
"""Time limit for the driver to cancel a statement on the server."""


class Statements:
    """A pool of at most `pool_size` connections as one login; the most recently used one is taken first."""

    def __init__(self, settings: DatabaseSettings, *, of_tenants: bool = True) -> None:
        """Opens no connection yet. Raises SettingsError if no address is configured.

        `of_tenants` is whether the login sees only the tenant in whose context a statement is.
        """
        if settings.url is None:
            raise SettingsError(["no database: set DATABASE_URL"])
        self._address = address_of(settings.url.reveal())
        self._settings = settings
        self._sets_context = settings.distributed and of_tenants
        self.answer_seconds = settings.answer_seconds
        self._places = asyncio.Semaphore(settings.pool_size)
        self._timeouts = Timeouts()
        self._under_way = 0
        self._idle: list[asyncpg.Connection] = []
        self._leaving: set[asyncio.Task[None]] = set()

    def rows(self, statement: str, *arguments: object) -> Coroutine[Any, Any, Sequence[Row]]:
        """Raises ServiceUnavailable if the database is unavailable.

        The driver limits the statement, and cancels it on the server on timeout or if the request is cancelled: setting
        the server's own limit would need another round trip.
        """
        ask = partial(self._read, self._form(statement), arguments)
        return self._answered(ask, self._settings.statement_seconds)

    def changed(self, statement: str, *arguments: object) -> Coroutine[Any, Any, Sequence[Row]]:
        """As `rows`, for a statement that changes something. It is committed on return.

        Raises as `rows`; the statement may or may not be committed then. Its time limit is that of a lock wait.
        """
        ask = partial(self._change, self._form(statement), arguments)
        return self._answered(ask, self._settings.lock_seconds)

    def changed_together(self, changes: Sequence[Change]) -> Coroutine[Any, Any, Sequence[Row]]:
        """As `changed`, for several changes of one tenant in one transaction, in any order. Returns the row of each.

        If one of them raises an error, none is stored.
        """
        ask = partial(self._change_together, changes)
        return self._answered(ask, self._settings.lock_seconds)

    @property
    def in_use(self) -> int:
        """The number of statements in progress."""
        return self._under_way

    @property
    def idle(self) -> int:
        return len(self._idle)

    async def close(self) -> None:
        self._distrust_idle()
        for leaving in self._leaving:
            leaving.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await asyncio.sleep(0)  # the iteration in which the event loop closes them

    def _form(self, statement: str) -> str:
        return routed(statement) if self._settings.distributed else statement

    async def _answered[T](
        self, ask: Callable[[asyncpg.Connection, WaitBudget, float], Awaitable[T]], seconds: float
    ) -> T:
        wait_budget = current_wait_budget()
        wait_budget.start(self.answer_seconds)
        try:
            connection = await self._take(wait_budget)
            clean = True
            try:
                if (limit := min(wait_budget.left, seconds)) <= 0:  # too late to begin a statement
                    raise TimeoutError
                clean = False  # a statement may be in progress on it
                answer = await ask(connection, wait_budget, limit)
                clean = True
            except asyncpg.PostgresError as error:
                clean = sqlstate(error) != READ_ONLY
                if not clean:
                    self._distrust_idle()
                raise
            finally:
                self._give_back(connection, clean=clean)
        except DRIVER_ERRORS as error:
            if not is_transient(error):
                raise
            raise unavailable(error) from error
        finally:
            wait_budget.stop()
        return answer

    async def _read(
        self,
        statement: str,
        arguments: Sequence[object],
        connection: asyncpg.Connection,
        wait_budget: WaitBudget,
        seconds: float,
    ) -> Sequence[Row]:
        try:
            if self._settings.prepared_statements:
                return await self._fetch(connection, statement, arguments, seconds)
            [rows] = await self._transact([(statement, arguments)], connection, wait_budget, seconds, readonly=True)
        except TimeoutError:
            self._distrust_idle()
            raise
        return rows

    async def _change(
        self,
        statement: str,
        arguments: Sequence[object],
        connection: asyncpg.Connection,
        wait_budget: WaitBudget,
        seconds: float,
    ) -> Sequence[Row]:
        """On Citus a change needs a transaction whose context has been set."""
        if self._settings.prepared_statements and not self._settings.distributed:
            return await self._fetch(connection, statement, arguments, seconds)
        [rows] = await self._transact([(statement, arguments)], connection, wait_budget, seconds)
        return rows

    async def _change_together(
        self, changes: Sequence[Change], connection: asyncpg.Connection, wait_budget: WaitBudget, seconds: float
    ) -> Sequence[Row]:
        """Changes with the same statement are sent at once, so that a lock is not held for a round trip of each."""
        places = defaultdict[str, list[int]](list)
        for place, change in enumerate(changes):
            places[self._form(change.statement)].append(place)
        alike = [(text, [changes[place].arguments for place in those]) for text, those in places.items()]
        if len(alike) == 1 and self._settings.prepared_statements and not self._settings.distributed:
            return await self._fetch_many(connection, *alike[0], seconds)
        rows: dict[int, Row] = {}
        connection.tenant_id = _tenant_of(changes[0].arguments) if self._settings.distributed else None
        async with asyncio.timeout(wait_budget.left), connection.transaction():
            for (text, arguments), those in zip(alike, places.values(), strict=True):
                rows |= zip(those, await self._fetch_many(connection, text, arguments, seconds), strict=True)
        return [rows[place] for place in range(len(changes))]

    async def _fetch_many(
        self, connection: asyncpg.Connection, statement: str, arguments: Sequence[Sequence[object]], seconds: float
    ) -> Sequence[Row]:
        """In a transaction of its own, if none is under way."""
        with self._timeouts.within(seconds):
            rows: Sequence[Row] = await connection.fetchmany(statement, arguments)
        return rows

    async def _fetch(
        self, connection: asyncpg.Connection, statement: str, arguments: Sequence[object], seconds: float
    ) -> Sequence[Row]:
        with self._timeouts.within(seconds):
            rows: Sequence[Row] = await connection.fetch(statement, *arguments)
        return rows

    async def _transact(
        self,
        statements: Sequence[tuple[str, Sequence[object]]],
        connection: asyncpg.Connection,
        wait_budget: WaitBudget,
        seconds: float,
        *,
        readonly: bool = False,
    ) -> Sequence[Sequence[Row]]:
        """An unnamed statement is parsed in one message and executed in another. Outside of a transaction, a proxy may
        send the second to another server connection, or another client's statement in between.
        """
        connection.tenant_id = _tenant_of(statements[0][1]) if self._sets_context else None
        async with asyncio.timeout(wait_budget.left), connection.transaction(readonly=readonly):
            return [await connection.fetch(text, *arguments, timeout=seconds) for text, arguments in statements]

    async def _take(self, wait_budget: WaitBudget) -> asyncpg.Connection:
        """Returns a connection, which the caller must release. Raises one of FAULTS."""
        if self._places.locked():
            async with asyncio.timeout(min(self._settings.pool_wait_seconds, wait_budget.left)):
                await self._places.acquire()
        else:
            await self._places.acquire()
        self._under_way += 1
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            async with asyncio.timeout(wait_budget.left):
                return await self._connected()
        except BaseException:
            self._leave_place()
            raise

    def _give_back(self, connection: asyncpg.Connection, *, clean: bool) -> None:
        if clean:
            self._idle.append(connection)
        else:
            leaving = asyncio.create_task(self._leave(connection))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        self._leave_place()

    def _leave_place(self) -> None:
        self._under_way -= 1
        self._places.release()

    def _distrust_idle(self) -> None:
        """Discards idle connections. If a read has timed out, each could cost a request its whole wait budget; if the
        server has become read-only, each would fail. A change that times out may only be waiting for a lock.
        """
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()

    async def _connected(self) -> asyncpg.Connection:
        arguments = connect_arguments(self._settings)
        arguments.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own
        return await connected(self._address, **arguments)

    async def _leave(self, connection: asyncpg.Connection) -> None:
        """Closes the connection of a request that was cancelled or timed out. The driver has asked the server to cancel
        its statement, and the transaction is rolled back, so that nobody waits for its locks. A server that does not
        do that either does not respond at all.
        """
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await connection.execute("ROLLBACK")
        except DRIVER_ERRORS:
            log.debug("database.left_without_a_word")
            self._distrust_idle()
        finally:
            connection.terminate()


def _tenant_of(arguments: Sequence[object]) -> UUID | None:
    """Of statements of the runtime login, those on tables of tenants have the tenant's id, as text, as their first
    argument, and others have no text there.
    """
    first = arguments[0] if arguments else None
    return UUID(first) if isinstance(first, str) else None
