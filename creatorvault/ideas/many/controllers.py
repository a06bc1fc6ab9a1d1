"""The API of many changes at once: /api/v1/{user_id}/ideas/bulk and /api/v1/{user_id}/tags/rename."""

from functools import partial
from typing import Final

from litestar import Controller, Response
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK

from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import post
from creatorvault.core.http.inputs import Body
from creatorvault.core.http.responses import StructResponse
from creatorvault.core.openapi.headers import UNDO
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.request_context import request_context_of
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.dependencies import IdeasRequest
from creatorvault.ideas.many import openapi
from creatorvault.ideas.many.dependencies import provide_bulk, provide_tags
from creatorvault.ideas.many.reading import read_operations
from creatorvault.ideas.many.schemas import BulkResponse
from creatorvault.ideas.many.services import BulkAnswer, BulkService
from creatorvault.ideas.many.tag_schemas import TagRename, TagRenameRequest
from creatorvault.ideas.many.tags import TagService
from creatorvault.ideas.parts import IdeasParts

MOST_BYTES: Final = 16 * 2**20


class BulkController(Controller):
    path = "/api/v1/{user_id:str}/ideas/bulk"
    tags = ["Ideas"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"bulk": Provide(provide_bulk)}

    @post(
        "/",
        summary="Change many ideas",
        status_code=HTTP_200_OK,
        request_max_body_size=MOST_BYTES,
        **openapi.BULK,
    )
    async def change_ideas(self, request: IdeasRequest, bulk: NamedDependency[BulkService]) -> Response[BulkResponse]:
        """Executes up to 500 operations in their order, in one transaction. Later ones see what earlier ones have done.

        With `atomic`, which is the default, all are executed or none: if one cannot be, the response is 409 and says
        it of each. Without, those that can be executed are; the results say which.

        The header `X-Undo` of the response undoes all deletions of the request for ten minutes. With an
        `Idempotency-Key` header, a repeated request is executed once and gets the same response.
        """
        parts, caller = part_of(request.app, IdeasParts), request_context_of(request.scope).caller or ""

        async def work() -> BulkAnswer:
            return await bulk.execute(await read_operations(request, TimeSlice(parts.loop_budget)))

        async with parts.large_bodies.place(request, caller):
            answer = await parts.allowance.spend(request.scope, caller, work)
        return StructResponse(answer.response, {} if answer.undo is None else {UNDO: answer.undo})


class TagRenameController(Controller):
    path = "/api/v1/{user_id:str}/tags/rename"
    tags = ["Ideas"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"renaming": Provide(provide_tags)}

    @post("/", summary="Rename or merge tags", status_code=HTTP_200_OK, **openapi.RENAME)
    async def rename_tags(
        self, request: IdeasRequest, given: Body[TagRenameRequest], renaming: NamedDependency[TagService]
    ) -> TagRename:
        """Renames tags in all ideas that have them, as one change. Each idea keeps its version, as after any change.

        If an idea has several of the tags, or the new one already, they become one. With an `Idempotency-Key` header,
        a repeated request is executed once and gets the same response.
        """
        parts, caller = part_of(request.app, IdeasParts), request_context_of(request.scope).caller or ""
        revision, ids = await renaming.find(given)
        return await parts.allowance.spend(request.scope, caller, partial(renaming.rename, given, revision, ids))
