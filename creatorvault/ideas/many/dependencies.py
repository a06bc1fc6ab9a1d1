"""Litestar dependency providers: bulk operations on the caller's own vault."""

from creatorvault.core.http.inputs import Path
from creatorvault.core.parts import part_of
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.dependencies import IdeasRequest, idempotency_key, own_vault
from creatorvault.ideas.many.services import BulkService
from creatorvault.ideas.many.storing import BatchStore
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.schemas import OwnerPath


async def provide_bulk(request: IdeasRequest, path: Path[OwnerPath]) -> BulkService:
    """Raises NotYourIdeas if the path names another user than the token."""
    parts, vault = part_of(request.app, IdeasParts), own_vault(request, path.user_id)
    store = BatchStore(vault.default_retention_days, parts.opened, parts.growing_segments)
    return BulkService(vault, store, TimeSlice(parts.loop_budget), idempotency_key(request, vault.id))
