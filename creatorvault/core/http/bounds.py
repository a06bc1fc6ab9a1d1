"""Checks of the request line and headers before routing."""

from typing import Final

from litestar.types import HTTPScope

from creatorvault.core.errors import CreatorVaultError, HeadersTooLarge, HostInvalid, NotFound, TargetTooLong
from creatorvault.core.http.routing import sent_path
from creatorvault.settings.sections import ServerSettings

MAX_PATH_BYTES: Final = 4096
"""A user id of 255 characters has at most 3,060 bytes, percent-encoded. Litestar caches a thousand paths in memory."""

MAX_HEADERS: Final = 100

TOKEN_HEADER: Final = b"authorization"
FIELD_BYTES: Final = 4
"""Bytes of a header besides its name and value: a colon, a space and the line end."""

HOST: Final = b"host"
WITHOUT_HOST: Final = ("1.0", "1")
"""The HTTP version that allows requests without a host; some servers call it 1."""


def refusal(scope: HTTPScope, bounds: ServerSettings) -> CreatorVaultError | None:
    """Returns None for a request that may be routed. A token has a separate limit, with its own error (401)."""
    path = sent_path(scope)
    if len(path) > MAX_PATH_BYTES:
        return TargetTooLong("path", MAX_PATH_BYTES)
    if len(path) + len(scope["query_string"]) > bounds.max_target_bytes:
        return TargetTooLong("path and the query together", bounds.max_target_bytes)
    sizes = [len(name) + len(value) + FIELD_BYTES for name, value in scope["headers"] if name != TOKEN_HEADER]
    if sum(sizes) > bounds.max_header_bytes or len(sizes) > MAX_HEADERS:
        return HeadersTooLarge(bounds.max_header_bytes, MAX_HEADERS)
    if not _has_one_host(scope):
        return HostInvalid()
    # Litestar would route `//api` as `/api`, which would bypass the rules of a proxy that does not.
    return NotFound("Not Found") if b"//" in path else None


def _has_one_host(scope: HTTPScope) -> bool:
    """A server may pass an empty host if the client sent none."""
    hosts = [value for name, value in scope["headers"] if name == HOST]
    if any(hosts):
        return len(hosts) == 1
    return len(hosts) < 2 and scope["http_version"] in WITHOUT_HOST
