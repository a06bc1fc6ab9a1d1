"""Coarse timeouts that share one event-loop timer.

`asyncio.timeout` creates and cancels a timer of the event loop, which takes longer than the rest of a short wait: 4 to
6 % of a create and a get (`python -m benchmarks.twins --only timeouts`).
"""

import asyncio
from contextvars import Context
from time import monotonic
from types import TracebackType
from typing import Any


class Timeouts:
    """One for each component that waits, for one event loop. With limits of similar length its timer rarely changes."""

    def __init__(self) -> None:
        self.running: set[TimeLimit] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at = 0.0

    def within(self, seconds: float) -> "TimeLimit":
        """Returns a context manager like `asyncio.timeout`. Raises TimeoutError on exit if the time was exceeded."""
        return TimeLimit(self, monotonic() + seconds)

    def add(self, limit: "TimeLimit") -> None:
        self.running.add(limit)
        if self._timer is None or limit.ends_at < self._looks_at:
            self._look_at(limit.ends_at)

    def _look_at(self, time: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._looks_at = time
        # In an empty context: that of a request would stay in memory as long as the timer.
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, time - monotonic()), self._look, context=Context())

    def _look(self) -> None:
        self._timer = None
        now = monotonic()
        for limit in [limit for limit in self.running if limit.ends_at <= now]:
            self.running.discard(limit)
            limit.end()
        if self.running:
            self._look_at(min(limit.ends_at for limit in self.running))


class TimeLimit:
    """Cancels the task that has entered it when the time is exceeded."""

    __slots__ = ("_cancellations", "_over", "_task", "_timeouts", "ends_at")

    def __init__(self, timeouts: Timeouts, ends_at: float) -> None:
        self._timeouts = timeouts
        self._over = False
        self.ends_at = ends_at

    def end(self) -> None:
        self._over = True
        self._task.cancel()

    def __enter__(self) -> None:
        self._task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]  # a coroutine runs in one
        self._cancellations = self._task.cancelling()
        self._timeouts.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        # The timer remains: it checks when it fires whether there is anything to do.
        self._timeouts.running.discard(self)
        # Somebody else may have cancelled the task at the same time; that cancellation must not be undone.
        if self._over and self._task.uncancel() <= self._cancellations and kind is asyncio.CancelledError:
            raise TimeoutError from error
