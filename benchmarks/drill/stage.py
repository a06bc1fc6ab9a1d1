"""Where a drill takes place: a PostgreSQL, a service on it, a crowd, and a pulse."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.drill.pulse import Pulse
from benchmarks.drill.row import Row
from tests.faults.crowd import Crowd
from tests.faults.servers import Server
from tests.faults.service import Service

IDLE_WITHIN_SECONDS: Final = 5.0


class Stage:
    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server

    @asynccontextmanager
    async def service(self, database_url: str | None = None, **settings: str) -> AsyncIterator[Service]:
        owner_url = self.server.owner_url.replace("+asyncpg", "")
        service = Service(self.folder, database_url or self.server.runtime_url, owner_url, **settings)
        service.checkout = Path.cwd()  # started as an operator starts it
        await service.start()
        try:
            yield service
        finally:
            await service.stop()

    @asynccontextmanager
    async def judged(self, row: Row, service: Service, crowd: Crowd) -> AsyncIterator[None]:
        """The fault happens inside. Afterwards everything that was begun is settled, counted and judged."""
        with Pulse(service.port) as pulse:
            yield
            await crowd.end()
        row.health_p99_ms = pulse.p99
        await self.judge(row, crowd)

    async def judge(self, row: Row, crowd: Crowd) -> None:
        row.count(crowd.answers)
        row.lost, row.duplicates = await crowd.settled()
        busy, idle = await self._pool()
        row.pool_after = f"{busy} busy, {idle} idle"
        row.promise(busy == 0, "connections stay in transactions")
        row.judge()

    async def _pool(self) -> tuple[int, int]:
        """The service's connections that are in a transaction, and those that are not, once they have come to rest."""
        sql = await self.server.connect()
        try:
            deadline = time.monotonic() + IDLE_WITHIN_SECONDS
            while True:
                busy, idle = await sql.fetchrow(
                    "SELECT count(*) FILTER (WHERE xact_start IS NOT NULL), count(*) FILTER (WHERE xact_start IS NULL)"
                    " FROM pg_stat_activity WHERE usename = 'creatorvault_app'"
                )
                if not busy or time.monotonic() > deadline:
                    return busy, idle
                await asyncio.sleep(0.1)
        finally:
            await sql.close()
