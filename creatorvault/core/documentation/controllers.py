"""`/docs`, `/redoc`, `/openapi.json` and their assets."""

from typing import Any, Final

import msgspec
from litestar import Controller, MediaType, Request, Response
from litestar.params import FromPath

from creatorvault.core.documentation.assets import ASSETS
from creatorvault.core.documentation.pages import DOCUMENT_PATH, REDOC, SWAGGER, Page
from creatorvault.core.http.handlers import get
from creatorvault.core.openapi.document import document
from creatorvault.core.parts import part_of
from creatorvault.settings.sections import Settings

DOCUMENT: Final = "openapi_document"


class DocumentationController(Controller):
    """Handlers run in threads: the first request of each kind builds, reads or compresses the response for all."""

    opt = {"public": True}
    include_in_schema = False

    @get(DOCUMENT_PATH, sync_to_thread=True)
    def openapi_json(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        state = request.app.state
        if DOCUMENT not in state:
            state[DOCUMENT] = msgspec.json.encode(document(request.app))
        return Response(state[DOCUMENT], media_type=MediaType.JSON)

    @get("/docs", sync_to_thread=True)
    def swagger(self, request: Request[Any, Any, Any]) -> Response[str]:
        return _page(SWAGGER, request)

    @get("/redoc", sync_to_thread=True)
    def redoc(self, request: Request[Any, Any, Any]) -> Response[str]:
        return _page(REDOC, request)

    @get(ASSETS.path + "/{digest:str}/{name:str}", sync_to_thread=True)
    def asset(self, request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        return ASSETS.response(request, digest, name)


def _page(page: Page, request: Request[Any, Any, Any]) -> Response[str]:
    return Response(
        page.html(part_of(request.app, Settings)),
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": page.policy},
    )
