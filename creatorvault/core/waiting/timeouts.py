"""Time limits for what nearly always ends long before: one timer for all that is waited for, and not one for each.

`asyncio.timeout` asks the event loop for a timer and gives it up again, which takes longer than all the rest of a wait.
"""

import asyncio
from contextvars import Context
from time import monotonic
from types import TracebackType
from typing import Any


class Timeouts:
    """One for each part that waits, for one event loop. Limits of about the same length keep its timer from moving."""

    def __init__(self) -> None:
        self._running: set[TimeLimit] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at = 0.0

    def within(self, seconds: float) -> "TimeLimit":
        """A context as `asyncio.timeout` makes one. Raises TimeoutError on leaving it, when the time was over."""
        return TimeLimit(self, monotonic() + seconds)

    def add(self, limit: "TimeLimit") -> None:
        self._running.add(limit)
        if self._timer is None or limit.ends_at < self._looks_at:
            self._look_at(limit.ends_at)

    def discard(self, limit: "TimeLimit") -> None:
        """The timer stays: whether there is something to do is found out when it is time."""
        self._running.discard(limit)

    def _look_at(self, time: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._looks_at = time
        # In no context: that of a request would stay in memory as long as the timer.
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, time - monotonic()), self._look, context=Context())

    def _look(self) -> None:
        self._timer = None
        now = monotonic()
        for limit in [limit for limit in self._running if limit.ends_at <= now]:
            self._running.discard(limit)
            limit.end()
        if self._running:
            self._look_at(min(limit.ends_at for limit in self._running))


class TimeLimit:
    """Cancels the task that has entered it when the time is over."""

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
        self._timeouts.discard(self)
        # Somebody else may have cancelled the task at the same time: that is not for us to take back.
        if self._over and self._task.uncancel() <= self._cancellations and kind is asyncio.CancelledError:
            raise TimeoutError from error
