"""Litestar dependency providers: reads, or one transaction, as the operators' login."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.datastructures import State

from creatorvault.admin.erasure import Erasure
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.schemas import TenantPath
from creatorvault.admin.scopes import Caller
from creatorvault.admin.services import Administration
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import TenantId
from creatorvault.core.parts import part_of

AdminRequest = Request[Caller, Any, State]


async def provide_reads(request: AdminRequest) -> OperatorReads:
    parts = part_of(request.app, AdminParts)
    return OperatorReads(parts.database(), parts.operators_replica)


async def provide_administration(request: AdminRequest) -> AsyncGenerator[Administration]:
    async with part_of(request.app, AdminParts).database().writing() as session:
        yield Administration(session, _recorder(request))


async def provide_erasure(request: AdminRequest, path: Path[TenantPath]) -> AsyncGenerator[Erasure]:
    parts = part_of(request.app, AdminParts)
    async with parts.database().writing() as session:
        yield Erasure(session, _recorder(request), TenantId(path.tenant_id), parts.tenant_data)


def _recorder(request: AdminRequest) -> AuditRecorder:
    return part_of(request.app, AdminParts).audit.recorder(request.user.actor, request.scope)
