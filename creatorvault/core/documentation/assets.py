"""Scripts and styles of the documentation pages: Swagger UI and Redoc from the package `offapi`, and our own.

Each URL contains the hash of the content, so that browsers may cache it indefinitely.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

PATH: Final = "/docs/assets"
HERE: Final = Path(__file__).parent
MEDIA_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
LOGO: Final = b"https://cdn.redoc.ly/redoc/"
"""The host of Redoc's logo, which the page does not load."""


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    digest: str
    content: bytes

    @property
    def url(self) -> str:
        return f"{PATH}/{self.digest}/{self.name}"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[Path(self.name).suffix]


@cache
def asset(name: str) -> Asset:
    content = _places()[name].read_bytes().replace(LOGO, b"data:,")
    return Asset(name, sha256(content).hexdigest()[:16], content)


@cache
def gzipped(name: str) -> bytes:
    """Compressed on first use, once per process: the largest takes a tenth of a second."""
    return gzip.compress(asset(name).content, compresslevel=6, mtime=0)


def is_asset(name: str) -> bool:
    return name in _places()


@cache
def _places() -> dict[str, Path]:
    return {
        **{name: HERE / name for name in ("docs.js", "reference.js", "pages.css")},
        **{name: _offapi() / name for name in ("swagger_bundle.js", "swagger_style.css", "redoc.js")},
    }


def _offapi() -> Path:
    """Returns the folder of the package. Importing it would read all its files, 9 MB, into memory."""
    return Path(str(distribution("offapi").locate_file("offapi")))
