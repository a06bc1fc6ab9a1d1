"""Schedules that look at sizes and at the queue, and forget old figures. They run in `creatorvault worker`."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from creatorvault.admin.parts import AdminParts
from creatorvault.core.background.declarations import Schedule
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.parts import Parts
from creatorvault.figures.statements.series import FORGET, SAMPLE_QUEUE, SAMPLE_VAULTS, VAULTS

VAULTS_EVERY: Final = timedelta(minutes=5)
QUEUE_EVERY: Final = timedelta(minutes=1)
KEPT: Final = timedelta(days=8)
"""A day longer than the longest series."""


async def sample_vaults(database: Database, now: datetime) -> None:
    """Reads all vaults once. Raises ServiceUnavailable."""
    async with database.reading() as session:
        rows = await run(session, VAULTS)
    versions = {str(version): vaults for version, vaults, _, _ in rows}
    totals = [sum(row[column] for row in rows) for column in (1, 2, 3)]
    async with database.writing() as session:
        await run(session, SAMPLE_VAULTS, now, *totals, msgspec.json.encode(versions).decode())


async def sample_queue(database: Database, now: datetime) -> None:
    """Raises ServiceUnavailable."""
    async with database.writing() as session:
        await run(session, SAMPLE_QUEUE, now)


async def forget_figures(database: Database, now: datetime) -> None:
    """Deletes what is older than the longest series. Raises ServiceUnavailable."""
    async with database.writing() as session:
        for statement in FORGET:
            await run(session, statement, now - KEPT)


def _as_operator(work: Callable[[Database, datetime], Awaitable[None]]) -> Callable[[Parts], Awaitable[None]]:
    async def scheduled(parts: Parts) -> None:
        """Raises as `work`, and AdminOff if there is no login for operators."""
        await work(parts[AdminParts].database(), datetime.now(UTC))

    return scheduled


SCHEDULES: Final = (
    Schedule(name="figures.vaults", every=VAULTS_EVERY, run=_as_operator(sample_vaults)),
    Schedule(name="figures.queue", every=QUEUE_EVERY, run=_as_operator(sample_queue)),
    Schedule(name="figures.forget", every=timedelta(hours=1), run=_as_operator(forget_figures)),
)
