"""Counters of requests per time window: in this process, or in a Valkey or Redis that several processes share."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from limits.aio.storage import RedisStorage
from valkey.asyncio import BlockingConnectionPool, Valkey
from valkey.exceptions import ValkeyError

from creatorvault.core.lru import LRU
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.settings.secret import Secret
from creatorvault.settings.storage_url import valkey_url

log = get_logger(__name__)

REMEMBERED: Final = 100_000
PREFIX: Final = "creatorvault:limits"
ANSWER_SECONDS: Final = 0.5
"""Timeout of the shared storage; after the first timeout all requests use the process's own counters.

Not shorter: a busy event loop must not be mistaken for an unavailable storage.
"""

RETRY_SECONDS: Final = 1.0
TAKE_BACK: Final = """
local count = tonumber(redis.call('get', KEYS[1]) or 0)
if count > 1 then return redis.call('decr', KEYS[1]) end
redis.call('del', KEYS[1])
return 0
"""
"""Never below zero: a count that the storage has lost must not add quota. A count of zero is deleted."""

CONNECTIONS: Final = 8
SLACK_SECONDS: Final = 5
"""Processes whose clocks differ by less than this share a window."""


class Counters(Protocol):
    async def add(self, bucket: str, window: int, seconds: int) -> int:
        """Counts one request and returns the number in this bucket's window, including this one."""

    async def take_back(self, bucket: str, window: int) -> None:
        """Undoes one `add` of this bucket and window. Does nothing if the bucket's count no longer exists."""

    async def aclose(self) -> None: ...


class ProcessCounters:
    """Counters of at most `size` buckets; the least recently counted is evicted first.

    The memory storage of `limits` is unbounded, and iterates over all its keys again and again. With a thousand callers
    it takes 24 to 46 µs more, 5 to 10 % of a request (`python -m benchmarks.twins --only counters`).
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        self._counts = LRU[str, tuple[int, int]](size)

    def __len__(self) -> int:
        return len(self._counts)

    async def add(self, bucket: str, window: int, seconds: int) -> int:
        count = self._count(bucket, window) + 1
        self._counts.put(bucket, (window, count))
        return count

    async def take_back(self, bucket: str, window: int) -> None:
        count = self._count(bucket, window)
        if count == 1:
            self._counts.pop(bucket)
        elif count:
            self._counts.put(bucket, (window, count - 1))

    async def aclose(self) -> None:
        self._counts.clear()

    def _count(self, bucket: str, window: int) -> int:
        counted, count = self._counts.peek(bucket) or (window, 0)
        return count if counted == window else 0


class SharedCounters:
    """Counters shared by all processes; while the storage is unavailable, each process counts for itself.

    A failure of the storage must not refuse or delay requests: the first failure switches to the process's own counters
    and raises the alarm `provider_down`; a background task checks every second whether the storage is available.
    """

    def __init__(self, url: Secret, clock: Callable[[], float] = time.monotonic) -> None:
        """Does not connect yet."""
        self._own = ProcessCounters()
        self._clock = clock
        self._watch: asyncio.Task[None] | None = None
        address = valkey_url(url.reveal())
        pool = BlockingConnectionPool.from_url(
            address,
            max_connections=CONNECTIONS,
            timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            lib_name=None,
            lib_version=None,
        )
        self._storage = RedisStorage(
            f"async+{address}",
            implementation="valkey",
            key_prefix=PREFIX,
            connection_pool=pool,  # type: ignore[arg-type]  # documented by limits, and missing in its types
        )
        self._take_back = Valkey(connection_pool=pool).register_script(TAKE_BACK)
        self._pool = pool

    @property
    def shared(self) -> bool:
        """False while the storage is unavailable."""
        return self._watch is None

    async def add(self, bucket: str, window: int, seconds: int) -> int:
        count = await self._answered(lambda: self._storage.incr(f"{bucket}:{window}", seconds + SLACK_SECONDS))
        return await self._own.add(bucket, window, seconds) if count is None else count

    async def take_back(self, bucket: str, window: int) -> None:
        """Uses the current counters, which after a failure are not those that counted the request."""
        if await self._answered(lambda: self._take_back(keys=[f"{PREFIX}:{bucket}:{window}"])) is None:
            await self._own.take_back(bucket, window)

    async def aclose(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await self._pool.disconnect()

    async def _answered(self, ask: Callable[[], Awaitable[int]]) -> int | None:
        """Returns the storage's response, or None while it is unavailable."""
        if self.shared:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await ask()
            except (ValkeyError, OSError, TimeoutError) as error:
                self._turn_away(error)
        return None

    def _turn_away(self, error: Exception) -> None:
        if self._watch is None:
            self._watch = asyncio.create_task(self._wait_for_return())
            raise_alert("provider_down", provider="limits-storage", error=type(error).__name__)

    async def _wait_for_return(self) -> None:
        since = self._clock()
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    if await self._storage.check():
                        break
            except TimeoutError:
                continue
        self._watch = None
        log.info("limits.storage.back", seconds=round(self._clock() - since, 1))
