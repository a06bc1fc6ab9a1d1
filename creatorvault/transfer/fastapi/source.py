"""Reads the FastAPI service's database: one connection, which cannot write, and a snapshot for each pass."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

import asyncpg

from creatorvault.core.database.statements import Row
from creatorvault.settings.database_address import address_of, connected
from creatorvault.transfer.fastapi.errors import SourceRefused
from creatorvault.transfer.fastapi.rows import spellings, uuid_of
from creatorvault.transfer.fastapi.table import UUID as UUID_KIND
from creatorvault.transfer.fastapi.table import SourceTable

NAMESPACE: Final = UUID("9a3c5d0e-0f0b-4c65-a5a8-2f4f1d6a7c39")
CONNECT_SECONDS: Final = 10.0
AT_ONCE: Final = 1_000
FAULTS: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

READ_ONLY: Final = "SET default_transaction_read_only = on"
# A snapshot lasts as long as the pass. All rows are read, so a plan need not return the first ones soon.
PATIENT: Final = """
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '60s';
    SET LOCAL cursor_tuple_fraction = 1
"""
ENCODING: Final = "SHOW server_encoding"
PLACE: Final = """
    SELECT (SELECT system_identifier FROM pg_control_system())::text, oid::text
    FROM pg_database WHERE datname = current_database()
"""
"""Readable by every login, of the source and of the target."""


class Place(NamedTuple):
    """A database: what identifies its cluster, also on replicas, and its id there."""

    system: str
    oid: str


class Source:
    """`id` identifies the table in all runs, whichever address it has."""

    def __init__(self, connection: asyncpg.Connection, table: SourceTable, place: Place) -> None:
        self._connection = connection
        self.table = table
        self.place = place
        self.id = uuid5(NAMESPACE, f"{place.system}/{place.oid}/{table.name}")

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator["SourceSnapshot"]:
        """Raises SourceRefused if the connection is lost."""
        transaction = self._connection.transaction(isolation="repeatable_read", readonly=True)
        with told():
            await transaction.start()
            await self._connection.execute(PATIENT)
        try:
            yield SourceSnapshot(self._connection, self.table)
        finally:
            with suppress(*FAULTS):
                await transaction.rollback()


class SourceSnapshot:
    def __init__(self, connection: asyncpg.Connection, table: SourceTable) -> None:
        self._connection = connection
        self._table = table

    async def count(self) -> int:
        with told():
            count: int = await self._connection.fetchval(self._table.counted)
        return count

    async def newest(self, overlap: timedelta) -> datetime | None:
        """Returns when the newest change was made, less the overlap, as the database holds it; None without a row."""
        with told():
            newest: datetime | None = await self._connection.fetchval(self._table.newest, overlap)
        return newest

    async def rows(self, since: datetime | None = None) -> AsyncGenerator[Sequence[Row]]:
        """Yields all rows in batches, or those that were changed since then, by creator and id.

        The next batch is read while the caller computes.
        """
        statement, arguments = (self._table.select(), ()) if since is None else (self._table.changed_since, (since,))
        with told():
            cursor: Any = await self._connection.cursor(statement, *arguments)
        ahead: asyncio.Task[Sequence[Row]] = asyncio.create_task(cursor.fetch(AT_ONCE))
        try:
            while True:
                with told():
                    rows = await ahead
                if not rows:
                    return
                ahead = asyncio.create_task(cursor.fetch(AT_ONCE))
                yield rows
        finally:
            await asyncio.gather(ahead, return_exceptions=True)

    async def existing(self, user_id: str, ids: Sequence[UUID]) -> set[UUID]:
        """Returns which of the ids are still rows of the creator."""
        asked = (
            ids if self._table.kinds["id"] == UUID_KIND else [text for idea_id in ids for text in spellings(idea_id)]
        )
        with told():
            rows = await self._connection.fetch(self._table.existing, user_id, asked)
        return {found for row in rows if (found := uuid_of(row[0])) is not None}


@asynccontextmanager
async def opened_source(url: str, table: str) -> AsyncGenerator[Source]:
    """`url` is the result of `asyncpg_url`. Raises SourceRefused."""
    try:
        address = address_of(url)
        connection = await connected(address, timeout=CONNECT_SECONDS, statement_cache_size=0)
    except (*FAULTS, ValueError) as error:
        raise SourceRefused(f"cannot connect: {_reason(error)}") from None
    try:
        with told():
            await connection.execute(READ_ONLY)
            if await connection.fetchval(ENCODING) == "SQL_ASCII":
                raise SourceRefused("the database has the encoding SQL_ASCII, so its texts cannot be told from bytes")
            place = Place(*await connection.fetchrow(PLACE))
            found = await SourceTable.found(connection, table)
        yield Source(connection, found, place)
    finally:
        connection.terminate()


@contextmanager
def told() -> Iterator[None]:
    """Raises SourceRefused for errors of the source. Their texts may contain rows, and are not shown."""
    try:
        yield
    except FAULTS as error:
        state = getattr(error, "sqlstate", None)
        raise SourceRefused(f"cannot be read: {type(error).__name__}{f' ({state})' if state else ''}") from None


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    return str(error.args[0]) if isinstance(error, asyncpg.PostgresError) else str(error) or type(error).__name__
