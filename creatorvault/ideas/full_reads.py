"""Full reads of vaults: one at a time for each creator, a few in a process, on connections of their own."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from msgspec.structs import replace

from creatorvault.core.database.sessions import Database
from creatorvault.core.errors import ServiceUnavailable, TooManyRequests
from creatorvault.settings.sections import DatabaseSettings, SearchSettings

SMALL: Final = 2000
"""Rows that are read in a few hundredths of a second. Such reads do not wait for those of large vaults."""

MOST_WAITING: Final = 32
"""Requests of one creator that may wait for their turn."""


class FullReads:
    """One per process, for one event loop."""

    def __init__(self, search: SearchSettings, database: DatabaseSettings) -> None:
        """Connects to nothing yet. Raises SettingsError without an address."""
        at_once = search.full_reads
        self.database = Database(replace(database, pool_size=2 * at_once, max_overflow=0))
        self._large, self._small = asyncio.Semaphore(at_once), asyncio.Semaphore(at_once)
        self._seconds = search.full_read_seconds
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._present: Counter[str] = Counter()
        self.under_way = 0

    @property
    def waiting(self) -> int:
        return self._present.total() - self.under_way

    async def aclose(self) -> None:
        await self.database.close()

    @asynccontextmanager
    async def lock(self, creator: str, rows: int) -> AsyncGenerator[None]:
        """For a read of about so many rows. All of it, waiting included, may take `search.full_read_seconds`.

        Raises TooManyRequests when the creator has too many reads waiting, and ServiceUnavailable when time is over.
        """
        if self._present[creator] > MOST_WAITING:
            raise TooManyRequests(retry_after=math.ceil(self._seconds / MOST_WAITING))
        self._present[creator] += 1
        own = self._turns.setdefault(creator, asyncio.Semaphore(1))
        try:
            async with asyncio.timeout(self._seconds), own, self._small if rows <= SMALL else self._large:
                self.under_way += 1
                try:
                    yield
                finally:
                    self.under_way -= 1
        except TimeoutError:
            raise ServiceUnavailable from None
        finally:
            self._present[creator] -= 1
            if not self._present[creator]:
                del self._present[creator], self._turns[creator]
