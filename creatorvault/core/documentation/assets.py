"""Scripts and styles of the documentation pages: Swagger UI and Redoc from the package `offapi`, and our own."""

from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from creatorvault.core.http.assets import Assets

HERE: Final = Path(__file__).parent
LOGO: Final = b"https://cdn.redoc.ly/redoc/"
"""The host of Redoc's logo, which the page does not load."""


def _read(name: str) -> bytes:
    return _places()[name].read_bytes().replace(LOGO, b"data:,")


ASSETS: Final = Assets("/docs/assets", _read)


@cache
def _places() -> dict[str, Path]:
    return {
        **{name: HERE / name for name in ("docs.js", "reference.js", "pages.css")},
        **{name: _offapi() / name for name in ("swagger_bundle.js", "swagger_style.css", "redoc.js")},
    }


def _offapi() -> Path:
    """Returns the folder of the package. Importing it would read all its files, 9 MB, into memory."""
    return Path(str(distribution("offapi").locate_file("offapi")))
