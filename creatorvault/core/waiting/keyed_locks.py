"""Who works on the same thing takes turns, and waits for it no longer than a request may wait."""

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.waiting.deadlines import Waiting


class KeyedLocks[Key: Hashable]:
    """A queue for each key, while anybody is in it. One per process and kind of work, for one event loop."""

    def __init__(self, answer_seconds: float) -> None:
        """`answer_seconds` are what a request may wait in all, for its turn too."""
        self._answer_seconds = answer_seconds
        # Not locks: one that is being handed over to somebody who waits says of itself that it is free.
        self._queues: WeakValueDictionary[Key, asyncio.Semaphore] = WeakValueDictionary()

    def lock(self, key: Key) -> "KeyedLock":
        """Raises ServiceUnavailable when the turn does not come while the request may wait."""
        queue = self._queues.get(key)
        if queue is None:
            self._queues[key] = queue = asyncio.Semaphore(1)
        return KeyedLock(queue, self._answer_seconds)


class KeyedLock:
    __slots__ = ("_queue", "_seconds")

    def __init__(self, queue: asyncio.Semaphore, seconds: float) -> None:
        self._queue = queue
        self._seconds = seconds

    async def __aenter__(self) -> None:
        if not self._queue.locked():
            await self._queue.acquire()
            return
        try:
            async with Waiting(self._seconds):
                await self._queue.acquire()
        except TimeoutError:
            raise ServiceUnavailable from None

    async def __aexit__(self, *_: object) -> None:
        self._queue.release()
