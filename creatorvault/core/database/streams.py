"""Long reads in a session, by a cursor of the driver: through an ORM session a row costs several times as much."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from creatorvault.core.database.sessions import computing
from creatorvault.core.database.statements import Row


async def batches_of_rows(
    session: AsyncSession | async_scoped_session[AsyncSession], size: int, statement: str, *arguments: object
) -> AsyncGenerator[Sequence[Row]]:
    """Yields batches of `size` rows. The database reads the next one while the caller computes.

    The caller's time with a batch is not counted as waiting for the database. The session must not be used for anything
    else before the end. Closing the generator early waits for the batch that is being read.
    """
    connection = await (await session.connection()).get_raw_connection()
    driver_connection: Any = connection.driver_connection
    cursor = await driver_connection.cursor(statement, *arguments)
    ahead: asyncio.Task[Sequence[Row]] = asyncio.create_task(cursor.fetch(size))
    try:
        while rows := await ahead:
            if len(rows) == size:
                ahead = asyncio.create_task(cursor.fetch(size))
            with computing(session):
                yield rows
            if len(rows) < size:
                break
    finally:
        await asyncio.gather(ahead, return_exceptions=True)
