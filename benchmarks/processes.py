"""The processes that are measured: starting them, and what they have used so far."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

START_SECONDS: Final = 30.0
TICKS: Final = os.sysconf("SC_CLK_TCK")
CPUCLOCK_SCHED: Final = 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One service, with all the processes that it starts. Its log goes to `<folder>/<name>.log`.

    It is ready as soon as it answers a GET of `health` with 200.
    """

    def __init__(
        self, name: str, command: list[str], environment: Mapping[str, str], folder: Path, health: str = "/health"
    ) -> None:
        self.name = name
        self._health = health
        self.port = free_port()
        self._command = [word.replace("{port}", str(self.port)) for word in command]
        self._environment = {**os.environ, **environment}
        self._log = folder / f"{name}.log"

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=self._environment, start_new_session=True
            )
        self._await()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self._process.pid)

    def tell_workers(self, number: signal.Signals) -> None:
        """Sends a signal to the processes that this one has started."""
        for pid in family(self._process.pid)[1:]:
            os.kill(pid, number)

    @property
    def peak_bytes(self) -> int:
        """The largest resident set of its largest process so far."""
        return max(_bytes_of(pid, "VmHWM") for pid in family(self._process.pid))

    @property
    def resident_bytes(self) -> int:
        """The resident set of its largest process now."""
        return resident_bytes(self._process.pid)

    def _await(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not start:\n{self._log.read_text()[-3000:]}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=0.2) as connection:
                    connection.sendall(
                        f"GET {self._health} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode()
                    )
                    if connection.recv(64).startswith(b"HTTP/1.1 200"):
                        return
            except OSError:
                pass
            time.sleep(0.05)


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(_stat(int(entry.name))[1])
            except OSError:
                continue
    members = [pid]
    for member in members:
        members.extend(child for child, parent in parents.items() if parent == member)
    return members


def resident_bytes(pid: int) -> int:
    """The resident set of the largest process of a family now."""
    return max(_bytes_of(member, "VmRSS") for member in family(pid))


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and all that it has started, those that have ended included."""
    total = 0.0
    for member in family(pid):
        try:
            ended = sum(map(int, _stat(member)[13:15])) / TICKS
            total += time.clock_gettime(_cpu_clock(member)) + ended
        except OSError:
            continue
    return total


def _cpu_clock(pid: int) -> int:
    """The clock that clock_getcpuclockid(3) names: in nanoseconds, where /proc counts in hundredths of a second."""
    return (~pid << 3) | CPUCLOCK_SCHED


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name: state, ppid, …"""
    return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _bytes_of(pid: int, name: str) -> int:
    try:
        status = (Path("/proc") / str(pid) / "status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(name)), 0)
