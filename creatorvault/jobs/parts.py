"""Process-wide objects of the jobs app."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from creatorvault.core.background.declarations import Background
from creatorvault.core.parts import Parts
from creatorvault.jobs.queue import JobQueue
from creatorvault.jobs.statistics import JobStatistics


@dataclass(slots=True)
class JobsParts:
    statistics: JobStatistics


@asynccontextmanager
async def job_queue(parts: Parts) -> AsyncGenerator[JobQueue]:
    yield JobQueue(parts[Background])


@asynccontextmanager
async def jobs_parts(parts: Parts) -> AsyncGenerator[JobsParts]:
    yield JobsParts(JobStatistics())
