"""Checks whether prepared statements survive a transaction on the path to the database.

PostgreSQL keeps a prepared statement in the session that prepared it. A pooler in transaction mode may assign each
transaction of a client to a different session. PgBouncer 1.21 and newer prepares the statement there too, unless
`max_prepared_statements` is 0; older versions, and some other poolers, do not. A client then finds that its statement
does not exist, or that another client has used its name, but only if several transactions run at the same time.
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
"""The setting required if they are not kept."""

BACKEND: Final = "SELECT pg_backend_pid()"
ROUNDS: Final = 8
HELD_SECONDS: Final = {True: 60.0, False: 5.0}


async def supports_prepared_statements(settings: DatabaseSettings, seconds: float = 5.0) -> bool:
    """Also returns True if `prepared_statements` is off or there is no address: then none has to be kept.

    `seconds` limits the whole check. Raises one of `transient_errors.DRIVER_ERRORS` if the database does not answer in
    time.
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
    """The same check for probes, which come every few seconds: a result is cached for HELD_SECONDS."""

    def __init__(self, settings: DatabaseSettings, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._kept: bool | None = None
        self._ask_at = 0.0

    async def are_kept(self) -> bool:
        """Returns the last result while the database does not answer. Raises one of DRIVER_ERRORS if there is none."""
        if self._kept is None or monotonic() >= self._ask_at:
            try:
                self._kept = await supports_prepared_statements(self._settings, self._seconds)
            except DRIVER_ERRORS:
                if self._kept is None:
                    raise
            self._ask_at = monotonic() + HELD_SECONDS[self._kept]
        return self._kept


async def _is_direct(client: asyncpg.Connection) -> bool:
    """A server sends a new client its process id. A pooler sends an invented one."""
    async with client.transaction():
        return bool(await client.fetchval(BACKEND) == client.get_server_pid())


async def _are_kept(first: asyncpg.Connection, second: asyncpg.Connection) -> bool:
    """Detects the problem whichever session the pooler chooses.

    Either both clients get the most recently used session, and the second finds the name in use, or the sessions
    alternate, and one of two consecutive transactions is in a session that does not know the statement.
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
