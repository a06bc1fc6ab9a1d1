"""Receives notices on a connection of its own, since LISTEN belongs to a session.

A pooler in transaction mode passes no notices on. Then nothing is listened to, and the vaults are looked at more often.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import Final

import asyncpg

from creatorvault.core.database.connections import connect_arguments
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.settings.database_address import address_of, connected
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import DatabaseSettings
from creatorvault.sync.events.notices import CHANNEL, LISTENERS

log = get_logger(__name__)

ANSWER_SECONDS: Final = 2.0
PING_SECONDS: Final = 5.0
SHORTEST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 1.0
POOLED_PAUSE_SECONDS: Final = 60.0

# A shared lock of the session tells those who send notices that somebody listens.
ANNOUNCE: Final = "SELECT pg_advisory_lock_shared($1, 0)"
IS_STANDBY: Final = "SELECT pg_is_in_recovery()"
SERVER_PROCESS: Final = "SELECT pg_backend_pid()"

type Hear = Callable[[str], None]
"""Gets the payload of a notice, which anybody with a login can have sent."""


class _Pooled(Exception):
    """The connection goes to a pooler."""


class Listener:
    """One per process. `is_listening` is false while notices could be missed."""

    def __init__(self, settings: DatabaseSettings, hear: Hear, on_listening: Callable[[], None]) -> None:
        """`hear` gets every notice. `on_listening` is called when notices may have been missed before.

        Opens no connection yet. Raises SettingsError if no address is configured.
        """
        url = settings.listen_url or settings.url
        if url is None:
            raise SettingsError(["no database: set DATABASE_URL"])
        self._address = address_of(url.reveal())
        self._arguments = connect_arguments(settings)
        self._arguments.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own
        self._hear = hear
        self._on_listening = on_listening
        self._task: asyncio.Task[None] | None = None
        self.is_listening = False

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._keep_listening(), context=Context())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def aclose(self) -> None:
        task = self._task
        self.stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    async def _keep_listening(self) -> None:
        pause = SHORTEST_PAUSE_SECONDS
        while True:
            try:
                await self._listen()
            except _Pooled:
                log.info("live.polling", reason="pooler")
                pause = POOLED_PAUSE_SECONDS
            except DRIVER_ERRORS as error:
                log.info("live.not_listening", reason=type(error).__name__)
                pause = SHORTEST_PAUSE_SECONDS if self.is_listening else min(2 * pause, LONGEST_PAUSE_SECONDS)
            finally:
                self.is_listening = False
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        """Raises one of DRIVER_ERRORS when the connection is lost, and _Pooled."""
        connection = await connected(self._address, **self._arguments)
        try:
            # A pooler makes up the number that it gives its clients.
            if await _asked(connection, SERVER_PROCESS) != connection.get_server_pid():
                raise _Pooled
            await _asked(connection, ANNOUNCE, LISTENERS)
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.add_listener(CHANNEL, self._received)
            self.is_listening = True
            log.info("live.listening")
            self._on_listening()
            await _lost(connection)
        finally:
            connection.terminate()

    def _received(self, _connection: object, _process: int, _channel: str, payload: str) -> None:
        self._hear(payload)


async def _lost(connection: asyncpg.Connection) -> None:
    """Raises one of DRIVER_ERRORS when the connection is lost, or when its server has become a standby."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    while not connection.is_closed():
        if await _asked(connection, IS_STANDBY):
            raise ConnectionError("the server is a standby now")
        with suppress(TimeoutError):
            async with asyncio.timeout(PING_SECONDS):
                await lost.wait()
    raise ConnectionError("the connection was closed")


async def _asked(connection: asyncpg.Connection, statement: str, *arguments: object) -> object:
    answer: object = await connection.fetchval(statement, *arguments, timeout=ANSWER_SECONDS)
    return answer
