"""Entity tags and conditional requests (RFC 9110 §8.8.3 and §13.1).

An entity tag names a version of an idea or of a vault. It is not a digest of the bytes that were sent, so a proxy
that compresses a response does not change the version. RFC 9110 §13.1.1 compares `If-Match` strongly, for tags
of bytes. Here all comparisons are weak, and changes that proxies make to a tag are ignored
(docs/decisions/0007).
"""

import re
from collections.abc import Callable
from typing import Any, Final

from litestar import Request, Response
from litestar.status_codes import HTTP_304_NOT_MODIFIED

from creatorvault.core.errors import PreconditionFailed
from creatorvault.core.telemetry.asgi_headers import header, list_header

IF_MATCH: Final = b"if-match"
IF_NONE_MATCH: Final = b"if-none-match"
ENTITY_TAG: Final = re.compile(r'"([\x21\x23-\x7e\x80-\xff]*)"')
# nginx and Caddy 1 mark a compressed response as weak. Apache (DeflateAlterETag and BrotliAlterETag, AddSuffix) and
# Jetty append the name of the coding.
CODING: Final = re.compile(r"--?(?:gzip|br|zstd|deflate)$")


class EntityTags:
    """The value of `If-Match` or `If-None-Match`. Anything that is not an entity tag matches nothing."""

    def __init__(self, text: str) -> None:
        self._any = text.strip() == "*"
        self._tags = frozenset(f'"{CODING.sub("", tag)}"' for tag in ENTITY_TAG.findall(text))

    def match(self, tag: str) -> bool:
        return self._any or tag in self._tags


class Precondition:
    """`If-Match` of a request: the resource must be unchanged since the client read it."""

    def __init__(self, text: str | None = None) -> None:
        self._tags = None if text is None else EntityTags(text)

    @classmethod
    def of(cls, request: Request[Any, Any, Any]) -> "Precondition":
        return cls(list_header(request.scope, IF_MATCH))

    def check(self, tag: str, current: Callable[[], object]) -> None:
        """Raises PreconditionFailed, with what `current` returns, if the version does not match."""
        if self._tags is not None and not self._tags.match(tag):
            raise PreconditionFailed(current(), tag)


def is_conditional(request: Request[Any, Any, Any]) -> bool:
    """Whether the client may already have the current version."""
    return header(request.scope, IF_NONE_MATCH) is not None


def not_modified(request: Request[Any, Any, Any], tag: str) -> Response[Any] | None:
    """Returns a 304 response if the client already has this version, else None."""
    known = list_header(request.scope, IF_NONE_MATCH)
    if known is None or not EntityTags(known).match(tag):
        return None
    return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
