"""Jobs of all tenants, for operators. Every change is recorded in the audit log in the same transaction."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from creatorvault.admin.errors import JobNotFound, JobRunning
from creatorvault.admin.schemas_of_jobs import JobList, JobQuery, JobResponse, JobState
from creatorvault.admin.statements.jobs import CANCEL, COUNT, EXISTS, PAGE, RETRY
from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import ReadSession, WriteSession, run
from creatorvault.core.identifiers import TenantId

STATES: Final = {JobState.WAITING: "queued", JobState.RUNNING: "picked", JobState.FAILED: "failed"}
"""The names in the database are pgqueuer's."""

_places: Final = msgspec.json.Decoder(tuple[int])

NAMES: Final = {stored: state for state, stored in STATES.items()}


async def job_page(session: ReadSession, keys: AuditKeys, query: JobQuery) -> JobList:
    """Raises CursorInvalid and, if the query has a cursor, as `AuditKeys.chain`."""
    cursors = await keys.cursors(session, query, _places, "jobs")
    [after] = cursors.place() or (None,)
    filters = (query.tenant_id, query.kind, None if query.state is None else STATES[query.state])
    [(total,)] = await run(session, COUNT, *filters)
    rows = await run(session, PAGE, *filters, query.rows_wanted, query.offset, after)
    page = cursors.page([_job(row) for row in rows], total, lambda job: (job.job_id,))
    return JobList(
        items=list(page.rows),
        **page.fields(query),
    )


class JobAdministration:
    """Changes jobs that are not running."""

    def __init__(self, session: WriteSession, recorder: AuditRecorder) -> None:
        self._session = session
        self._recorder = recorder

    async def retry(self, job_id: int) -> JobResponse:
        """Lets a failed job wait again. Raises JobNotFound, and JobRunning if it has not failed."""
        return await self._changed(RETRY, job_id, "job.retried", "This job has not failed")

    async def cancel(self, job_id: int) -> JobResponse:
        """Removes a job that waits or has failed. Raises JobNotFound, and JobRunning."""
        return await self._changed(CANCEL, job_id, "job.cancelled", "This job is running")

    async def _changed(self, statement: str, job_id: int, verb: str, refusal: str) -> JobResponse:
        rows = await run(self._session, statement, job_id)
        if not rows:
            raise JobRunning(refusal) if await run(self._session, EXISTS, job_id) else JobNotFound(job_id)
        job = _job(rows[0])
        await self._recorder.record(self._session, TenantId(job.tenant_id), verb, kind=job.kind, job=str(job.job_id))
        return job


def _job(row: Sequence[Any]) -> JobResponse:
    job_id, kind, tenant_id, user_id, subject_id, status, attempts, created, due, changed = row
    return JobResponse(
        job_id=job_id,
        kind=kind,
        tenant_id=tenant_id,
        user_id=user_id,
        subject_id=subject_id,
        state=NAMES[status],
        attempts=attempts,
        created_at=created,
        due_at=due,
        changed_at=changed,
    )
