"""The schedules of the queue itself."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from creatorvault.core.background.declarations import Schedule
from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.parts import Parts
from creatorvault.jobs.errors import NoLoginForJobs
from creatorvault.jobs.statements.queue import FORGET
from creatorvault.settings.sections import Settings


async def forget_ended_jobs(parts: Parts) -> None:
    """Deletes what the log holds of jobs that ended more than `jobs.log_days` ago."""
    settings = parts[Settings]
    statements = operators_statements(settings.database)
    if statements is None:
        raise NoLoginForJobs
    async with AsyncExitStack() as stack:
        stack.push_async_callback(statements.close)
        await statements.changed(FORGET, float(settings.jobs.log_days))


FORGET_ENDED_JOBS: Final = Schedule(name="jobs.forget_ended", every=timedelta(hours=1), run=forget_ended_jobs)
