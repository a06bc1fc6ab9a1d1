"""Do prepared statements outlive a transaction on the way to the database?

PostgreSQL keeps a prepared statement with the session that prepared it. A pooler in transaction mode gives each
transaction of a client another session. PgBouncer prepares the statement there too from 1.21 on, where
`max_prepared_statements` is not 0; older ones, and some other poolers, do not. A client then finds that its statement
does not exist, or that somebody else has taken its name, but only once several transactions run at the same time.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import asyncpg

from creatorvault.core.database.connections import passing_engine
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.settings.sections import DatabaseSettings

SWITCH: Final = "CREATORVAULT_DATABASE__PREPARED_STATEMENTS=false"
"""What has to be set where they are not kept."""

BACKEND: Final = "SELECT pg_backend_pid()"
ROUNDS: Final = 8
HELD_SECONDS: Final = {True: 60.0, False: 5.0}


async def supports_prepared_statements(settings: DatabaseSettings, seconds: float = 5.0) -> bool:
    """True as well where `prepared_statements` is off or there is no address: then none has to be kept.

    `seconds` is the time for everything. Raises one of `transient_errors.DRIVER_ERRORS` when the database does not
    answer in it.
    """
    if not settings.prepared_statements or settings.url is None:
        return True
    url = settings.url.reveal()
    async with asyncio.timeout(seconds), _client(url) as first:
        if await _is_direct(first):
            return True
        async with _client(url) as second:
            return await _are_kept(first, second)


class PreparedStatementsProbe:
    """The same for probes, which come every few seconds: an answer is held for HELD_SECONDS."""

    def __init__(self, settings: DatabaseSettings, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._kept: bool | None = None
        self._ask_at = 0.0

    async def are_kept(self) -> bool:
        """Keeps its last answer while the database gives none. Raises one of FAULTS when there is no last answer."""
        if self._kept is None or monotonic() >= self._ask_at:
            try:
                self._kept = await supports_prepared_statements(self._settings, self._seconds)
            except DRIVER_ERRORS:
                if self._kept is None:
                    raise
            self._ask_at = monotonic() + HELD_SECONDS[self._kept]
        return self._kept


async def _is_direct(client: asyncpg.Connection) -> bool:
    """A server tells a new client the number of its process. A pooler tells one that it makes up."""
    async with client.transaction():
        return bool(await client.fetchval(BACKEND) == client.get_server_pid())


async def _are_kept(first: asyncpg.Connection, second: asyncpg.Connection) -> bool:
    """Finds what is wrong whichever session the pooler chooses.

    Either both clients get the session that was used last, and the second finds the name taken, or the sessions come in
    turn, and of two transactions that follow each other one is in a session that does not know the statement.
    """
    own, common = (f"creatorvault_{secrets.token_hex(8)}" for _ in range(2))
    try:
        async with first.transaction():
            statement = await first.prepare(BACKEND, name=own)
            await first.prepare(BACKEND, name=common)
        async with second.transaction():
            await second.prepare(BACKEND, name=common)
        for _ in range(ROUNDS):
            async with first.transaction():
                await statement.fetchval()
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError):
        return False
    return True


@asynccontextmanager
async def _client(url: str) -> AsyncGenerator[asyncpg.Connection]:
    engine = passing_engine(url)
    try:
        async with engine.connect() as connection:
            yield (await connection.get_raw_connection()).driver_connection
    finally:
        await engine.dispose()
