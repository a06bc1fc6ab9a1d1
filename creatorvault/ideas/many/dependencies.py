"""Litestar dependency providers: many changes of the caller's own vault."""

from creatorvault.core.http.inputs import Path
from creatorvault.core.parts import part_of
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.dependencies import IdeasRequest, idempotency_key, own_vault
from creatorvault.ideas.many.services import BulkService
from creatorvault.ideas.many.storing import BatchStore
from creatorvault.ideas.many.tags import TagService
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.tenants.services import VaultService


async def provide_bulk(request: IdeasRequest, path: Path[OwnerPath]) -> BulkService:
    """Raises NotYourIdeas if the path names another user than the token."""
    parts, vault = part_of(request.app, IdeasParts), own_vault(request, path.user_id)
    return BulkService(vault, _store(parts, vault), TimeSlice(parts.loop_budget), idempotency_key(request, vault.id))


async def provide_tags(request: IdeasRequest, path: Path[OwnerPath]) -> TagService:
    """Raises as `provide_bulk`."""
    parts, vault = part_of(request.app, IdeasParts), own_vault(request, path.user_id)
    search = ContentSearch(parts.searching, vault, request.scope, request.receive)
    slices, key = TimeSlice(parts.loop_budget), idempotency_key(request, vault.id)
    return TagService(vault, _store(parts, vault), search, slices, key)


def _store(parts: IdeasParts, vault: VaultService) -> BatchStore:
    return BatchStore(vault.default_retention_days, parts.opened, parts.growing_segments)
