"""Scripts and styles of the console. htmx is unchanged from its package (assets/README.md)."""

from pathlib import Path
from typing import Any, Final

from litestar import Controller, Request, Response
from litestar.params import FromPath

from creatorvault.core.http.assets import Assets
from creatorvault.core.http.handlers import PUBLIC, get

HERE: Final = Path(__file__).parent / "assets"
NAMES: Final = frozenset({"console.css", "console.js", "htmx.min.js", "icon.svg"})


def _read(name: str) -> bytes:
    if name not in NAMES:
        raise KeyError(name)
    return (HERE / name).read_bytes()


ASSETS: Final = Assets("/console/assets", _read)


class AssetController(Controller):
    """Runs in threads: the first request for a file reads and compresses it for all."""

    opt = {PUBLIC: True}
    include_in_schema = False

    @get(ASSETS.path + "/{digest:str}/{name:str}", sync_to_thread=True)
    def asset(self, request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        return ASSETS.response(request, digest, name)
