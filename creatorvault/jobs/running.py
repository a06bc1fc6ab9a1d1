"""Runs jobs and schedules for pgqueuer, which learns of each how it ended."""

import asyncio
from collections.abc import Awaitable
from contextvars import Context
from datetime import timedelta
from typing import Final, override
from uuid import UUID

from pgqueuer.core.executors import (
    AbstractEntrypointExecutor,
    AbstractScheduleExecutor,
    EntrypointExecutorParameters,
    ScheduleExecutorFactoryParameters,
)
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context as JobContext
from pgqueuer.domain.models import Job, ScheduleContext, utc_now
from pgqueuer.domain.models import Schedule as ScheduleRow

from creatorvault.core.background.declarations import JobFailed, JobKind, JobPlace, Schedule
from creatorvault.core.identifiers import TenantId
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.jobs.statistics import JobStatistics, Result

log = get_logger(__name__)

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 300.0
EPOCH_SECONDS: Final = 1.0
"""The shortest time between two runs of a schedule."""


class Runs:
    """What is running in this process. `stop` interrupts it."""

    def __init__(self, parts: Parts, attempts: int, statistics: JobStatistics) -> None:
        self.parts = parts
        self.attempts = attempts
        self._statistics = statistics
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops = False

    def stop(self) -> None:
        self._stops = True
        for task in self._tasks:
            task.cancel()

    async def finish(self, work: Awaitable[None]) -> bool:
        """Returns False if it was interrupted. Raises what the work raises."""
        task = asyncio.create_task(_of(work), context=Context())  # in a new context: it belongs to no request
        self._tasks.add(task)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if self._stops and task.cancelled():
                return False
            task.cancel()
            raise
        finally:
            self._tasks.discard(task)
        return True

    def count(self, name: str, result: Result, **ids: str | int) -> None:
        self._statistics.runs[name, result] += 1
        log.info("job.ended", kind=name, result=result, **ids)


class JobRun(AbstractEntrypointExecutor):
    """Runs the jobs of one kind."""

    def __init__(self, kind: JobKind, runs: Runs, parameters: EntrypointExecutorParameters) -> None:
        super().__init__(parameters)
        self._kind = kind
        self._runs = runs

    @override
    async def execute(self, job: Job, context: JobContext) -> None:
        """Raises RetryRequested if the job is to be run again, and JobFailed if it is not."""
        name, ids = self._kind.name, {"job": int(job.id), "attempt": job.attempts + 1}
        if job.attempts >= self._runs.attempts:  # those whose process died are counted, too
            self._runs.count(name, "failed", error="TooManyAttempts", **ids)
            raise JobFailed("too many attempts")
        try:
            finished = await self._runs.finish(self._kind.run(self._runs.parts, place_of(job)))
        except JobFailed as error:
            self._runs.count(name, "failed", error=str(error), **ids)
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it may pass
            reason = type(error).__name__  # the text may contain content
            if job.attempts + 1 >= self._runs.attempts:
                self._runs.count(name, "failed", error=reason, **ids)
                raise JobFailed(reason) from None
            self._runs.count(name, "retried", error=reason, **ids)
            raise RetryRequested(pause_after(job.attempts), reason) from None
        if not finished:
            self._runs.count(name, "interrupted", **ids)
            raise RetryRequested(timedelta(0))
        self._runs.count(name, "done", **ids)


class ScheduleRun(AbstractScheduleExecutor):
    """Runs a schedule, at the multiples of its interval since 1970: all processes agree on them."""

    def __init__(self, schedule: Schedule, runs: Runs, parameters: ScheduleExecutorFactoryParameters) -> None:
        super().__init__(parameters)
        self._schedule = schedule
        self._runs = runs

    @override
    def next_in(self) -> timedelta:
        every = self._schedule.every.total_seconds()
        return timedelta(seconds=max(every - utc_now().timestamp() % every, EPOCH_SECONDS))

    @override
    async def execute(self, schedule: ScheduleRow, context: ScheduleContext) -> None:
        name = self._schedule.name
        try:
            finished = await self._runs.finish(self._schedule.run(self._runs.parts))
        except Exception as error:  # noqa: BLE001  # whatever it is, the next time may be better
            self._runs.count(name, "failed", error=type(error).__name__)
        else:
            self._runs.count(name, "done" if finished else "interrupted")


def place_of(job: Job) -> JobPlace:
    ids = job.headers or {}
    user_id = ids.get("user_id")
    return JobPlace(
        TenantId(UUID(str(ids["tenant_id"]))), None if user_id is None else str(user_id), UUID(str(ids["subject_id"]))
    )


def pause_after(attempts: int) -> timedelta:
    """Returns 1, 2, 4 … seconds, at most five minutes."""
    return timedelta(seconds=min(FIRST_PAUSE_SECONDS * 2.0 ** min(attempts, 30), LONGEST_PAUSE_SECONDS))


async def _of(work: Awaitable[None]) -> None:
    await work
