"""The API of undo: trash and versions, /api/v1/{user_id}/…"""

from litestar import Controller, Response
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK

from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import delete, get, patch, post
from creatorvault.core.http.inputs import Body, Path, Query
from creatorvault.core.http.paging import ListQuery
from creatorvault.core.http.responses import StructResponse
from creatorvault.history import openapi
from creatorvault.history.dependencies import provide_settings, provide_trash, provide_versions
from creatorvault.history.schemas import (
    DifferenceQuery,
    IdeaVersion,
    TrashList,
    UndoRequest,
    UndoResponse,
    VaultSettings,
    VaultSettingsUpdate,
    VersionDifference,
    VersionList,
    VersionPath,
)
from creatorvault.history.services import SettingsService, TrashService, VersionService
from creatorvault.ideas.drafting import StoredIdea
from creatorvault.ideas.schemas import IdeaPath, IdeaResponse


class TrashController(Controller):
    path = "/api/v1/{user_id:str}/trash"
    tags = ["Undo"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"trash": Provide(provide_trash)}

    @get("/", summary="List the trash", **openapi.LIST_TRASH)
    async def list_trash(self, asked: Query[ListQuery], trash: NamedDependency[TrashService]) -> TrashList:
        """Returns a page of deleted ideas, the last deleted first. They are purged when the retention is over."""
        return await trash.page(asked)

    @delete("/", summary="Empty the trash", **openapi.EMPTY)
    async def empty_trash(self, trash: NamedDependency[TrashService]) -> None:
        """Deletes all ideas in the trash permanently, with all of their versions.

        A large trash is emptied in steps. If the response is an error, the rest is still there: repeat the request.
        """
        await trash.empty()

    @delete("/{idea_id:str}", summary="Delete an idea permanently", **openapi.EXPUNGE)
    async def expunge_idea(self, path: Path[IdeaPath], trash: NamedDependency[TrashService]) -> None:
        """Deletes an idea in the trash permanently, with all of its versions."""
        await trash.expunge(path.idea_id)


class UndoController(Controller):
    path = "/api/v1/{user_id:str}/undo"
    tags = ["Undo"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"trash": Provide(provide_trash)}

    @post("/", summary="Undo a deletion", status_code=HTTP_200_OK, **openapi.UNDO_DELETION)
    async def undo_deletion(self, given: Body[UndoRequest], trash: NamedDependency[TrashService]) -> UndoResponse:
        """Restores what one request has deleted, within ten minutes. May be repeated: what is back stays as it is."""
        return await trash.undo(given.undo)


class VersionController(Controller):
    path = "/api/v1/{user_id:str}/ideas/{idea_id:str}"
    tags = ["Undo"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"trash": Provide(provide_trash), "versions": Provide(provide_versions)}

    @post("/restore", summary="Restore a deleted idea", status_code=HTTP_200_OK, **openapi.RESTORE)
    async def restore_idea(self, path: Path[IdeaPath], trash: NamedDependency[TrashService]) -> Response[IdeaResponse]:
        """Takes an idea out of the trash, as it was when it was deleted, with all of its versions.

        An idea that is not deleted is returned as it is, so the request may be repeated. With `If-Match`, nothing is
        restored unless the idea is still the version that you have read.
        """
        return _answer(await trash.restore(path.idea_id))

    @get("/versions", summary="List an idea's versions", **openapi.LIST_VERSIONS)
    async def list_versions(
        self, path: Path[IdeaPath], asked: Query[ListQuery], versions: NamedDependency[VersionService]
    ) -> VersionList:
        """Returns a page of earlier versions, newest first.

        Kept are all of the last hour, then the last one of each hour, after a day the last one of each day, for as long
        as the vault's retention says.
        """
        return await versions.page(path.idea_id, asked)

    @get("/versions/{number:str}", summary="Read a version", **openapi.GET_VERSION)
    async def get_version(self, path: Path[VersionPath], versions: NamedDependency[VersionService]) -> IdeaVersion:
        """Returns an earlier version or the current one, by its number."""
        return await versions.one(path.idea_id, path.number)

    @get("/versions/{number:str}/difference", summary="Compare two versions", **openapi.COMPARE)
    async def compare_versions(
        self, path: Path[VersionPath], asked: Query[DifferenceQuery], versions: NamedDependency[VersionService]
    ) -> VersionDifference:
        """Returns the fields that differ between this version and another one, by default the current one."""
        return await versions.compare(path.idea_id, path.number, asked.to)

    @post("/versions/{number:str}/restore", summary="Restore a version", status_code=HTTP_200_OK, **openapi.REVERT)
    async def restore_version(
        self, path: Path[VersionPath], versions: NamedDependency[VersionService]
    ) -> Response[IdeaResponse]:
        """Gives the idea the content of an earlier version. This is a change: the version before it is kept.

        With `If-Match`, nothing is changed unless the idea is still the version that you have read.
        """
        return _answer(await versions.restore(path.idea_id, path.number))


class SettingsController(Controller):
    path = "/api/v1/{user_id:str}/settings"
    tags = ["Undo"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"chosen": Provide(provide_settings)}

    @get("/", summary="Read your settings", **openapi.GET_SETTINGS)
    async def get_settings(self, chosen: NamedDependency[SettingsService]) -> VaultSettings:
        """Returns how long the vault keeps earlier versions and deleted ideas."""
        return await chosen.read()

    @patch("/", summary="Change your settings", **openapi.CHANGE_SETTINGS)
    async def change_settings(
        self, given: Body[VaultSettingsUpdate], chosen: NamedDependency[SettingsService]
    ) -> VaultSettings:
        """Sets how long the vault keeps earlier versions and deleted ideas.

        What is too old is not shown from then on, and is purged soon. With 0, all earlier versions and the whole trash
        are deleted permanently before the response.
        """
        return await chosen.change(given)


def _answer(stored: StoredIdea) -> Response[IdeaResponse]:
    return StructResponse(stored.idea, {"ETag": stored.tag})
