"""Workers that are replaced when they die, and that leave when their parent is gone."""

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
"""A worker that fails before this age is taken for one that cannot start."""

SHORTEST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
"""Between the starts of a worker and of the one that replaces it."""

FROM_OUTSIDE: Final = frozenset({0, -signal.SIGTERM, -signal.SIGKILL})
"""Exit statuses of a worker that somebody else has ended, which says nothing about whether the next one starts."""


class Supervisor(MPServer):
    """Granian, with another answer to the death of a worker.

    Granian's own ends the whole service when a worker dies twice within six seconds, and can miss one of two that die
    together. Here a worker that dies is replaced, and the others serve on. A replacement that fails is replaced too,
    after pauses that double. The service ends with status 1 when no worker is left after a failed start, and when one
    of the first workers cannot start: then something is wrong that a person has to look at.
    """

    def __init__(self, application: str, **options: Any) -> None:
        super().__init__(application, **options)
        self.main_loop_interrupt: Any = Wakeups()
        self._failed_starts: Counter[int] = Counter()  # in a row, by the worker's number
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
                    return  # what is left in the list makes the exit status 1
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
    """A threading.Event as far as Granian uses one. Signal handlers set it, and an Event that is being waited for or
    cleared when the signal comes would lock up.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[None] = SimpleQueue()  # its put() may interrupt itself

    def set(self) -> None:
        self._queue.put(None)

    def wait(self, timeout: float | None = None) -> None:
        """Returns once for each time that it was set, or after `timeout` seconds."""
        try:
            self._queue.get(timeout=timeout)
        except Empty:
            return

    def clear(self) -> None:
        """Nothing is to be forgotten: a wait too many does no harm."""


def application_of_worker(target: str) -> Callable[..., Any]:
    """What the worker serves; called in the worker, before anything else of ours."""
    # The parent's handlers, which a fork inherits, would keep a worker alive that is told to end before it serves.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, name="leave-with-parent", daemon=True).start()
    module, _, factory = target.partition(":")
    application: Callable[..., Any] = getattr(import_module(module), factory)()
    return application


def _leave_with_parent() -> None:
    """At once, as if killed too: the port and the database's connections are for whoever is started next.

    `multiprocessing` keeps a pipe to the parent, so the parent's end is seen however it came, on every system.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
