"""What readiness means: each part is asked, none is assumed, and no answer carries a driver's words."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from sqlalchemy import text

from creatorvault.core.database import Database
from creatorvault.core.logging import get_logger
from creatorvault.core.migrations import heads
from creatorvault.crypto.rootkeys import RootKeyProvider

log = get_logger(__name__)

DEADLINE_SECONDS: Final = 2.0

type Outcome = Literal["ok", "failed"]


class NotReady(Exception):
    """A part answered, and its answer is no."""


class HealthService:
    def __init__(self, database: Database, root_keys: RootKeyProvider) -> None:
        self._database = database
        self._root_keys = root_keys

    async def is_connected(self) -> bool:
        return await _outcome("database", self._connect) == "ok"

    async def readiness(self) -> dict[str, Outcome]:
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "database": self._connect,
            "database_writable": self._writable,
            "migrations": self._at_head,
            "root_key": self._root_key_usable,
        }
        outcomes = await asyncio.gather(*(_outcome(name, probe) for name, probe in parts.items()))
        return {"api": "ok", **dict(zip(parts, outcomes, strict=True))}

    async def _connect(self) -> None:
        async with self._database.reading() as session:
            await session.execute(text("SELECT 1"))

    async def _writable(self) -> None:
        """A standby, or a server that an operator has set read-only, answers reads and stores nothing."""
        async with self._database.writing() as session:
            if (await session.execute(text("SHOW transaction_read_only"))).scalar_one() != "off":
                raise NotReady

    async def _at_head(self) -> None:
        async with self._database.reading() as session:
            applied = set((await session.execute(text("SELECT version_num FROM alembic_version"))).scalars())
        if applied != heads():
            raise NotReady

    async def _root_key_usable(self) -> None:
        probe, bound = bytes(32), b"creatorvault/readiness/v1"
        if await self._root_keys.unwrap(*await self._root_keys.wrap(probe, bound), bound) != probe:
            raise NotReady


async def _outcome(part: str, probe: Callable[[], Awaitable[None]]) -> Outcome:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await probe()
    except Exception as error:  # noqa: BLE001  # whatever is wrong with a part, the answer is that it is not ready
        log.warning("health.failed", part=part, error=type(error).__name__)
        return "failed"
    return "ok"
