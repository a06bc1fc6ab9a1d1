"""Runs `creatorvault run` in separate processes, on a loopback port."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.application import ROOT_KEYS
from tests.commands import Command
from tests.factories import SECRET
from tests.faults.clients import ask
from tests.ports import free_port

START_SECONDS: Final = 60.0


class Service:
    def __init__(self, folder: Path, database_url: str, owner_url: str, **settings: str) -> None:
        self.port = free_port()
        self.checkout: Path | None = None
        """Where `python -m creatorvault` is started. If None, the command is forked (`tests/commands.py`)."""
        self._log = folder / "service.log"
        self.environment: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "CREATORVAULT_HOME": str(folder / "home"),
            "CREATORVAULT_ROOT_KEYS": ROOT_KEYS,
            "DATABASE_URL": database_url,
            "DATABASE_OWNER_URL": owner_url,
            "BETTER_AUTH_SECRET": SECRET,
            "LOG_LEVEL": "WARNING",
            "PORT": str(self.port),
            "CREATORVAULT_LIMITS__IDENTITY_READS": "1000000",
            "CREATORVAULT_LIMITS__IDENTITY_WRITES": "1000000",
            "CREATORVAULT_LIMITS__ADDRESS_REQUESTS": "1000000",
            "CREATORVAULT_LIMITS__IDENTITY_WORK_MILLISECONDS": "60000",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        kind: type[subprocess.Popen[bytes]] = subprocess.Popen if self.checkout else Command
        python = [sys.executable, "-m", "creatorvault"] if self.checkout else []
        with self._log.open("ab") as log:
            self._process = kind(
                [*python, "run"],
                env=self.environment,
                cwd=self.checkout,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while (await ask(self.port, "GET", "/health/ready", seconds=5)).status != 200:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service does not start:\n{self._log.read_text()[-3000:]}")
            await asyncio.sleep(0.1)

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int | None:
        """The process id, or None if it does not run."""
        return self._running.pid if self._running.poll() is None else None

    def terminate(self) -> None:
        self._running.send_signal(signal.SIGTERM)

    async def left(self, seconds: float) -> int | None:
        """Returns the exit status, or None if it still runs after `seconds`."""
        deadline = time.monotonic() + seconds
        while (status := self._running.poll()) is None and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return status

    async def stop(self) -> None:
        if self._running.poll() is None:
            self.terminate()
            if await self.left(15) is None:
                self.kill()

    def kill(self) -> None:
        """Kills all of its processes at once."""
        os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()

    def kill_parent(self) -> None:
        """Kills the started process, but not its children."""
        self._running.kill()
        self._running.wait()

    async def workers(self, count: int) -> frozenset[int]:
        """Returns their process ids, once exactly as many child processes exist."""
        while len(found := _children(self._running.pid)) != count:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)
        return found

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the service has not been started")
        return self._process


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _children(pid: int) -> frozenset[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return frozenset(filter(is_alive, map(int, found)))
