"""Litestar dependency providers: the ideas of the caller's own vault."""

from typing import Any, Final

from litestar import Request
from litestar.di import NamedDependency

from creatorvault.accounts.identity import Identity
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.http.inputs import Received
from creatorvault.core.identifiers import VaultId
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.errors import NotYourIdeas
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.ideas.services import IdeaService
from creatorvault.idempotency.errors import HEADER
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.resolution import tenant_name, user_actor
from creatorvault.tenants.services import VaultService

IDEMPOTENCY_KEY: Final = HEADER.lower().encode()

IdeasRequest = Request[Identity, Any, Any]


async def provide_ideas(request: IdeasRequest, received: NamedDependency[Received]) -> IdeaService:
    """Raises NotYourIdeas if the path names another user than the token."""
    identity, state = request.user, request.app.state
    if received.path(OwnerPath).user_id != identity.subject:
        raise NotYourIdeas(request.method)
    tenant = tenant_name(identity)

    def recorder() -> AuditRecorder:
        made: AuditRecorder = state.audit.recorder(user_actor(identity), request.scope)
        return made

    vault = VaultService(state.vaults, tenant, VaultId(tenant.id, identity.subject), recorder)
    key = header(request.scope, IDEMPOTENCY_KEY) if request.method == "POST" else None
    return IdeaService(
        vault,
        lambda: ContentSearch(state.searching, vault, request.scope, request.receive),
        state.loop_budget,
        state.in_doubt,
        Precondition.of(request),
        None if key is None else IdempotencyKey(vault.id, key),
    )
