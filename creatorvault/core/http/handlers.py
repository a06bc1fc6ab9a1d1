"""Litestar route handlers with less overhead per request."""

from functools import partial
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.types import ExceptionHandlersMap


class Operation(HTTPRouteHandler):
    """Passes itself to its guards. Litestar passes a copy to each, made for every request; our guards do not modify it.

    It also resolves its exception handlers once, and not for every request.
    """

    _exception_handlers: "ExceptionHandlersMap | None" = None

    def resolve_exception_handlers(self) -> ExceptionHandlersMap:
        if self._exception_handlers is None:
            self._exception_handlers = super().resolve_exception_handlers()
        return self._exception_handlers

    async def authorize_connection(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        for guard in self.resolve_guards():
            await guard(connection, self)  # type: ignore[misc]  # resolved guards are coroutine functions


get: Final = partial(Operation, http_method=HttpMethod.GET)
post: Final = partial(Operation, http_method=HttpMethod.POST)
put: Final = partial(Operation, http_method=HttpMethod.PUT)
patch: Final = partial(Operation, http_method=HttpMethod.PATCH)
delete: Final = partial(Operation, http_method=HttpMethod.DELETE)
