"""Request and response schemas of the admin API's jobs: ids, states and times."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec
from pydantic import Field

from creatorvault.admin import openapi_of_jobs
from creatorvault.core.http.paging import TOTAL, ListQuery, PageQuery
from creatorvault.core.http.schemas import Moment, Prose, RequestModel
from creatorvault.ideas.fields import AnyUuid


class JobState(StrEnum):
    """State of a job. One that has ended without an error is not in the queue any more."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


class JobPath(RequestModel):
    described = openapi_of_jobs.ONE_JOB

    job_id: int = Field(ge=1, le=2**63 - 1)


class JobFilters(PageQuery):
    tenant_id: AnyUuid | None = None
    kind: str | None = None
    state: JobState | None = None


class JobQuery(ListQuery, JobFilters):
    """Filters of the list of jobs, combined with AND. The newest come first."""

    described = openapi_of_jobs.JOB_QUERY


class JobResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A job that waits, runs or has failed."""

    described: ClassVar[Prose] = openapi_of_jobs.JOB

    job_id: int
    kind: str
    tenant_id: UUID
    user_id: str | None
    subject_id: UUID
    state: JobState
    attempts: int
    created_at: Moment
    due_at: Moment
    changed_at: Moment


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of jobs."""

    described: ClassVar[Prose] = {
        "items": ("The jobs.", [{name: value for name, (_, value) in openapi_of_jobs.JOB.items()}]),
        **TOTAL,
    }

    items: list[JobResponse]
    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET
