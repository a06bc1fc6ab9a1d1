"""Stores what a process has counted: some seconds later, in the background, and once more when the process ends."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from creatorvault.core.database.sessions import Database, run
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.telemetry.alerts import RAISED
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.figures.counting import Counted, RequestCounts
from creatorvault.figures.statements.series import ADD_ALERTS, ADD_REQUESTS

log = get_logger(__name__)

EVERY_SECONDS: Final = 15.0
LAST_SECONDS: Final = 2.0
"""How long the end of a process waits for the database."""

MOST_MINUTES: Final = 60
"""While the database is away, counts of so many minutes wait. Then the oldest are lost."""


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


class FiguresKeeper:
    """One per process, for as long as it is open.

    If the database fails during a commit, it is unknown whether the counts are stored: they may be added twice.
    """

    def __init__(self, database: Database, counts: RequestCounts, every_seconds: float = EVERY_SECONDS) -> None:
        """`database` is of the operators' login."""
        self._database = database
        self._counts = counts
        self._every_seconds = every_seconds
        self._known = Counter(RAISED)
        self._requests: dict[datetime, Counted] = {}
        self._alerts: Counter[tuple[datetime, str]] = Counter()
        self._since = datetime.now(UTC)
        self._closing = asyncio.Event()
        self._task = asyncio.create_task(self._keep())

    async def aclose(self) -> None:
        self._closing.set()
        await asyncio.wait([self._task], timeout=LAST_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def store(self, now: datetime | None = None) -> None:
        """Stores what was counted since the last call as that of the minute of the last call.

        What cannot be stored now is stored by the next call.
        """
        self._collect(minute_of(self._since))
        self._since = datetime.now(UTC) if now is None else now
        if not self._requests and not self._alerts:
            return
        try:
            await self._add([*sorted(self._requests.items())], [*sorted(self._alerts.items())])
        except (ServiceUnavailable, *DRIVER_ERRORS):  # the database may not be migrated yet
            log.info("figures.not_stored", minutes=len(self._requests))
        else:
            self._requests.clear()
            self._alerts.clear()

    def _collect(self, minute: datetime) -> None:
        if (counted := self._counts.take()) is not None:
            waiting = self._requests.get(minute)
            self._requests[minute] = counted if waiting is None else waiting.plus(counted)
        for code, count in RAISED.items():
            if count > self._known[code]:
                self._alerts[minute, code] += count - self._known[code]
        self._known = Counter(RAISED)
        too_old = minute - timedelta(minutes=MOST_MINUTES)
        self._requests = {at: counted for at, counted in self._requests.items() if at > too_old}
        self._alerts = Counter({place: count for place, count in self._alerts.items() if place[0] > too_old})

    async def _add(
        self, requests: Sequence[tuple[datetime, Counted]], alerts: Sequence[tuple[tuple[datetime, str], int]]
    ) -> None:
        """All processes lock rows in this order, so that none waits for another one that waits for it."""
        async with self._database.writing() as session:
            for minute, counted in requests:
                await run(session, ADD_REQUESTS, minute, *counted)
            for (minute, code), count in alerts:
                await run(session, ADD_ALERTS, minute, code, count)

    async def _keep(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every_seconds - time.time() % self._every_seconds):
                    await self._closing.wait()
            await self.store()
            if self._closing.is_set():
                return
