"""Supervision of workers: they are replaced when they die, and exit when their parent is gone."""

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any, Final, override

from granian.log import logger
from granian.server import MPServer

YOUNG_SECONDS: Final = 10.0
"""A worker that fails before this age is considered unable to start."""

SHORTEST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
"""Limits of the time between the starts of a worker and of its replacement."""

FROM_OUTSIDE: Final = frozenset({0, -signal.SIGTERM, -signal.SIGKILL})
"""Exit statuses of a worker that was stopped from outside, which does not mean that the next one cannot start."""


class Supervisor(MPServer):
    """Granian's server with a different reaction to the death of a worker.

    Granian stops the whole service if a worker dies twice within six seconds, and can miss one of two that die
    together. Here a worker that dies is replaced, and the others continue to serve. A replacement that fails is also
    replaced, after delays that double. The service exits with status 1 if no worker is left after a failed start, and
    if one of the first workers cannot start, since that requires manual intervention.
    """

    def __init__(self, application: str, **options: Any) -> None:
        super().__init__(application, **options)
        self.main_loop_interrupt: Any = Wakeups()
        self._failed_starts: Counter[int] = Counter()  # consecutive failures by the worker's number
        self._replaced: set[int] = set()
        self._due: dict[int, float] = {}

    @override
    def _serve_loop(self, spawn_target: Callable[..., Any], target_loader: Callable[..., Any]) -> None:
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait(self._seconds_until_due())
            if self.reload_signal:
                self._due.clear()
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]  # Granian leaves it bare
            while self.interrupt_children and not self.interrupt_signal:
                if not self._will_be_replaced(self.interrupt_children[0]):
                    return  # remaining entries in the list make the exit status 1
                self.interrupt_children.pop(0)
            for number in self._taken_due():
                logger.warning(f"Starting worker-{number + 1} again")
                self._respawn_workers([number], spawn_target, target_loader)

    def _will_be_replaced(self, number: int) -> bool:
        worker = self.wrks[number]
        now = time.monotonic()
        failed = worker.inner.exitcode not in FROM_OUTSIDE and now - worker.birth < YOUNG_SECONDS
        pause = SHORTEST_PAUSE_SECONDS
        if failed:
            if number not in self._replaced or len(self._due) == self.workers - 1:
                logger.error(f"Worker-{number + 1} cannot start")
                return False
            pause = min(pause * 2 ** self._failed_starts[number], LONGEST_PAUSE_SECONDS)
        self._failed_starts[number] = self._failed_starts[number] + 1 if failed else 0
        self._replaced.add(number)
        self._due[number] = max(now, worker.birth + pause)
        return True

    def _seconds_until_due(self) -> float | None:
        return max(min(self._due.values()) - time.monotonic(), 0.0) if self._due else None

    def _taken_due(self) -> list[int]:
        due = [number for number, at in self._due.items() if at <= time.monotonic() and not self.interrupt_signal]
        for number in due:
            del self._due[number]
        return due


class Wakeups:
    """Implements the part of threading.Event that Granian uses. Signal handlers set it, and an Event would deadlock if
    a signal arrives during `wait` or `clear`.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[None] = SimpleQueue()  # its put() is reentrant

    def set(self) -> None:
        self._queue.put(None)

    def wait(self, timeout: float | None = None) -> None:
        """Returns once per call of `set`, or after `timeout` seconds."""
        try:
            self._queue.get(timeout=timeout)
        except Empty:
            return

    def clear(self) -> None:
        """Does nothing: wake-ups must not be lost, and an extra one is harmless."""


def application_of_worker(target: str) -> Callable[..., Any]:
    """Returns the application that the worker serves; called first in the worker."""
    # The parent's handlers, which a fork inherits, would keep a worker alive that is stopped before it serves.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, name="leave-with-parent", daemon=True).start()
    module, _, factory = target.partition(":")
    application: Callable[..., Any] = getattr(import_module(module), factory)()
    return application


def _leave_with_parent() -> None:
    """Exits immediately when the parent ends, to free the port and the database connections for the next start.

    `multiprocessing` keeps a pipe to the parent, so the end of the parent is detected in all cases, on every system.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
