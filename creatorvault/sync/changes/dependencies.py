"""Litestar dependency providers: the changes of the caller's own vault."""

from creatorvault.core.http.inputs import Path
from creatorvault.core.parts import part_of
from creatorvault.ideas.dependencies import IdeasRequest, own_vault
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.sync.changes.services import ChangesService


async def provide_changes(request: IdeasRequest, path: Path[OwnerPath]) -> ChangesService:
    """Raises NotYourIdeas if the path names another user than the token."""
    parts = part_of(request.app, IdeasParts)
    return ChangesService(own_vault(request, path.user_id), parts.opened, parts.loop_budget)
