"""Single statements in one round trip: each is its own transaction and snapshot.

Through an ORM session a statement takes several times the processor time of the driver. Most requests use this fast
path; everything else uses `core.database.sessions`, with the same results.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from creatorvault.core.database.driver_pool import DriverPool
from creatorvault.core.database.tenant_context import routed
from creatorvault.core.database.transient_errors import DRIVER_ERRORS, READ_ONLY, is_transient, sqlstate, unavailable
from creatorvault.core.waiting.deadlines import WaitBudget, current_wait_budget
from creatorvault.core.waiting.timeouts import Timeouts
from creatorvault.settings.sections import DatabaseSettings

type Row = Sequence[Any]


class Change(NamedTuple):
    """A statement that changes something and returns one row, and its arguments."""

    statement: str
    arguments: Sequence[object]


class Statements:
    """Those of one login."""

    def __init__(self, settings: DatabaseSettings, *, of_tenants: bool = True) -> None:
        """Opens no connection yet. Raises SettingsError if no address is configured.

        `of_tenants` is whether the login sees only the tenant in whose context a statement is.
        """
        self._pool = DriverPool(settings)
        self._settings = settings
        self._sets_context = settings.distributed and of_tenants
        self.answer_seconds = settings.answer_seconds
        self._timeouts = Timeouts()

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
        return self._pool.in_use

    @property
    def idle(self) -> int:
        return self._pool.idle

    async def close(self) -> None:
        await self._pool.close()

    def _form(self, statement: str) -> str:
        return routed(statement) if self._settings.distributed else statement

    async def _answered[T](
        self, ask: Callable[[asyncpg.Connection, WaitBudget, float], Awaitable[T]], seconds: float
    ) -> T:
        wait_budget = current_wait_budget()
        wait_budget.start(self.answer_seconds)
        try:
            connection = await self._pool.take(wait_budget)
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
                    self._pool.distrust_idle()
                raise
            finally:
                self._pool.give_back(connection, clean=clean)
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
            async with self._transaction(arguments, connection, wait_budget, readonly=True):
                return await self._fetch(connection, statement, arguments, seconds)
        except TimeoutError:
            self._pool.distrust_idle()
            raise

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
        async with self._transaction(arguments, connection, wait_budget):
            return await self._fetch(connection, statement, arguments, seconds)

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
        async with self._transaction(changes[0].arguments, connection, wait_budget):
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

    @asynccontextmanager
    async def _transaction(
        self,
        arguments: Sequence[object],
        connection: asyncpg.Connection,
        wait_budget: WaitBudget,
        *,
        readonly: bool = False,
    ) -> AsyncGenerator[None]:
        """An unnamed statement is parsed in one message and executed in another. Outside of a transaction, a proxy may
        send the second to another server connection, or another client's statement in between.
        """
        connection.tenant_id = _tenant_of(arguments) if self._sets_context else None
        async with asyncio.timeout(wait_budget.left), connection.transaction(readonly=readonly):
            yield


def _tenant_of(arguments: Sequence[object]) -> UUID | None:
    """Of statements of the runtime login, those on tables of tenants have the tenant's id, as text, as their first
    argument, and others have no text there.
    """
    first = arguments[0] if arguments else None
    return UUID(first) if isinstance(first, str) else None
