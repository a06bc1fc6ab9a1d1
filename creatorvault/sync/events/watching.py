"""Looks at the vaults that streams of this process watch: at all of them from time to time, and at those in notices.

What other processes commit becomes known by notices (`listening`). They are hints: the revision is always read from the
database. A notice that is lost costs the time to the next look at all vaults, which also finds suspended tenants and
erased vaults.
"""

import asyncio
from contextvars import Context
from time import monotonic
from typing import Final

from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultId
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.settings.sections import Settings
from creatorvault.sync.events.hub import Hub
from creatorvault.sync.events.listening import Listener
from creatorvault.sync.events.notices import Notifier
from creatorvault.sync.events.standings import Standings

log = get_logger(__name__)

EVERY_SECONDS: Final = 3.0
"""Between looks at all vaults. Streams of suspended tenants and erased vaults have to end within five seconds."""

BETWEEN_SECONDS: Final = 0.05
"""Between looks at vaults in notices, so that many notices cost few statements. The first one comes at once."""

AGAIN_SECONDS: Final = 0.25
"""After a look that failed."""

LINGER_SECONDS: Final = 30.0
"""So long it listens after the last stream has ended, since the client may come back."""


class Watcher:
    """One per process. It has a task and a connection only while there are streams."""

    def __init__(self, settings: Settings, hub: Hub, standings: Standings, notifier: Notifier) -> None:
        self._poll_seconds = settings.live.poll_seconds
        self._hub = hub
        self._standings = standings
        self._notifier = notifier
        self.listener = Listener(settings.database, self._hear, self.look_at_all)
        self._task: asyncio.Task[None] | None = None
        self._named: set[VaultId] = set()
        self._is_due = asyncio.Event()
        self._looked_at = self._last_look_at = 0.0
        self.heard = self.looks = 0
        """Notices of other processes, and looks at vaults, since the start of the process."""

    def start(self) -> None:
        """May be called while it is running."""
        if self._task is None or self._task.done():
            # In a new context: it belongs to no request.
            self._task = asyncio.create_task(self._watch(), context=Context())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.listener.aclose()

    def _hear(self, payload: str) -> None:
        names = self._notifier.vaults_of(payload)
        self.heard += bool(names)
        if vaults := self._hub.named(names):
            self._named.update(vaults)
            self._is_due.set()

    def look_at_all(self) -> None:
        self._looked_at = 0.0
        self._is_due.set()

    async def _watch(self) -> None:
        self.listener.start()
        self._looked_at = monotonic()  # streams have looked for themselves
        used_at = monotonic()
        try:
            while monotonic() - used_at < LINGER_SECONDS:
                if self._hub.open:
                    used_at = monotonic()
                await self._wait()
                try:
                    await self._look()
                except (ServiceUnavailable, *DRIVER_ERRORS):
                    log.info("live.not_looked")
                    self._looked_at = 0.0
                    await asyncio.sleep(AGAIN_SECONDS)
        finally:
            self.listener.stop()

    @property
    def _every_seconds(self) -> float:
        return EVERY_SECONDS if self.listener.is_listening else min(EVERY_SECONDS, self._poll_seconds)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(max(0.0, self._looked_at + self._every_seconds - monotonic())):
                await self._is_due.wait()
        except TimeoutError:
            return
        await asyncio.sleep(max(0.0, self._last_look_at + BETWEEN_SECONDS - monotonic()))

    async def _look(self) -> None:
        """Raises as `Standings.of`."""
        self._is_due.clear()
        before = self._hub.vaults()
        if monotonic() - self._looked_at >= self._every_seconds:
            self._looked_at = monotonic()
            vaults = list(before)
        else:
            vaults = [vault for vault in self._named if vault in before]
        self._named.clear()
        if not vaults:
            return
        self.looks += 1
        self._last_look_at = monotonic()
        for vault, standing in zip(vaults, await self._standings.of(vaults), strict=True):
            if (reason := standing.end_reason) is not None:
                self._hub.end(vault, reason)
            elif standing.revision is not None:
                self._hub.looked_up(vault, before[vault], standing.revision)
