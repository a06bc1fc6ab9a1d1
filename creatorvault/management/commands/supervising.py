"""Supervision of workers: they are replaced when they die, and exit when their parent is gone."""

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from socket import socketpair
from types import FrameType
from typing import Final

from creatorvault.core.telemetry.logging import get_logger

log = get_logger(__name__)

YOUNG_SECONDS: Final = 10.0
"""A worker that fails before this age is considered unable to start."""

SHORTEST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
"""Limits of the time between the starts of a worker and of its replacement."""

CLOSING_SECONDS: Final = 5.0
"""For a worker to close its pools, after the requests in flight have ended."""

FROM_OUTSIDE: Final = frozenset({0, -signal.SIGTERM, -signal.SIGKILL})
"""Exit statuses of a worker that was stopped from outside, which does not mean that the next one cannot start."""


def supervise(works: Sequence[Callable[[], None]], application: str, shutdown_seconds: float) -> int:
    """Runs the functions in processes of their own, as `Supervisor.run`.

    They are forked, since importing everything again takes longer than the rest of the start: call this without running
    threads. `application` is the path of the factory that they call.
    """
    import_module(application.partition(":")[0])  # once, for all of them
    # Imported objects live until the end. Scanning all of them at each garbage collection would delay every request in
    # flight by a tenth of a second.
    gc.collect()
    gc.freeze()
    return Supervisor(works, shutdown_seconds).run()


class Supervisor:
    """Runs each function in a forked process until SIGINT or SIGTERM.

    A worker that dies is replaced, and the others continue to serve. A replacement that fails is also replaced, after
    delays that double. It gives up if no worker is left after a failed start, and if one of the first workers cannot
    start, since that requires manual intervention.
    """

    def __init__(self, works: Sequence[Callable[[], None]], shutdown_seconds: float) -> None:
        self._works = works
        self._count = len(works)
        self._patience = shutdown_seconds + CLOSING_SECONDS
        self._workers: dict[int, tuple[ForkProcess, float]] = {}  # by number, with the time of its start
        self._due: dict[int, float] = {}
        self._failed_starts: Counter[int] = Counter()  # consecutive failures by the worker's number
        self._replaced: set[int] = set()
        self._received: list[int] = []  # signals

    def run(self) -> int:
        """Blocks; returns the exit status, 1 if workers cannot start."""
        with self._signals() as wakeups:
            for number in range(self._count):
                self._start(number)
            try:
                while not self._received:
                    pause = max(min(self._due.values()) - time.monotonic(), 0.0) if self._due else None
                    wait([wakeups, *(process.sentinel for process, _ in self._workers.values())], pause)
                    if not (self._received or self._replace_dead()):
                        return 1
            finally:
                self._stop_all()
        return 0

    def _start(self, number: int) -> None:
        process = multiprocessing.get_context("fork").Process(target=_be_worker, args=(self._works[number],))
        process.start()
        self._workers[number] = process, time.monotonic()

    def _replace_dead(self) -> bool:
        """Returns False if there is no point in going on."""
        for number, (process, started) in [*self._workers.items()]:
            if process.exitcode is not None:
                del self._workers[number]
                if not self._will_be_replaced(number, process.exitcode, started):
                    log.error("worker.cannot_start", worker=number + 1, exit_status=process.exitcode)
                    return False
        for number in [number for number, at in self._due.items() if at <= time.monotonic()]:
            del self._due[number]
            log.warning("worker.started_again", worker=number + 1)
            self._start(number)
        return True

    def _will_be_replaced(self, number: int, exit_status: int, started: float) -> bool:
        now = time.monotonic()
        failed = exit_status not in FROM_OUTSIDE and now - started < YOUNG_SECONDS
        pause = SHORTEST_PAUSE_SECONDS
        if failed:
            if number not in self._replaced or len(self._due) == self._count - 1:
                return False
            pause = min(pause * 2 ** self._failed_starts[number], LONGEST_PAUSE_SECONDS)
        self._failed_starts[number] = self._failed_starts[number] + 1 if failed else 0
        self._replaced.add(number)
        self._due[number] = max(now, started + pause)
        return True

    def _stop_all(self) -> None:
        deadline = time.monotonic() + self._patience
        for process, _ in self._workers.values():
            process.terminate()
        for process, _ in self._workers.values():
            process.join(max(deadline - time.monotonic(), 0.0))
            process.kill()
            process.join()

    @contextmanager
    def _signals(self) -> Generator[int]:
        """Yields a file descriptor that becomes readable when a signal arrives: no signal is missed between a look at
        the flag and the wait.
        """
        ours, theirs = socketpair()
        theirs.setblocking(False)
        before_fd = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield ours.fileno()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before_fd)
            ours.close()
            theirs.close()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._received.append(number)


def _be_worker(work: Callable[[], None]) -> None:
    # The parent's handlers, which a fork inherits, would keep a worker alive that is stopped before it serves.
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Ctrl-C also reaches the workers, which leave the end of the start to their parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, name="leave-with-parent", daemon=True).start()
    work()


def _leave_with_parent() -> None:
    """Exits immediately when the parent ends, to free the port and the database connections for the next start.

    `multiprocessing` keeps a pipe to the parent, so the end of the parent is detected in all cases, on every system.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
