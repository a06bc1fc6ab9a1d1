"""How a handler comes by its service: whose ideas, one transaction, the vault opened in it."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from litestar import Request

from creatorvault.accounts.identity import Identity
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import Database, ReadSession
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.errors import NotYourIdeas
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.reader import Segments
from creatorvault.ideas.reading import IdeaReading
from creatorvault.ideas.repositories import IdeaRepository, SegmentRepository
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.ideas.services import IdeaReadingService, IdeaWritingService
from creatorvault.ideas.statements.changes import QuickChanges
from creatorvault.ideas.statements.reads import IdeaGlances
from creatorvault.ideas.writing import IdeaWriting
from creatorvault.idempotency.errors import HEADER
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.errors import TenantErased, VaultSetBack
from creatorvault.tenants.resolution import TenantName, tenant_name, user_actor
from creatorvault.tenants.services import VaultService
from creatorvault.tenants.statements.changes import VaultAdvances
from creatorvault.tenants.statements.vault import VaultGlances

IDEMPOTENCY_KEY: Final = HEADER.lower().encode()

IdeasRequest = Request[Identity, Any, Any]


async def provide_reading(request: IdeasRequest, path: Path[OwnerPath]) -> IdeaReading:
    tenant, vault_id = _vault_of(request, path)
    state = part_of(request.app, IdeasParts)
    statements = IdeaGlances(_glances(request, vault_id), state.search_cache)

    def snapshot(database: Database) -> AbstractAsyncContextManager[IdeaReadingService]:
        return _snapshot(request, tenant, vault_id, database)

    def searching() -> ContentSearch:
        return ContentSearch(
            state.searching, statements, state.revisions, snapshot, vault_id, request.scope, request.receive
        )

    return IdeaReading(statements, lambda: snapshot(state.database), searching, state.loop_budget)


@asynccontextmanager
async def _snapshot(
    request: IdeasRequest, tenant: TenantName, vault_id: VaultId, database: Database
) -> AsyncGenerator[IdeaReadingService]:
    state = part_of(request.app, IdeasParts)
    async with database.reading() as session:
        service = _opening(request, session, tenant, vault_id)
        try:
            vault = await service.open()
        except (TenantErased, VaultSetBack):
            state.search_cache.forget(vault_id)
            raise
        segments = None
        if state.settings.search.segments:
            segments = Segments(SegmentRepository(session, vault_id), state.segment_writer)
        yield IdeaReadingService(IdeaRepository(session, vault_id), vault, state.search_cache, segments)


async def provide_writing(request: IdeasRequest, path: Path[OwnerPath]) -> IdeaWriting:
    tenant, vault_id = _vault_of(request, path)
    state = part_of(request.app, IdeasParts)
    precondition = Precondition.of(request)
    quick, vault = None, _glances(request, vault_id)
    if request.method != "POST" or header(request.scope, IDEMPOTENCY_KEY) is None:
        quick = QuickChanges(vault, VaultAdvances(vault, state.settings.tenancy), precondition)
    return IdeaWriting(
        vault_id,
        IdeaGlances(vault, state.search_cache),
        quick,
        lambda: _transaction(request, tenant, vault_id, precondition),
        state.doubts,
    )


@asynccontextmanager
async def _transaction(
    request: IdeasRequest, tenant: TenantName, vault_id: VaultId, precondition: Precondition
) -> AsyncGenerator[IdeaWritingService]:
    """Commits on leaving."""
    state = part_of(request.app, IdeasParts)
    async with state.database.writing() as session:
        once = (
            await IdempotencyKey.claimed(session, vault_id, header(request.scope, IDEMPOTENCY_KEY))
            if request.method == "POST"
            else None
        )
        service = _opening(request, session, tenant, vault_id)
        try:
            vault = await service.open_locked()
        except VaultSetBack:
            state.search_cache.forget(vault_id)
            raise
        yield IdeaWritingService(IdeaRepository(session, vault_id), vault, precondition, once)
    state.revisions.put(vault_id, vault.revision)


def _opening[SessionT: ReadSession](
    request: IdeasRequest, session: SessionT, tenant: TenantName, vault_id: VaultId
) -> VaultService[SessionT]:
    state = part_of(request.app, IdeasParts)
    return VaultService(session, tenant, vault_id, state.keyring, state.settings, _recorder(request), state.revisions)


def _glances(request: IdeasRequest, vault_id: VaultId) -> VaultGlances:
    state = part_of(request.app, IdeasParts)
    return VaultGlances(state.statements, vault_id, state.keyring, state.revisions)


def _recorder(request: IdeasRequest) -> AuditRecorder:
    return part_of(request.app, IdeasParts).audit.recorder(user_actor(request.user), request.scope)


def _vault_of(request: IdeasRequest, path: OwnerPath) -> tuple[TenantName, VaultId]:
    """Raises NotYourIdeas when the path names another user than the token."""
    identity = request.user
    if path.user_id != identity.subject:
        raise NotYourIdeas(request.method)
    tenant = tenant_name(identity)
    return tenant, VaultId(tenant.id, identity.subject)
