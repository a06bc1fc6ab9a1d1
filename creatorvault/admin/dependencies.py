"""Litestar dependency providers: reads, or one transaction, as the operators' login."""

from collections.abc import AsyncGenerator
from typing import Any, cast

from litestar import Request
from litestar.datastructures import State

from creatorvault.admin.erasure import Erasure
from creatorvault.admin.errors import TenantNotFound
from creatorvault.admin.operator_keys import OperatorKeys
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.repositories import AdminRepository
from creatorvault.admin.schemas import TenantPath, VaultPath
from creatorvault.admin.scopes import Caller
from creatorvault.admin.services import Administration
from creatorvault.admin.services_of_audit import AuditAdministration
from creatorvault.admin.services_of_jobs import JobAdministration
from creatorvault.admin.services_of_keys import Rotations
from creatorvault.admin.services_of_operators import OperatorAdministration
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.core.parts import part_of
from creatorvault.erasure.parts import ErasureParts
from creatorvault.erasure.persons import Persons
from creatorvault.erasure.services import VaultErasureService
from creatorvault.jobs.queue import JobQueue

AdminRequest = Request[Caller, Any, State]


async def provide_reads(request: AdminRequest) -> OperatorReads:
    parts = part_of(request.app, AdminParts)
    return OperatorReads(parts.database(), parts.operators_replica, parts.audit.keys)


async def provide_administration(request: AdminRequest) -> AsyncGenerator[Administration]:
    async with part_of(request.app, AdminParts).database().writing() as session:
        yield Administration(session, _recorder(request))


async def provide_job_administration(request: AdminRequest) -> AsyncGenerator[JobAdministration]:
    async with part_of(request.app, AdminParts).database().writing() as session:
        yield JobAdministration(session, _recorder(request))


async def provide_operator_administration(request: AdminRequest) -> AsyncGenerator[OperatorAdministration]:
    parts = part_of(request.app, AdminParts)
    async with parts.database().writing() as session:
        yield OperatorAdministration(session, _recorder(request))
    # With a login for operators there are keys. A new one can be used at once, in other processes after a second.
    cast("OperatorKeys", parts.operator_keys).expect_new()


async def provide_rotations(request: AdminRequest) -> AsyncGenerator[Rotations]:
    async with part_of(request.app, AdminParts).database().writing() as session:
        yield Rotations(session, _recorder(request), part_of(request.app, JobQueue))


async def provide_audit_administration(request: AdminRequest) -> AsyncGenerator[AuditAdministration]:
    async with part_of(request.app, AdminParts).database().writing() as session:
        yield AuditAdministration(session, _recorder(request), part_of(request.app, JobQueue))


async def provide_erasure(request: AdminRequest, path: Path[TenantPath]) -> AsyncGenerator[Erasure]:
    parts = part_of(request.app, AdminParts)
    async with parts.database().writing() as session:
        yield Erasure(session, _recorder(request), TenantId(path.tenant_id), parts.tenant_data, _persons(request))


async def provide_vault_erasure(request: AdminRequest, path: Path[VaultPath]) -> VaultErasureService:
    """Works as the runtime login, in the tenant's context. Raises TenantNotFound."""
    vault = VaultId(TenantId(path.tenant_id), UserId(path.user_id))
    async with part_of(request.app, AdminParts).database().reading() as session:
        if not await AdminRepository(session).exists(tenant_id=vault.tenant_id):
            raise TenantNotFound(vault.tenant_id)
    return VaultErasureService(part_of(request.app, ErasureParts), vault, _recorder(request), _persons(request))


def _persons(request: AdminRequest) -> Persons:
    return Persons(request.user.person, by_two=part_of(request.app, AdminParts).settings.erasure_by_two)


def _recorder(request: AdminRequest) -> AuditRecorder:
    return part_of(request.app, AdminParts).audit.recorder(request.user.actor, request.scope)
