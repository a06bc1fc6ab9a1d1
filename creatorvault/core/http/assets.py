"""Scripts and styles of pages.

Each URL contains the hash of the content, so that browsers may cache it indefinitely.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response

from creatorvault.core.errors import NotFound

MEDIA_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
IMMUTABLE: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    name: str
    content: bytes

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[Path(self.name).suffix]

    @cached_property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()[:16]

    @cached_property
    def gzipped(self) -> bytes:
        """Compressed on first use, once per process: the largest takes a tenth of a second."""
        return gzip.compress(self.content, compresslevel=6, mtime=0)


class Assets:
    """Files below `path`. `read` returns the content of a file, and raises KeyError for other names."""

    def __init__(self, path: str, read: Callable[[str], bytes]) -> None:
        self.path = path
        self._read = read
        self._assets: dict[str, Asset] = {}

    def __getitem__(self, name: str) -> Asset:
        """Reads the file on first use, once per process. Raises KeyError if there is none of this name."""
        if name not in self._assets:
            self._assets[name] = Asset(name, self._read(name))
        return self._assets[name]

    def url(self, name: str) -> str:
        """Returns the path of the file, without the prefix of a proxy."""
        return f"{self.path}/{self[name].digest}/{name}"

    def response(self, request: Request[Any, Any, Any], digest: str, name: str) -> Response[bytes]:
        """Raises NotFound for another digest: browsers must not cache this version's file under another one's URL."""
        try:
            asset = self[name]
        except KeyError:
            raise NotFound("Not Found") from None
        if asset.digest != digest:
            raise NotFound("Not Found")
        headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.gzipped, media_type=asset.media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(asset.content, media_type=asset.media_type, headers=headers)
