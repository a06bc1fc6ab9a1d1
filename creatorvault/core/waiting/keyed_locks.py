"""Locks by key, whose waiting time is limited by the request's wait budget."""

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.waiting.deadlines import Waiting


class KeyedLocks[Key: Hashable]:
    """A queue for each key in use. One per process and kind of work, for one event loop."""

    def __init__(self, answer_seconds: float) -> None:
        """`answer_seconds` is the total time that a request may wait, including for the lock."""
        self._answer_seconds = answer_seconds
        # Not asyncio.Lock, which reports itself as unlocked while it is being passed to a waiter.
        self._queues: WeakValueDictionary[Key, asyncio.Semaphore] = WeakValueDictionary()

    def lock(self, key: Key) -> "KeyedLock":
        """Raises ServiceUnavailable if the lock is not acquired within the wait budget."""
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
