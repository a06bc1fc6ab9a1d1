"""Litestar dependency providers: the trash, the versions and the settings of the caller's own vault."""

from creatorvault.core.http.conditional import Precondition
from creatorvault.core.http.inputs import Path
from creatorvault.core.parts import part_of
from creatorvault.history.restoring import Restoring
from creatorvault.history.services import SettingsService, TrashService, VersionService
from creatorvault.ideas.dependencies import IdeasRequest, own_vault, provide_ideas
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.schemas import OwnerPath


async def provide_trash(request: IdeasRequest, path: Path[OwnerPath]) -> TrashService:
    """Raises NotYourIdeas if the path names another user than the token. So do the others."""
    parts, vault = part_of(request.app, IdeasParts), own_vault(request, path.user_id)
    precondition = Precondition.of(request)
    restoring = Restoring(vault.default_retention_days, parts.opened, parts.growing_segments, precondition)
    return TrashService(vault, restoring, parts.loop_budget)


async def provide_versions(request: IdeasRequest, path: Path[OwnerPath]) -> VersionService:
    return VersionService(own_vault(request, path.user_id), await provide_ideas(request, path))


async def provide_settings(request: IdeasRequest, path: Path[OwnerPath]) -> SettingsService:
    return SettingsService(own_vault(request, path.user_id))
