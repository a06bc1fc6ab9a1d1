"""Connections of the driver of one login for single statements."""

import asyncio
from typing import Final

import asyncpg

from creatorvault.core.database.connections import connect_arguments
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.waiting.deadlines import WaitBudget
from creatorvault.settings.database_address import address_of, connected
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import DatabaseSettings

log = get_logger(__name__)

CANCEL_SECONDS: Final = 2.0
"""Time limit for the driver to cancel a statement on the server."""


class DriverPool:
    """At most `pool_size` connections; the most recently used one is taken first."""

    def __init__(self, settings: DatabaseSettings) -> None:
        """Opens no connection yet. Raises SettingsError if no address is configured."""
        if settings.url is None:
            raise SettingsError(["no database: set DATABASE_URL"])
        self._address = address_of(settings.url.reveal())
        self._settings = settings
        self._places = asyncio.Semaphore(settings.pool_size)
        self._in_use = 0
        self._idle: list[asyncpg.Connection] = []
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def in_use(self) -> int:
        return self._in_use

    @property
    def idle(self) -> int:
        return len(self._idle)

    async def close(self) -> None:
        self.distrust_idle()
        for leaving in self._leaving:
            leaving.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await asyncio.sleep(0)  # the iteration in which the event loop closes them

    async def take(self, wait_budget: WaitBudget) -> asyncpg.Connection:
        """Returns a connection, which the caller must give back. Raises one of DRIVER_ERRORS."""
        if self._places.locked():
            async with asyncio.timeout(min(self._settings.pool_wait_seconds, wait_budget.left)):
                await self._places.acquire()
        else:
            await self._places.acquire()
        self._in_use += 1
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

    def give_back(self, connection: asyncpg.Connection, *, clean: bool) -> None:
        if clean:
            self._idle.append(connection)
        else:
            leaving = asyncio.create_task(self._leave(connection))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        self._leave_place()

    def distrust_idle(self) -> None:
        """Discards idle connections. If a read has timed out, each could cost a request its whole wait budget; if the
        server has become read-only, each would fail. A change that times out may only be waiting for a lock.
        """
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()

    def _leave_place(self) -> None:
        self._in_use -= 1
        self._places.release()

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
            self.distrust_idle()
        finally:
            connection.terminate()
