"""Litestar dependency providers: one transaction as the operators' login."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.datastructures import State

from creatorvault.admin.erasure import Erasure
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.schemas import TenantPath
from creatorvault.admin.scopes import Caller
from creatorvault.admin.services import Administration, Overview
from creatorvault.admin.statements.overview import PLANNING
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import run
from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import TenantId
from creatorvault.core.parts import part_of

AdminRequest = Request[Caller, Any, State]


async def provide_overview(request: AdminRequest) -> AsyncGenerator[Overview]:
    async with part_of(request.app, AdminParts).database().reading() as session:
        await run(session, PLANNING)
        yield Overview(session)


async def provide_administration(request: AdminRequest) -> AsyncGenerator[Administration]:
    async with part_of(request.app, AdminParts).database().writing() as session:
        yield Administration(session, _recorder(request))


async def provide_erasure(request: AdminRequest, path: Path[TenantPath]) -> AsyncGenerator[Erasure]:
    parts = part_of(request.app, AdminParts)
    async with parts.database().writing() as session:
        yield Erasure(session, _recorder(request), TenantId(path.tenant_id), parts.tenant_data)


def _recorder(request: AdminRequest) -> AuditRecorder:
    return part_of(request.app, AdminParts).audit.recorder(request.user.actor, request.scope)
