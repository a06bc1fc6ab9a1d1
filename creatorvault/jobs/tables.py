"""pgqueuer's statements, on the tables of our migration."""

from datetime import timedelta
from typing import Final, override

from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import JOB_STATUS
from pgqueuer.ports.driver import Driver
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from creatorvault.core.background.declarations import JobPlace

SCHEMA: Final = "jobs"
CHANNEL: Final = "creatorvault_jobs"
"""Notifications stay in the process (`jobs.driver`); the name is never one of the database."""


class _Names(DBSettings):
    """Takes no name from the environment, where pgqueuer looks for QUEUE_TABLE and others."""

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


NAMES: Final = _Names(
    db_schema=SCHEMA,
    channel=CHANNEL,
    queue_table="queue",
    queue_table_log="queue_log",
    schedules_table="schedules",
    queue_status_type="queue_status",
)


class JobQueries(Queries):
    """Stores no traceback: the text of an exception may contain content, and is of no use to an operator."""

    @override
    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        await super().log_jobs([(job, status, None) for job, status, _ in job_status])

    @override
    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        await super().retry_job(job, delay, None)


def queries(driver: Driver) -> JobQueries:
    return JobQueries(driver, QueryBuilderEnvironment(NAMES), QueryQueueBuilder(NAMES), QuerySchedulerBuilder(NAMES))


def headers_of(place: JobPlace) -> dict[str, str]:
    """Returns all that is stored of a job besides its kind. The columns of ids are generated from it."""
    ids = {"tenant_id": str(place.tenant_id), "subject_id": str(place.subject_id)}
    return ids if place.user_id is None else {**ids, "user_id": place.user_id}
