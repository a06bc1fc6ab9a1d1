"""Rotations of keys, which operators ask for and a job does."""

from datetime import UTC, datetime
from typing import Final

from creatorvault.admin.errors import RotationNotFound, RotationUnderWay, TenantNotFound
from creatorvault.admin.repositories import AdminRepository
from creatorvault.admin.runs import Runs, enqueue, one_run, refuse_second, run_page
from creatorvault.admin.schemas_of_keys import RotationCreate, RotationList, RotationQuery, RotationResponse
from creatorvault.admin.statements.runs import (
    ADD_ROTATION,
    COUNT_ROTATIONS,
    RESUME_ROTATION,
    ROTATION,
    UNFINISHED_ROTATION,
)
from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.chain import SERVICE
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import ReadSession, WriteSession, run
from creatorvault.core.identifiers import TenantId
from creatorvault.jobs.queue import JobQueue
from creatorvault.key_management.job import KIND

ROTATIONS: Final = Runs("rotations", KIND, "rotation_id", ROTATION, COUNT_ROTATIONS)


async def rotation_page(session: ReadSession, keys: AuditKeys, query: RotationQuery) -> RotationList:
    """Raises as `run_page`."""
    page = await run_page(session, keys, ROTATIONS, query)
    return RotationList(
        items=[RotationResponse.of(row) for row in page.rows],
        **page.fields(query),
    )


async def one_rotation(session: ReadSession, rotation_id: int) -> RotationResponse:
    """Raises RotationNotFound."""
    row = await one_run(session, ROTATIONS, rotation_id)
    if row is None:
        raise RotationNotFound(rotation_id)
    return RotationResponse.of(row)


class Rotations:
    """Within the caller's transaction."""

    def __init__(self, session: WriteSession, recorder: AuditRecorder, queue: JobQueue) -> None:
        self._session = session
        self._recorder = recorder
        self._queue = queue

    async def request(self, given: RotationCreate) -> RotationResponse:
        """Goes on with one of the same keys that is not finished. Raises TenantNotFound and RotationUnderWay."""
        session, tenant_id = self._session, given.tenant_id
        if tenant_id is not None and not await AdminRepository(session).exists(tenant_id=tenant_id):
            raise TenantNotFound(tenant_id)
        await refuse_second(session, ROTATIONS, RotationUnderWay)
        actor = self._recorder.actor
        unfinished = await run(session, UNFINISHED_ROTATION, given.root, tenant_id)
        if unfinished:
            [(rotation_id,)] = unfinished
            await run(session, RESUME_ROTATION, rotation_id, actor)
        else:
            now = datetime.now(UTC)
            [(rotation_id,)] = await run(session, ADD_ROTATION, given.root, tenant_id, actor, now)
        await enqueue(session, self._queue, ROTATIONS, rotation_id)
        chain = SERVICE if tenant_id is None else TenantId(tenant_id)
        verb = "root_keys.rotation_requested" if given.root else "keys.rotation_requested"
        await self._recorder.record(session, chain, verb, rotation=str(rotation_id))
        return await one_rotation(session, rotation_id)
