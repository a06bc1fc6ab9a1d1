"""Locks by key, whose waiting time is limited by the request's wait budget."""

import asyncio
from collections.abc import Hashable

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.waiting.deadlines import Waiting


class Queue:
    """Those who wait for a lock that is held. `waiting` counts them."""

    def __init__(self) -> None:
        # Not asyncio.Lock, which reports itself as unlocked while it is being passed to a waiter.
        self.turn = asyncio.Semaphore(0)
        self.waiting = 0


class KeyedLocks[Key: Hashable]:
    """One per process and kind of work, for one event loop. A lock that nobody waits for is only an entry of a dict."""

    def __init__(self, answer_seconds: float) -> None:
        """`answer_seconds` is the total time that a request may wait, including for the lock."""
        self.answer_seconds = answer_seconds
        self.held: dict[Key, Queue | None] = {}

    def __len__(self) -> int:
        """The number of locks that are held."""
        return len(self.held)

    def lock(self, key: Key) -> "KeyedLock[Key]":
        """Raises ServiceUnavailable if the lock is not acquired within the wait budget."""
        return KeyedLock(self, key)


class KeyedLock[Key: Hashable]:
    __slots__ = ("_key", "_locks")

    def __init__(self, locks: KeyedLocks[Key], key: Key) -> None:
        self._locks = locks
        self._key = key

    async def __aenter__(self) -> None:
        held = self._locks.held
        if self._key not in held:
            held[self._key] = None
            return
        queue = held[self._key] = held[self._key] or Queue()  # made for the first who waits
        queue.waiting += 1
        acquired = False
        try:
            async with Waiting(self._locks.answer_seconds):
                acquired = await queue.turn.acquire()
        except TimeoutError:
            raise ServiceUnavailable from None
        finally:
            queue.waiting -= 1
            # It may have been passed to this waiter while that was being cancelled.
            if not (acquired or queue.waiting or queue.turn.locked()):
                del held[self._key]

    async def __aexit__(self, *_: object) -> None:
        queue = self._locks.held.pop(self._key)
        if queue is not None and queue.waiting:
            self._locks.held[self._key] = queue
            queue.turn.release()
