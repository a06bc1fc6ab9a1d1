"""Descriptions and examples of the admin API's jobs for the OpenAPI document."""

from typing import Final

from creatorvault.admin.errors import JobNotFound, JobRunning
from creatorvault.admin.openapi import admin
from creatorvault.admin.scopes import Scope
from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, PAGE_QUERY, CursorInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse
from creatorvault.tenants.openapi import TENANT_ID

JOB_ID: Final = 42

ONE_JOB: Final[Prose] = {"job_id": ("Id of the job.", JOB_ID)}
JOB: Final[Prose] = {
    **ONE_JOB,
    "kind": ("Kind of the job, which begins with the name of its app.", "transfer.import"),
    "tenant_id": ("Tenant of the job.", str(TENANT_ID)),
    "user_id": (
        "Creator whose vault it is about, which is the subject of their token; null if there is none.",
        "user-1",
    ),
    "subject_id": ("Id of what it is about, for instance an import.", "0197b2c4-58a1-7c33-9d8e-2f4b6a1c0d57"),
    "state": ("`waiting`, `running`, or `failed`: it is not run again unless it is retried.", "failed"),
    "attempts": ("Number of times that it was begun without an end.", 9),
    "created_at": ("Creation time, UTC.", "2026-11-30T10:00:00Z"),
    "due_at": ("Time from which a waiting job is run, UTC.", "2026-11-30T10:00:00Z"),
    "changed_at": ("Time of the last change of its state, UTC.", "2026-11-30T10:14:00Z"),
}
JOB_QUERY: Final[Prose] = {
    **PAGE_QUERY,
    "tenant_id": ("Only jobs of this tenant.", str(TENANT_ID)),
    "kind": ("Only jobs of this kind.", "transfer.import"),
    "state": ("Only jobs in this state.", "failed"),
}
INVALID_JOB_ID: Final = RequestInvalid(
    [
        {
            "type": "int_parsing",
            "loc": ("path", "job_id"),
            "msg": "Input should be a valid integer, unable to parse string as an integer",
            "input": "first",
        }
    ]
)

JOBS: Final = admin(Scope.READ, DocumentedResponse(description="A page of jobs."), LIMIT_TOO_HIGH, CursorInvalid())
JOB_RETRIED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The job, which waits again."),
    JobNotFound(JOB_ID),
    JobRunning("This job has not failed"),
    INVALID_JOB_ID,
)
JOB_CANCELLED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The job as it was."),
    JobNotFound(JOB_ID),
    JobRunning("This job is running"),
    INVALID_JOB_ID,
)
