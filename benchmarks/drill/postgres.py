"""A PostgreSQL that is killed, stopped and started again, as durable as it is by default."""

import asyncio
import os
import signal
import time
from pathlib import Path

import asyncpg

from creatorvault.management.postgres import EmbeddedPostgres


class Server(EmbeddedPostgres):
    def __init__(self, home: Path) -> None:
        super().__init__(home, {"max_connections": "100"})

    @property
    def runtime_url(self) -> str:
        return self.app_url.replace("+asyncpg", "")

    async def connect(self) -> asyncpg.Connection:
        """As the superuser, in the service's database."""
        url = self.superuser_url.replace("+asyncpg", "").replace("/postgres?", "/creatorvault?")
        return await asyncpg.connect(url, timeout=2)

    def kill(self) -> None:
        """With every process that serves a connection, at once: nobody says goodbye."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def stop_answering(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    async def start_again(self) -> float:
        """The moment at which it takes connections again."""
        self._launch()
        return await self.answers()

    async def answers(self) -> float:
        while True:
            try:
                connection = await self.connect()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.005)
            else:
                moment = time.monotonic()
                await connection.close()
                return moment

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        postmaster = self._process.pid
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue  # it had just ended
