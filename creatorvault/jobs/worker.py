"""Works through the queue until it is told to stop."""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import Final, override

from pgqueuer.core.executors import EntrypointExecutorParameters
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.sm import SchedulerManager
from pgqueuer.domain.types import Channel

from creatorvault.core.background.declarations import Background
from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.jobs.driver import PollingDriver
from creatorvault.jobs.errors import NoLoginForJobs
from creatorvault.jobs.parts import JobsParts
from creatorvault.jobs.running import JobRun, Runs, ScheduleRun
from creatorvault.jobs.statements.queue import figures
from creatorvault.jobs.tables import CHANNEL, queries
from creatorvault.settings.sections import Settings

log = get_logger(__name__)

SILENCE: Final = timedelta(seconds=6)
"""After so long without a sign of life another process takes a job over. Signs are given twice as often."""

FIGURES_SECONDS: Final = 5.0
EVERY_SCHEDULE: Final = "* * * * *"
"""pgqueuer wants an expression; `ScheduleRun` says when."""


class _Jobs(QueueManager):
    @override
    async def verify_structure(self) -> None:
        """Our migrations make the tables, without those that only pgqueuer's own statistics use."""


class JobWorker:
    """One per process. Other processes may work on the same queue."""

    def __init__(self, parts: Parts, statements: Statements) -> None:
        """`statements` is of the operators' login, which sees the jobs of all tenants."""
        settings, background = parts[Settings].jobs, parts[Background]
        self._settings = settings
        self._shutdown_seconds = parts[Settings].server.shutdown_seconds
        self._statements = statements
        self._statistics = parts[JobsParts].statistics
        self._runs = Runs(parts, settings.attempts, self._statistics)
        self._driver = PollingDriver(statements)
        self._jobs = _Jobs(queries(self._driver), Channel(CHANNEL))
        self._schedules = SchedulerManager(queries(self._driver))
        for kind in background.kinds.values():
            parameters = EntrypointExecutorParameters(concurrency_limit=0, func=_never, on_failure="hold")
            self._jobs.register_executor(kind.name, JobRun(kind, self._runs, parameters))
        for schedule in background.schedules.values():
            self._schedules.schedule(schedule.name, EVERY_SCHEDULE, partial(ScheduleRun, schedule, self._runs))(_never)

    async def work(self, stop: asyncio.Event) -> None:
        """Returns after `stop` is set, when what is running has ended; `server.shutdown_seconds` later it is
        interrupted, and run again by the next process. Raises the driver's errors, unless they are transient.
        """
        log.info("jobs.working", kinds=len(self._jobs.entrypoint_registry), schedules=len(self._schedules.registry))
        working = [asyncio.create_task(part) for part in (self._work_on_jobs(), self._schedules.run(), self._look())]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopped, *working], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            self._jobs.shutdown.set()
            self._schedules.shutdown.set()
            working[-1].cancel()
            await asyncio.wait(working, timeout=self._shutdown_seconds)
            self._runs.stop()
            self._driver.give_up()
            ended = await asyncio.gather(*working, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception) and not isinstance(error, ServiceUnavailable):
                raise error
        log.info("jobs.stopped")

    async def _work_on_jobs(self) -> None:
        concurrency = self._settings.concurrency
        await self._jobs.run(
            dequeue_timeout=timedelta(seconds=self._settings.poll_seconds),
            batch_size=concurrency // 2,
            max_concurrent_tasks=concurrency,
            heartbeat_timeout=SILENCE,
            log_aggregation_interval=timedelta(0),
        )

    async def _look(self) -> None:
        while True:
            with suppress(ServiceUnavailable):
                self._statistics.queue = await figures(self._statements)
            await asyncio.sleep(FIGURES_SECONDS)


async def work_until(parts: Parts, stop: asyncio.Event) -> None:
    """Raises NoLoginForJobs if there is no operators' login, otherwise as `JobWorker.work`."""
    statements = operators_statements(parts[Settings].database)
    if statements is None:
        raise NoLoginForJobs
    async with AsyncExitStack() as stack:
        stack.push_async_callback(statements.close)
        await JobWorker(parts, statements).work(stop)


async def _never(*_: object) -> None:
    """Pgqueuer asks for a function of each kind; the executors above call those of our own declarations."""
