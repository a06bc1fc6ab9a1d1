"""`/try`: a page on the public API, and the modules that it loads."""

from pathlib import Path
from typing import Any, Final

from litestar import Controller, Request, Response
from litestar.params import FromPath
from litestar.status_codes import HTTP_308_PERMANENT_REDIRECT

from creatorvault.core.errors import NotFound
from creatorvault.core.http.handlers import get
from creatorvault.core.http.routing import sent_path

PATH: Final = "/try"
ASSETS: Final = Path(__file__).parent / "assets"
PAGE: Final = "index.html"
MEDIA_TYPES: Final = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}  # Litestar adds the charset
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
}


class TryoutController(Controller):
    """Files are read for each request, so that a reload shows what a developer has changed in them.

    The page names them by relative paths, which are right below any path prefix.
    """

    path = PATH
    opt = {"public": True}
    include_in_schema = False

    @get(sync_to_thread=True)
    def page(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        if sent_path(request.scope).endswith(b"/"):  # relative paths would be wrong
            return Response(b"", status_code=HTTP_308_PERMANENT_REDIRECT, headers={"Location": PATH})
        return _file(PAGE)

    @get("/{name:str}", sync_to_thread=True)
    def asset(self, name: FromPath[str]) -> Response[bytes]:
        if name == PAGE or name not in {file.name for file in ASSETS.iterdir()}:
            raise NotFound("Not Found")
        return _file(name)


def _file(name: str) -> Response[bytes]:
    file = ASSETS / name
    return Response(file.read_bytes(), media_type=MEDIA_TYPES[file.suffix], headers=HEADERS)
