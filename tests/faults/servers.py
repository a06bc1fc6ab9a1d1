"""PostgreSQL servers that are killed, stopped and started again, as durable as by default, and their standbys."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import asyncpg

from creatorvault.management.postgres import EmbeddedPostgres

STANDBY: Final = "standby"
"""The application_name of a standby, which synchronous_standby_names of its primary refers to."""

NOT_THERE: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Server(EmbeddedPostgres):
    def __init__(self, home: Path, options: Mapping[str, str] | None = None, follows: Self | None = None) -> None:
        """With `follows` it is a hot standby of that server, made by pg_basebackup; both stream over Unix sockets."""
        super().__init__(home, {"max_connections": "100", **(options or {})})
        self._follows = follows

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
            except NOT_THERE:
                await asyncio.sleep(0.005)
            else:
                moment = time.monotonic()
                await connection.close()
                return moment

    async def require_standby(self) -> None:
        """From now on a commit is confirmed only after the standby has it on disk."""
        await self._set("synchronous_standby_names", STANDBY)
        sql = await self.connect()
        while not await sql.fetchval("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await sql.close()

    async def stop_receiving(self) -> None:
        """As a standby: nothing that its primary commits from now on reaches it."""
        await self._set("primary_conninfo", "")
        sql = await self.connect()
        while await sql.fetchval("SELECT count(*) FROM pg_stat_wal_receiver"):  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
        await sql.close()

    async def replayed(self) -> asyncpg.Connection:
        """As a standby whose primary is gone: returns a connection once everything that it received is replayed."""
        sql = await self.connect()
        seen, since = None, time.monotonic()
        while time.monotonic() - since < 0.3:
            now = await sql.fetchval("SELECT pg_last_wal_replay_lsn()")
            if now != seen:
                seen, since = now, time.monotonic()
            await asyncio.sleep(0.02)
        return sql

    async def promote(self) -> float:
        """The moment at which pg_promote returned."""
        sql = await self.connect()
        assert await sql.fetchval("SELECT pg_promote(true, 30)")
        moment = time.monotonic()
        await sql.close()
        return moment

    def rejoin(self, primary: Self) -> None:
        """Starts again as a standby of `primary`, which was promoted in its place."""
        shutil.rmtree(self.place.folder / "data")
        self._follows = primary
        self._create()
        self._launch()
        self._await()

    def _create(self) -> None:
        if self._follows is None:
            super()._create()
            return
        data = self.place.folder / "data"
        source = f"host={self._follows.place.socket} user=postgres application_name={STANDBY}"
        self._run(
            "pg_basebackup",
            *("--pgdata", str(data), "--dbname", source, "--write-recovery-conf"),
            *("--checkpoint", "fast", "--no-sync"),
            as_account=True,
        )

    async def _set(self, name: str, value: str) -> None:
        sql = await self.connect()
        await sql.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await sql.execute("SELECT pg_reload_conf()")
        await sql.close()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        postmaster = self._process.pid
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue  # it had just ended
