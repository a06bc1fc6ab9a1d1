"""Starts `creatorvault …` in a process of its own that need not import anything: see `tests/forkserver.py`."""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
INHERITED: Final = {name: os.environ[name] for name in ("PATH", "COVERAGE_PROCESS_CONFIG") if name in os.environ}
"""What a process needs of the environment of the tests: programs, and to be measured if they are."""

STREAMS: Final = ("p2cread", "c2pwrite", "errwrite")
"""What subprocess.Popen calls the standard streams of its process; -1 is the one of this process."""

PIPES: Final = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")


class ForkServer:
    """The process of `tests/forkserver.py`, which leaves with this one."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair()
        self._answers = self._channel.makefile("r", encoding="utf-8")
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forkserver", str(theirs.fileno())],
                cwd=ROOT,
                env=INHERITED,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # buffered as for a pipe or a file
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self.close)

    def start(self, streams: Sequence[int], **what: object) -> int:
        """Returns the process id. `what` are the fields of `Start`."""
        pid: int = self._ask("start", what, streams)
        return pid

    def wait(self, pid: int) -> tuple[int, int]:
        """Returns what os.waitpid returns with os.WNOHANG."""
        pid, status = self._ask("wait", pid)
        return pid, status

    def close(self) -> None:
        self._channel.shutdown(socket.SHUT_RDWR)
        self._answers.close()
        self._channel.close()
        self._process.wait()

    def _ask(self, kind: str, request: object, streams: Sequence[int] = ()) -> Any:
        with self._lock:
            socket.send_fds(self._channel, [b"\n"], streams)
            self._channel.sendall(json.dumps([kind, request]).encode() + b"\n")
            return json.loads(self._answers.readline())


@cache
def fork_server() -> ForkServer:
    return ForkServer()


class Command[Output: (str, bytes)](subprocess.Popen[Output]):
    """`creatorvault` with these arguments, as subprocess.Popen would run `python -m creatorvault` in this checkout.

    For a command whose start is not what is tested: the variables of Python itself, and those that are read by imports,
    have no effect.
    """

    def _execute_child(self, *given: Any) -> None:
        asked = signature(subprocess.Popen._execute_child).bind(self, *given).arguments  # type: ignore[attr-defined]
        streams = [asked[name] if asked[name] >= 0 else number for number, name in enumerate(STREAMS)]
        self.pid = fork_server().start(
            streams,
            arguments=list(asked["args"]),
            environ=dict(os.environ if asked["env"] is None else asked["env"]),
            folder=str(asked["cwd"] or Path.cwd()),
            new_session=asked["start_new_session"],
        )
        self._child_created = True
        self._close_pipe_fds(*(asked[name] for name in PIPES))  # type: ignore[attr-defined]

    def _internal_poll(self, _deadstate: int | None = None) -> int | None:
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):  # type: ignore[attr-defined]
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)  # type: ignore[attr-defined]
            finally:
                self._waitpid_lock.release()  # type: ignore[attr-defined]
        return self.returncode

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        while not (ended := fork_server().wait(self.pid))[0] and not wait_flags & os.WNOHANG:
            time.sleep(0.005)
        return ended


def completed(*arguments: str, env: Mapping[str, str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, with its output in `stdout` and `stderr`."""
    with Command(arguments, env=env, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        stdout, stderr = command.communicate()
    return subprocess.CompletedProcess(arguments, command.returncode, stdout, stderr)
