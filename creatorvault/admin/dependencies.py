"""How a handler comes by its service: one transaction as the operators' login."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.datastructures import State

from creatorvault.admin.erasure import Erasure
from creatorvault.admin.schemas import TenantPath
from creatorvault.admin.scopes import Caller
from creatorvault.admin.services import Administration, Overview
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import TenantId

AdminRequest = Request[Caller, Any, State]


async def provide_overview(request: AdminRequest) -> AsyncGenerator[Overview]:
    async with request.app.state.operators_database.reading() as session:
        yield Overview(session)


async def provide_administration(request: AdminRequest) -> AsyncGenerator[Administration]:
    async with request.app.state.operators_database.writing() as session:
        yield Administration(session, _recorder(request))


async def provide_erasure(request: AdminRequest, path: Path[TenantPath]) -> AsyncGenerator[Erasure]:
    async with request.app.state.operators_database.writing() as session:
        yield Erasure(session, _recorder(request), TenantId(path.tenant_id))


def _recorder(request: AdminRequest) -> AuditRecorder:
    recorder: AuditRecorder = request.app.state.audit.recorder(request.user.actor, request.scope)
    return recorder
