"""Full reads of vaults: one at a time per creator, a few per process, on a separate connection pool."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from msgspec.structs import replace

from creatorvault.core.database.replica import Replica
from creatorvault.core.database.sessions import Database
from creatorvault.core.errors import ServiceUnavailable, TooManyRequests
from creatorvault.settings.sections import DatabaseSettings, SearchSettings

SMALL: Final = 2000
"""Number of rows that are read in a few hundredths of a second. Such reads do not wait for reads of large vaults."""

MOST_WAITING: Final = 32
"""Requests of one creator that may wait for their turn."""


class FullReads:
    """One per process, for one event loop."""

    def __init__(self, search: SearchSettings, database: DatabaseSettings) -> None:
        """Opens no connection yet. Raises SettingsError if no address is configured."""
        at_once = search.full_reads
        self.database = Database(replace(database, pool_size=2 * at_once, max_overflow=0))
        self.replica = Replica.of(database, database.replica_url, 2 * at_once)
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
        if self.replica is not None:
            await self.replica.aclose()

    @asynccontextmanager
    async def lock(self, creator: str, rows: int) -> AsyncGenerator[None]:
        """Holds the lock for a read of about `rows` rows. Waiting and reading may take `search.full_read_seconds`.

        Raises TooManyRequests if too many reads of the creator are waiting, and ServiceUnavailable on timeout.
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
