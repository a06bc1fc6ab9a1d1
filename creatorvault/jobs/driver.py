"""pgqueuer's way to the database: polling, through a pool that replaces lost connections.

Nothing is listened to and nothing is notified. NOTIFY takes a lock on the whole database when its transaction commits,
and a pooler in transaction mode passes no notifications on.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Self, override

from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import Driver, NotifyCallback

from creatorvault.core.database.sessions import WriteSession, run
from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.telemetry.logging import get_logger

log = get_logger(__name__)

SHORTEST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0


class QuietDriver(Driver):
    """Its notifications stay in the process."""

    def __init__(self) -> None:
        self._listeners: list[NotifyCallback] = []
        self._shutdown = asyncio.Event()
        self._tasks = TaskManager()

    @override
    async def execute(self, query: str, *args: object) -> str:
        """Nothing here asks for the status that is returned elsewhere."""
        await self.fetch(query, *args)
        return ""

    @override
    async def notify(self, channel: str, payload: str) -> None:
        for listener in self._listeners:
            listener(payload)

    @override
    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        self._listeners.append(callback)

    @property
    @override
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    @override
    def tm(self) -> TaskManager:
        return self._tasks

    @override
    async def __aenter__(self) -> Self:
        return self

    @override
    async def __aexit__(self, *_: object) -> None:
        """Connections are closed by their owner."""


class SessionDriver(QuietDriver):
    """Executes statements in the transaction of a session, for those that have exactly the columns `names`."""

    def __init__(self, session: WriteSession, names: Sequence[str]) -> None:
        super().__init__()
        self._session = session
        self._names = names

    @override
    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        rows = await run(self._session, query, *args)
        return [dict(zip(self._names, row, strict=True)) for row in rows]


class PollingDriver(QuietDriver):
    """Repeats a statement until the database answers, so that a restart of the database loses no result of a job.

    Repeating one that had been executed changes nothing: a job that was claimed for nobody is taken over.
    """

    def __init__(self, statements: Statements) -> None:
        super().__init__()
        self._statements = statements

    def give_up(self) -> None:
        """From now on a statement that fails is not repeated."""
        self._shutdown.set()

    @override
    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        pause = SHORTEST_PAUSE_SECONDS
        while True:
            try:
                rows: Sequence[Any] = await self._statements.changed(query, *args)
            except ServiceUnavailable:
                if self._shutdown.is_set():
                    raise
                log.warning("jobs.database_unavailable", seconds=pause)
            else:
                return [dict(row) for row in rows]
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
