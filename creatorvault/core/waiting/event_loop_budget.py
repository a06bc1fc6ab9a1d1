"""The event-loop budget: long computations run in slices, one slice per iteration of the event loop.

However many of them are running, a short request waits for at most one slice at each of its steps.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Final

SLICE_SECONDS: Final = 0.001


class EventLoopBudget:
    """One per process and event loop. First come, first served."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_scheduled = False

    async def pause(self) -> None:
        """Returns in a later iteration of the event loop, in which no other computation has run."""
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        self._waiting.append(waiting)
        self._schedule(loop)
        await waiting

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            loop.call_soon(self._wake_next, loop)

    def _wake_next(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wakes the next computation, which runs in the next iteration of the loop, before this is called again."""
        self._is_scheduled = False
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():  # cancelled while waiting
                waiting.set_result(None)
                break
        if self._waiting:
            self._schedule(loop)


class TimeSlice:
    """The slices of one computation, which checks `is_over` after every piece of work and then calls `rest`."""

    __slots__ = ("_budget", "_ends", "_on_pause")

    def __init__(self, budget: EventLoopBudget | None = None, on_pause: Callable[[], None] | None = None) -> None:
        """`on_pause` is called at the end of each slice, that is, for long computations."""
        self._budget = EventLoopBudget() if budget is None else budget
        self._on_pause = on_pause
        self.restart()

    def restart(self) -> None:
        """Starts a new slice, for a computation that has waited for something else since it was created."""
        self._ends = perf_counter() + SLICE_SECONDS

    @property
    def is_over(self) -> bool:
        return perf_counter() >= self._ends

    async def rest(self) -> None:
        """Yields to other tasks."""
        if self._on_pause is not None:
            self._on_pause()
        await self._budget.pause()
        self.restart()

    async def rest_if_over(self) -> None:
        if self.is_over:
            await self.rest()
