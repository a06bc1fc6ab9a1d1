"""The ideas API, /api/v1/{user_id}/ideas."""

from typing import Any, cast
from urllib.parse import quote

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide

from creatorvault.core.validation import Received, accepts
from creatorvault.ideas.dependencies import provide_reading, provide_writing
from creatorvault.ideas.schemas import (
    IdeaCreate,
    IdeaListResponse,
    IdeaPath,
    IdeaQuery,
    IdeaResponse,
    IdeaUpdate,
    OwnerPath,
)
from creatorvault.ideas.services import IdeaReadingService, IdeaWritingService, StoredIdea


class IdeaController(Controller):
    path = "/api/v1/{user_id:str}/ideas"
    tags = ["Ideas"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"reading": Provide(provide_reading), "writing": Provide(provide_writing)}

    @post("/", **accepts(path=OwnerPath, body=IdeaCreate))
    async def create_idea(
        self, received: NamedDependency[Received], writing: NamedDependency[IdeaWritingService]
    ) -> Response[IdeaResponse]:
        stored = await writing.create(received.body(IdeaCreate))
        owner = quote(stored.idea.user_id, safe="")
        return _answer(stored, {"Location": f"/api/v1/{owner}/ideas/{stored.idea.id}"})

    @get("/", **accepts(path=OwnerPath, query=IdeaQuery))
    async def list_ideas(
        self, received: NamedDependency[Received], reading: NamedDependency[IdeaReadingService]
    ) -> IdeaListResponse:
        query = received.query(IdeaQuery)
        page = await reading.page(query)
        return IdeaListResponse(
            items=cast("list[IdeaResponse]", page.items),
            total=page.total,
            limit=query.limit,
            offset=query.offset,
            has_more=query.offset + len(page.items) < page.total,
        )

    @get("/{idea_id:str}", **accepts(path=IdeaPath))
    async def get_idea(
        self, received: NamedDependency[Received], reading: NamedDependency[IdeaReadingService]
    ) -> Response[IdeaResponse]:
        return _answer(await reading.get(received.path(IdeaPath).idea_id))

    @patch("/{idea_id:str}", **accepts(path=IdeaPath, body=IdeaUpdate))
    async def update_idea_partial(
        self, received: NamedDependency[Received], writing: NamedDependency[IdeaWritingService]
    ) -> Response[IdeaResponse]:
        return _answer(await writing.change(received.path(IdeaPath).idea_id, received.body(IdeaUpdate)))

    @put("/{idea_id:str}", **accepts(path=IdeaPath, body=IdeaCreate))
    async def update_idea_full(
        self, received: NamedDependency[Received], writing: NamedDependency[IdeaWritingService]
    ) -> Response[IdeaResponse]:
        return _answer(await writing.replace(received.path(IdeaPath).idea_id, received.body(IdeaCreate)))

    @delete("/{idea_id:str}", **accepts(path=IdeaPath))
    async def delete_idea(
        self, received: NamedDependency[Received], writing: NamedDependency[IdeaWritingService]
    ) -> None:
        await writing.delete(received.path(IdeaPath).idea_id)


def _answer(stored: StoredIdea, headers: dict[str, Any] | None = None) -> Response[IdeaResponse]:
    return Response(stored.idea, headers={"ETag": f'"{stored.revision}"', **(headers or {})})
