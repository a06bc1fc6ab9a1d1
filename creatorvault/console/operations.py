"""The operations of the admin API, by the names of their handlers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, get_args

from litestar import Litestar
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import inspect

from creatorvault.admin.scopes import Scope
from creatorvault.core.http.handlers import OPERATOR, Operation
from creatorvault.core.http.inputs import Accepts
from creatorvault.core.http.schemas import RequestModel

READING: Final = "GET"

type Shape = inspect.Type


@dataclass(frozen=True, slots=True)
class AdminOperation:
    """`template` is the path with its parameters in braces. `response` is None if it is no JSON of a known shape."""

    name: str
    method: str
    template: str
    scope: Scope
    accepts: Accepts
    response: Shape | None

    @property
    def reads(self) -> bool:
        return self.method == READING

    @property
    def keys(self) -> tuple[str, ...]:
        """Returns its path parameters."""
        return parameters_of(self.accepts.path)

    def takes(self, parameter: str) -> bool:
        """Whether it is a query parameter."""
        return parameter in parameters_of(self.accepts.query)

    @property
    def fields(self) -> type[RequestModel] | None:
        """Returns what an action fills in: the body, or the query of an operation that reads."""
        return self.accepts.query if self.reads else self.accepts.body

    @property
    def has_pages(self) -> bool:
        return self.takes("limit") and self.takes("offset")


class Operations(dict[str, AdminOperation]):
    """Those that an application has routes for."""

    @classmethod
    def of(cls, app: Litestar) -> Self:
        """Raises ValueError if two have the same name."""
        found = cls()
        for template, handler in _handlers(app):
            if handler.handler_name in found:
                raise ValueError(f"two operations for operators have the name {handler.handler_name}")
            found[handler.handler_name] = _described(template, handler)
        return found


def _handlers(app: Litestar) -> Iterator[tuple[str, Operation]]:
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if isinstance(handler, Operation) and OPERATOR in handler.opt:
                yield route.path_format, handler


def _described(template: str, handler: Operation) -> AdminOperation:
    (method,) = handler.http_methods
    return AdminOperation(
        name=handler.handler_name,
        method=HttpMethod(method).value,
        template=template,
        scope=handler.opt[OPERATOR],
        accepts=handler.declaration.accepts,
        response=_response_of(handler),
    )


def _response_of(handler: HTTPRouteHandler) -> Shape | None:
    """Of a handler that returns a struct, or a response with one."""
    returned: Any = handler.parsed_fn_signature.return_type.annotation
    content = next(iter(get_args(returned)), returned)
    shape = inspect.type_info(content) if isinstance(content, type) else None
    return shape if isinstance(shape, inspect.StructType) else None


def parameters_of(model: type[RequestModel] | None) -> tuple[str, ...]:
    return () if model is None else tuple(model.model_fields)


def shape_at(shape: Shape | None, path: str) -> Shape | None:
    """Returns the shape of the field at `a.b`, without null; None if there is no such field.

    Values of a dictionary are fields of any name.
    """
    for name in path.split("."):
        shape = _field(shape, name)
        if shape is None:
            return None
    return shape


def rows_at(shape: Shape | None, path: str) -> Shape | None:
    """Returns the shape of the elements of the list at `path`; None if there is no such list."""
    found = shape_at(shape, path)
    return _without_null(found.item_type) if isinstance(found, inspect.CollectionType) else None


def _field(shape: Shape | None, name: str) -> Shape | None:
    if isinstance(shape, inspect.DictType):
        return _without_null(shape.value_type)
    if isinstance(shape, inspect.StructType):
        return next((_without_null(field.type) for field in shape.fields if field.encode_name == name), None)
    return None


def _without_null(shape: Shape) -> Shape:
    """Of a union with several others it takes the first: they are shown alike."""
    if isinstance(shape, inspect.Metadata):
        return _without_null(shape.type)
    if isinstance(shape, inspect.UnionType):
        return next(each for each in shape.types if not isinstance(each, inspect.NoneType))
    return shape


def value_at(found: object, path: str) -> object:
    """Returns the value at `a.b` of a response; None if it has none."""
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found
