"""Entity tags and the conditions that clients put on them (RFC 9110 §8.8.3 and §13.1)."""

import re
from typing import Any, Final

from litestar import Request, Response
from litestar.status_codes import HTTP_304_NOT_MODIFIED

from creatorvault.core.errors import PreconditionFailed
from creatorvault.core.headers import header

IF_NONE_MATCH: Final = b"if-none-match"
ENTITY_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class EntityTags:
    """The value of `If-Match` or `If-None-Match`. What is not an entity tag matches nothing."""

    def __init__(self, header: str) -> None:
        self._any = header.strip() == "*"
        found = ENTITY_TAG.findall(header)
        self._strong = frozenset(tag for weak, tag in found if not weak)
        self._all = frozenset(tag for _, tag in found)

    def match_strongly(self, tag: str) -> bool:
        return self._any or tag in self._strong

    def match_weakly(self, tag: str) -> bool:
        return self._any or tag in self._all


class Precondition:
    """`If-Match` of a request: what it changes must still be what the client has seen."""

    def __init__(self, header: str | None = None) -> None:
        self._tags = None if header is None else EntityTags(header)

    def check(self, tag: str) -> None:
        """Raises PreconditionFailed."""
        if self._tags is not None and not self._tags.match_strongly(tag):
            raise PreconditionFailed


def is_conditional(request: Request[Any, Any, Any]) -> bool:
    """Whether the client may have the answer already."""
    return header(request.scope, IF_NONE_MATCH) is not None


def not_modified(request: Request[Any, Any, Any], tag: str) -> Response[Any] | None:
    """The answer to a client that has this very version already; None when it must be given another."""
    known = header(request.scope, IF_NONE_MATCH)
    if known is None or not EntityTags(known).match_weakly(tag):
        return None
    return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
