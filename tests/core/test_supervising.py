"""The supervisor of the workers: what it does with those that die or cannot start."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.supervised import SHORTEST_PAUSE_SECONDS, started

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")


class Supervised:
    def __init__(self, file: Path, workers: int, failing: str, manner: str) -> None:
        self._file = file
        self.process = subprocess.Popen([sys.executable, "-m", "tests.supervised", file, str(workers), failing, manner])

    @property
    def started(self) -> list[int]:
        return started(self._file)

    def wait_for(self, count: int) -> list[int]:
        """Returns the process ids of the workers that have been started, once they are so many."""
        while len(self.started) < count:
            time.sleep(0.01)
        return self.started

    @property
    def status(self) -> int:
        """Waits for its end."""
        return self.process.wait(60)


type Supervise = Callable[..., Supervised]


@pytest.fixture
def supervise(tmp_path: Path) -> Generator[Supervise]:
    begun: list[Supervised] = []

    def start(workers: int, failing: str = "", manner: str = "") -> Supervised:
        begun.append(Supervised(tmp_path / "started", workers, failing, manner))
        return begun[-1]

    yield start
    for supervised in begun:
        supervised.process.kill()
        supervised.process.wait()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_of_the_first_workers_that_cannot_start_ends_all(supervise: Supervise) -> None:
    supervised = supervise(2, "2")

    assert supervised.status == 1
    assert not any(map(is_running, supervised.started))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_replacement_that_fails_is_replaced_until_one_starts(supervise: Supervise, number: signal.Signals) -> None:
    supervised = supervise(2, "3,4")
    first, second = supervised.wait_for(2)

    os.kill(first, signal.SIGKILL)
    *_, fifth = supervised.wait_for(5)
    assert is_running(second)
    assert is_running(fifth)
    supervised.process.send_signal(number)
    assert supervised.status == 0
    assert len(supervised.started) == 5
    assert not any(map(is_running, supervised.started))


def test_delays_between_failures_double(supervise: Supervise) -> None:
    supervised = supervise(2, "3,4,5,6")
    first, _ = supervised.wait_for(2)

    began = time.monotonic()
    os.kill(first, signal.SIGKILL)
    supervised.wait_for(7)
    assert time.monotonic() - began >= SHORTEST_PAUSE_SECONDS * (1 + 2 + 4 + 8)


def test_it_gives_up_when_no_worker_is_left(supervise: Supervise) -> None:
    supervised = supervise(1, "2")
    [first] = supervised.wait_for(1)

    os.kill(first, signal.SIGKILL)

    assert supervised.status == 1
    assert len(supervised.started) == 2


def test_a_worker_that_does_not_stop_is_killed(supervise: Supervise) -> None:
    supervised = supervise(2, "", "stubborn")
    supervised.wait_for(2)
    supervised.process.terminate()

    assert supervised.status == 0
    assert not any(map(is_running, supervised.started))
