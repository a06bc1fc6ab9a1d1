"""Keeps `tenant_totals` nearly up to date, so that lists of tenants read few vaults.

Lists are exact without it (`statements.tenants`). Only what was changed before the last full hour is added up. A change
has the time of the process that made it, so it must be committed, and clocks may differ, by at most an hour.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from creatorvault.admin.statements.totals import ADD_UP, MOVE, NEXT, POSITION_LOCKED, TOTAL_VAULTS
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.telemetry.logging import get_logger

log = get_logger(__name__)

AT_ONCE: Final = 2_000
"""Tenants per transaction, a few tenths of a second."""

FIRST_AFTER_SECONDS: Final = 30.0
EVERY_SECONDS: Final = 600.0
FIRST: Final = UUID(int=0)
MARGIN: Final = timedelta(hours=1)


async def add_up(database: Database, now: datetime, at_once: int = AT_ONCE) -> None:
    """Adds up what was changed before the full hour that ended at least an hour before `now`.

    Several processes may do it at once. Raises ServiceUnavailable.
    """
    until = (now - MARGIN).replace(minute=0, second=0, microsecond=0)
    while await _step(database, until, at_once):
        pass


async def _step(database: Database, until: datetime, at_once: int) -> bool:
    """Returns whether there is more to do."""
    async with database.writing() as session:
        [(hour, tenant_id)] = await run(session, POSITION_LOCKED)
        if hour >= until:
            return False
        following = await run(session, NEXT, hour, tenant_id, until, at_once)
        position = following[0] if following else (until, FIRST)
        tenants = {row[0] for row in await run(session, TOTAL_VAULTS, hour, tenant_id, *position)}
        await run(session, ADD_UP, sorted(tenants))
        await run(session, MOVE, *position)
        return bool(following)


class TotalsKeeper:
    """One per process: adds up now and then, for as long as it is open."""

    def __init__(self, database: Database, first_after_seconds: float = FIRST_AFTER_SECONDS) -> None:
        self._database = database
        self._first_after_seconds = first_after_seconds
        self._task = asyncio.create_task(self._keep())

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        await asyncio.sleep(self._first_after_seconds)
        while True:
            try:
                await add_up(self._database, datetime.now(UTC))
            except (ServiceUnavailable, *DRIVER_ERRORS):  # the database may not be migrated yet
                log.info("totals.not_added_up")
            await asyncio.sleep(EVERY_SECONDS)
