"""Verifications of the audit log, which operators ask for and a job does, and exports of events."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from creatorvault.admin.errors import VerificationNotFound, VerificationUnderWay
from creatorvault.admin.reads import OperatorReads, Read
from creatorvault.admin.runs import Runs, enqueue, one_run, refuse_second, run_page
from creatorvault.admin.schemas_of_audit import (
    AuditExportQuery,
    VerificationList,
    VerificationQuery,
    VerificationResponse,
)
from creatorvault.admin.statements.runs import (
    ADD_VERIFICATION,
    COUNT_VERIFICATIONS,
    UNFINISHED_VERIFICATION,
    VERIFICATION,
)
from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.chain import SERVICE
from creatorvault.audit.job import KIND
from creatorvault.audit.repositories import AuditEventRepository, EventColumns, EventPlace, EventsWanted
from creatorvault.audit.schemas import AuditEventResponse
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import ReadSession, WriteSession, run
from creatorvault.core.http.schemas import response_of
from creatorvault.jobs.queue import JobQueue

VERIFICATIONS: Final = Runs("verifications", KIND, "verification_id", VERIFICATION, COUNT_VERIFICATIONS)
AT_ONCE: Final = 500
"""Events that are read in one snapshot. No connection is held while the client takes them."""

_encode_lines: Final = msgspec.json.Encoder().encode_lines


async def verification_page(session: ReadSession, keys: AuditKeys, query: VerificationQuery) -> VerificationList:
    """Raises as `run_page`."""
    page = await run_page(session, keys, VERIFICATIONS, query)
    return VerificationList(
        items=[VerificationResponse.of(row) for row in page.rows],
        **page.fields(query),
    )


async def one_verification(session: ReadSession, verification_id: int) -> VerificationResponse:
    """Raises VerificationNotFound."""
    row = await one_run(session, VERIFICATIONS, verification_id)
    if row is None:
        raise VerificationNotFound(verification_id)
    return VerificationResponse.of(row)


class AuditAdministration:
    """Within the caller's transaction."""

    def __init__(self, session: WriteSession, recorder: AuditRecorder, queue: JobQueue) -> None:
        self._session = session
        self._recorder = recorder
        self._queue = queue

    async def verify(self) -> VerificationResponse:
        """Begins one again that was not finished. Raises VerificationUnderWay."""
        session, recorder = self._session, self._recorder
        await refuse_second(session, VERIFICATIONS, VerificationUnderWay)
        rows = await run(session, UNFINISHED_VERIFICATION) or await run(
            session, ADD_VERIFICATION, recorder.actor, datetime.now(UTC)
        )
        [(verification_id,)] = rows
        await enqueue(session, self._queue, VERIFICATIONS, verification_id)
        await recorder.record(session, SERVICE, "audit.verification_requested", verification=str(verification_id))
        return await one_verification(session, verification_id)

    async def record_export(self, asked: AuditExportQuery) -> None:
        """In the service's chain: the tenant that is asked for need not exist."""
        filters = asked.model_dump(exclude_none=True)
        of_tenant = {} if asked.tenant_id is None else {"tenant": str(asked.tenant_id)}
        await self._recorder.record(
            self._session, SERVICE, "audit.exported", filters=",".join(sorted(filters)), **of_tenant
        )


async def exported_lines(reads: OperatorReads, asked: AuditExportQuery, now: datetime) -> AsyncGenerator[bytes]:
    """Yields JSON lines of events before `now`, the oldest first, at least once. Raises ServiceUnavailable."""
    until = now if asked.until is None else min(now, asked.until)
    wanted, after = EventsWanted(until, asked.since, asked.actor, asked.verb), None
    while True:
        rows = await reads.read(_following(wanted, asked.tenant_id, after))
        yield _encode_lines([response_of(AuditEventResponse, row) for row in rows])
        if len(rows) < AT_ONCE:
            return
        after = EventPlace(rows[-1].happened_at, rows[-1].tenant_id, rows[-1].sequence)


def _following(wanted: EventsWanted, tenant_id: UUID | None, after: EventPlace | None) -> Read[Sequence[EventColumns]]:
    return lambda session, _: AuditEventRepository(session, tenant_id).following(wanted, after, AT_ONCE)
