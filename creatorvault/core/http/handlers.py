"""Litestar route handlers that read their inputs from their signatures."""

from functools import partial
from typing import Final

from litestar import Litestar
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.utils import is_async_callable

from creatorvault.core.http.declarations import Declaration, declaration_of

PUBLIC: Final = "public"
"""The `opt` of a handler that needs no caller."""

SAME_ORIGIN: Final = "same_origin"
"""The `opt` of a handler whose responses no page of another origin may read, those of allowed front ends neither."""

OPERATOR: Final = "operator"
"""The `opt` of a handler for operators: the scope that it needs. All others are for creators."""


class Operation(HTTPRouteHandler):
    """Reads what its signature and those of its providers declare (core.http.declarations)."""

    _declaration: Declaration | None = None

    @property
    def declaration(self) -> Declaration:
        """Raises ImproperlyConfiguredException for inputs that contradict each other."""
        if self._declaration is None:
            self._declaration = declaration_of(self)
        return self._declaration

    def on_registration(self, app: Litestar) -> None:
        """Has Litestar give everything that the signatures declare. Raises as `declaration` does."""
        self.dependencies = {**(self.dependencies or {}), **self.declaration.dependencies()}
        if self.declaration.handler.inputs():
            handler = self.declaration.handler.behind_received()
            self._fn, self._parsed_fn_signature = handler.call, handler.signature
        super().on_registration(app)
        self.has_sync_callable = self.has_sync_callable and not is_async_callable(self.declaration.handler.call)


get: Final = partial(Operation, http_method=HttpMethod.GET)
post: Final = partial(Operation, http_method=HttpMethod.POST)
put: Final = partial(Operation, http_method=HttpMethod.PUT)
patch: Final = partial(Operation, http_method=HttpMethod.PATCH)
delete: Final = partial(Operation, http_method=HttpMethod.DELETE)
