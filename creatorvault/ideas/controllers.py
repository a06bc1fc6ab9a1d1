"""The ideas API, /api/v1/{user_id}/ideas."""

from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import quote

from litestar import Controller, Response
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide

from creatorvault.core.http.conditional import is_conditional, not_modified
from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import delete, get, patch, post, put
from creatorvault.core.http.inputs import Body, Path, Query
from creatorvault.core.http.responses import StructResponse
from creatorvault.core.openapi.headers import UNDO
from creatorvault.ideas import openapi
from creatorvault.ideas.dependencies import IdeasRequest, provide_ideas
from creatorvault.ideas.drafting import StoredIdea
from creatorvault.ideas.lists.partial import with_fields
from creatorvault.ideas.schemas import (
    IdeaCreate,
    IdeaListResponse,
    IdeaPath,
    IdeaQuery,
    IdeaResponse,
    IdeaUpdate,
)
from creatorvault.ideas.services import IdeaService

REMEMBERED: Final = 1024
"""The number of users whose percent-encoded paths are cached."""


class IdeaController(Controller):
    path = "/api/v1/{user_id:str}/ideas"
    tags = ["Ideas"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"ideas": Provide(provide_ideas)}

    @post("/", summary="Capture an idea", **openapi.CREATE)
    async def create_idea(self, given: Body[IdeaCreate], ideas: NamedDependency[IdeaService]) -> Response[IdeaResponse]:
        """Stores a new idea. A title is enough; the rest has defaults.

        With an `Idempotency-Key` header, a repeated request is executed once and gets the same response.
        """
        stored = await ideas.create(given)
        return _answer(stored, {"Location": f"{_path_of(stored.idea.user_id)}/{stored.idea.id}"})

    @get("/", summary="List and search ideas", **openapi.LIST)
    async def list_ideas(
        self,
        request: IdeasRequest,
        asked: Query[IdeaQuery],
        ideas: NamedDependency[IdeaService],
    ) -> Response[IdeaListResponse]:
        """Returns a page of your ideas. Filters combine with AND. Pages neither skip nor repeat ideas.

        With `cursor`, this is also true if ideas are written between the pages: start with an empty cursor, then send
        the `next_cursor` of each response until it is null.

        With `If-None-Match`, the page is sent only if it could have changed.
        """
        if is_conditional(request) and (unchanged := not_modified(request, await ideas.tag(asked))):
            return unchanged
        page = await ideas.page(asked)
        items = page.items if asked.fields is None else with_fields(page.items, asked.fields)
        answer = IdeaListResponse(
            items=cast("list[IdeaResponse]", items),
            total=page.total,
            limit=asked.limit,
            offset=asked.offset,
            has_more=page.has_more(asked),
            next_cursor=page.next_cursor,
        )
        return StructResponse(answer, {"ETag": page.tag})

    @get("/{idea_id:str}", summary="Read an idea", **openapi.GET)
    async def get_idea(
        self,
        request: IdeasRequest,
        path: Path[IdeaPath],
        ideas: NamedDependency[IdeaService],
    ) -> Response[IdeaResponse]:
        """Returns an idea. With `If-None-Match`, it is sent only if it has changed."""
        stored = await ideas.get(path.idea_id)
        return not_modified(request, stored.tag) or _answer(stored)

    @patch("/{idea_id:str}", summary="Change an idea", **openapi.CHANGE)
    async def update_idea_partial(
        self, path: Path[IdeaPath], given: Body[IdeaUpdate], ideas: NamedDependency[IdeaService]
    ) -> Response[IdeaResponse]:
        """Changes the fields that are sent and leaves the others unchanged.

        `null` clears `notes` and `due_date`; other fields are left unchanged by `null`. With `If-Match`, nothing is
        changed unless the idea is still the version that you have read.
        """
        return _answer(await ideas.change(path.idea_id, given))

    @put("/{idea_id:str}", summary="Replace an idea", **openapi.REPLACE)
    async def update_idea_full(
        self, path: Path[IdeaPath], given: Body[IdeaCreate], ideas: NamedDependency[IdeaService]
    ) -> Response[IdeaResponse]:
        """Replaces the whole idea: omitted fields are reset to their defaults.

        With `If-Match`, nothing is replaced unless the idea is still the version that you have read.
        """
        return _answer(await ideas.replace(path.idea_id, given))

    @delete("/{idea_id:str}", summary="Delete an idea", **openapi.DELETE)
    async def delete_idea(self, path: Path[IdeaPath], ideas: NamedDependency[IdeaService]) -> Response[None]:
        """Moves the idea to the trash, where it stays for as long as the vault's retention says.

        The header `X-Undo` of the response undoes this for ten minutes. In a vault whose retention is 0, the idea and
        its versions are deleted permanently, and there is no such header.

        With `If-Match`, nothing is deleted unless the idea is still the version that you have read.
        """
        undo = await ideas.delete(path.idea_id)
        return Response(None, headers=None if undo is None else {UNDO: undo})


@lru_cache(REMEMBERED)
def _path_of(user_id: str) -> str:
    return f"/api/v1/{quote(user_id, safe='')}/ideas"


def _answer(stored: StoredIdea, headers: dict[str, Any] | None = None) -> Response[IdeaResponse]:
    return StructResponse(stored.idea, {"ETag": stored.tag, **(headers or {})})
