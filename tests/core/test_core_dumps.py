"""A process that crashes leaves no core dump, since keys and ideas are in its memory."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.application import environment_of
from tests.commands import INHERITED
from tests.ports import free_port, is_ready
from tests.postgres import Database

pytestmark = pytest.mark.xdist_group("run")

DEADLINE: Final = 90.0
IS_DUMPABLE: Final = "ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)"
"""PR_GET_DUMPABLE, prctl(2)."""


def dumps_allowed() -> None:
    """As on a machine where core dumps are enabled for debugging."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def core_limit(pid: int) -> list[str]:
    """Returns the soft and the hard limit."""
    [line] = [line for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith("Max core")]
    return line.split()[4:6]


def children(pid: int) -> Iterator[int]:
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        yield child
        yield from children(child)


def test_no_command_and_no_fork_of_it_is_dumpable() -> None:
    code = f"""
import ctypes, os, sys
from creatorvault.__main__ import main
sys.argv = ["creatorvault", "version"]
try:
    main()
finally:
    child = os.fork()
    print("dumpable:", {IS_DUMPABLE}, flush=True)
    os.waitpid(child, 0) if child else os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", code], env=INHERITED, capture_output=True, text=True, check=False)

    assert re.findall(r"dumpable: (\d)", done.stdout) == ["0", "0"], done.stderr


def test_a_worker_that_crashes_leaves_no_core_file(fresh_database: Database, home: Path, tmp_path: Path) -> None:
    """If the kernel writes such files, and the limit of the parent process permits it."""
    port = free_port()
    environ = INHERITED | environment_of(fresh_database, home) | {"PORT": str(port)}
    service = subprocess.Popen(
        [sys.executable, "-m", "creatorvault", "run", "--workers", "2"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=dumps_allowed,  # noqa: PLW1509
    )
    try:
        until(lambda: is_ready(port))
        processes = [service.pid, *children(service.pid)]
        limits = [core_limit(process) for process in processes]
        for process in processes[1:]:
            os.kill(process, signal.SIGABRT)
        until(lambda: not any(Path(f"/proc/{process}/stat").exists() for process in processes[1:]))
    finally:
        service.terminate()
        service.wait(DEADLINE)

    assert len(processes) >= 3
    assert limits == [["0", "0"]] * len(processes)
    assert not list(tmp_path.glob("*core*"))


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)
