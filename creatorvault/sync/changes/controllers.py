"""The API of delta sync, /api/v1/{user_id}/changes."""

from litestar import Controller, Response
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide

from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import get
from creatorvault.core.http.inputs import Query
from creatorvault.core.http.responses import StructResponse
from creatorvault.sync.changes import openapi
from creatorvault.sync.changes.dependencies import provide_changes
from creatorvault.sync.changes.schemas import ChangeList, ChangesQuery
from creatorvault.sync.changes.services import ChangesService


class ChangesController(Controller):
    path = "/api/v1/{user_id:str}/changes"
    tags = ["Sync"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"changes": Provide(provide_changes)}

    @get("/", summary="List changes", **openapi.LIST)
    async def list_changes(
        self, asked: Query[ChangesQuery], changes: NamedDependency[ChangesService]
    ) -> Response[ChangeList]:
        """Returns what was changed and what was deleted since an earlier response, for a copy of the vault.

        Begin without `since`, and send the `next` of each response with the following request. Each page is in the
        order in which changes were stored. An idea that was created and deleted since is on none of them.

        With 410, what was deleted since is not known any more: begin anew, and drop all that is not sent then.
        """
        return StructResponse(await changes.page(asked), {})
