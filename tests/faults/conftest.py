"""An application whose database can be made to hang, with short timeouts."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tests.application import House, environment_of, open_house
from tests.faults.hanging import HangingWire, hanging_wire_to
from tests.postgres import Database

SHORT: Final = {
    "CREATORVAULT_DATABASE__POOL_SIZE": "2",
    "CREATORVAULT_DATABASE__MAX_OVERFLOW": "0",
    "CREATORVAULT_DATABASE__POOL_WAIT_SECONDS": "0.6",
    "CREATORVAULT_DATABASE__CONNECT_SECONDS": "0.8",
    "CREATORVAULT_DATABASE__STATEMENT_SECONDS": "0.8",
    "CREATORVAULT_DATABASE__LOCK_SECONDS": "0.5",
    "CREATORVAULT_DATABASE__IDLE_IN_TRANSACTION_SECONDS": "1.2",
    "CREATORVAULT_DATABASE__ANSWER_SECONDS": "1.6",
    "CREATORVAULT_SERVER__BODY_SECONDS": "0.3",
}


@pytest.fixture
async def wire(fresh_database: Database) -> AsyncGenerator[HangingWire]:
    async with hanging_wire_to(fresh_database) as wire:
        yield wire


@pytest.fixture
async def house(wire: HangingWire, fresh_database: Database, home: Path) -> AsyncGenerator[House]:
    environ = environment_of(fresh_database, home) | SHORT | {"DATABASE_URL": wire.url}
    async with open_house(environ, fresh_database) as house:
        yield house


@pytest.fixture
async def sessions(fresh_sql: asyncpg.Connection) -> "Sessions":
    return Sessions(fresh_sql)


class Sessions:
    """PostgreSQL's view of the application's connections."""

    def __init__(self, sql: asyncpg.Connection) -> None:
        self._sql = sql

    async def in_transaction(self) -> int:
        await self._sql.execute("SELECT pg_stat_clear_snapshot()")  # statistics do not change within a transaction
        count: int = await self._sql.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = 'creatorvault_app' AND xact_start IS NOT NULL"
        )
        return count

    async def waiting(self) -> bool:
        """Whether any connection waits for a lock."""
        await self._sql.execute("SELECT pg_stat_clear_snapshot()")
        waits: bool = await self._sql.fetchval(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = 'creatorvault_app' AND wait_event_type = 'Lock')"
        )
        return waits
