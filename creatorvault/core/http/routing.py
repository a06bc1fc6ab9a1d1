"""Routing by the undecoded path.

Litestar routes by the decoded path, in which `%2F` is a slash and `/%61pi` is `/api`. A user id with a slash would then
have no route, and another spelling would bypass a proxy's rule for `/api/v1/admin`. Here the path is routed as it was
sent, and each parameter is decoded once afterwards (RFC 3986 §2.4).
"""

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPMethod
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from litestar import Litestar, Router
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.types import HTTPScope

REMEMBERED: Final = 1024
"""Number of cached paths, as in Litestar."""


def sent_path(scope: HTTPScope) -> bytes:
    """Returns the percent-encoded path of the request line, which servers may omit (ASGI, "HTTP Connection Scope")."""
    return scope.get("raw_path") or quote(scope["path"]).encode()


def route_as_sent(app: Litestar, path_prefix: str = "") -> None:
    """Makes `app` route by the path in `scope["path"]`, which must be `sent_path`.

    For proxies that keep `path_prefix`, each route is also found with the prefix.
    """
    router = app.asgi_router
    find = router._handle_routing  # noqa: SLF001  # Litestar has no public way to change how it routes

    @lru_cache(REMEMBERED)
    def handle_routing(path: str, method: Any) -> Any:
        try:
            found = _found(path, method)
        except NotFoundException:
            if not path_prefix or not f"{path}/".startswith(f"{path_prefix}/"):
                raise
            found = _found(path.removeprefix(path_prefix) or "/", method)
        asgi_app, handler, path, parameters, template = found
        return asgi_app, handler, path, {name: decoded(value) for name, value in parameters.items()}, template

    def _found(path: str, method: Any) -> Any:
        try:
            return find(path=path, method=method)
        except MethodNotAllowedException as error:
            allowed = (error.headers or {})["allow"].split(", ")
            raise MethodNotAllowedException(headers={"allow": ", ".join(with_head(allowed))}) from None

    router.handle_routing = handle_routing


class SharedPaths(Router):
    """A router whose paths may get further methods from another one, as `/users/me` from two apps.

    Litestar adds OPTIONS to each path of each router, and refuses a path that has it twice. Here it is not passed on,
    and so added once, for all methods.
    """

    @property
    def route_handler_method_map(self) -> dict[str, Any]:
        return {
            path: {method: handler for method, handler in handlers.items() if method != HTTPMethod.OPTIONS}
            for path, handlers in super().route_handler_method_map.items()
        }


def decoded(segment: str) -> str:
    """Decodes a parameter. Invalid UTF-8 becomes lone surrogates, which validation refuses everywhere."""
    return unquote_to_bytes(segment.encode("latin-1")).decode(errors="surrogateescape")


def with_head(methods: Iterable[str]) -> list[str]:
    """Adds HEAD wherever there is GET: the edge handles it (RFC 9110 §9.3.2)."""
    methods = set(methods)
    return sorted(methods | {HTTPMethod.HEAD} if HTTPMethod.GET in methods else methods)
