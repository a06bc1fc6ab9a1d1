"""Litestar dependency provider: the counts of the caller's own vault."""

from creatorvault.core.http.inputs import Path
from creatorvault.core.parts import part_of
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.dependencies import IdeasRequest, own_vault
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.ideas.statistics.services import StatisticsService


async def provide_statistics(request: IdeasRequest, path: Path[OwnerPath]) -> StatisticsService:
    """Raises as `own_vault`."""
    parts, vault = part_of(request.app, IdeasParts), own_vault(request, path.user_id)
    return StatisticsService(vault, ContentSearch(parts.searching, vault, request.scope, request.receive))
