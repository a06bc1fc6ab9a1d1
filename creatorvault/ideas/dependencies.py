"""Litestar dependency providers: the ideas of the caller's own vault."""

from typing import Any, Final

from litestar import Request

from creatorvault.accounts.identity import Identity
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.errors import NotYourIdeas
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.ideas.services import IdeaService
from creatorvault.idempotency.errors import HEADER
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.resolution import tenant_name, user_actor
from creatorvault.tenants.services import VaultService

IDEMPOTENCY_KEY: Final = HEADER.lower().encode()

IdeasRequest = Request[Identity, Any, Any]


def own_vault(request: IdeasRequest, user_id: str) -> VaultService:
    """Raises NotYourIdeas if the path names another user than the token."""
    identity, parts = request.user, part_of(request.app, IdeasParts)
    if user_id != identity.subject:
        raise NotYourIdeas(request.method)
    tenant = tenant_name(identity)
    return VaultService(
        parts.vaults,
        tenant,
        VaultId(tenant.id, identity.subject),
        lambda: parts.audit.recorder(user_actor(identity), request.scope),
    )


def idempotency_key(request: IdeasRequest, vault: VaultId) -> IdempotencyKey | None:
    """Returns None for a request that is no POST, or has no key."""
    key = header(request.scope, IDEMPOTENCY_KEY) if request.method == "POST" else None
    return None if key is None else IdempotencyKey(vault, key)


async def provide_ideas(request: IdeasRequest, path: Path[OwnerPath]) -> IdeaService:
    """Raises as `own_vault`."""
    parts, vault = part_of(request.app, IdeasParts), own_vault(request, path.user_id)
    return IdeaService(
        vault,
        lambda: ContentSearch(parts.searching, vault, request.scope, request.receive),
        parts.loop_budget,
        parts.in_doubt,
        parts.opened,
        parts.growing_segments,
        Precondition.of(request),
        idempotency_key(request, vault.id),
    )
