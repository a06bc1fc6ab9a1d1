"""Builds the OpenAPI operation of a handler."""

import inspect
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from creatorvault.core.errors import (
    CreatorVaultError,
    ServiceUnavailable,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)
from creatorvault.core.http.handlers import Operation
from creatorvault.core.http.inputs import Accepts
from creatorvault.core.http.schemas import RequestModel
from creatorvault.core.openapi.components import Components, Schema, example
from creatorvault.core.openapi.headers import on_every_response, references
from creatorvault.core.openapi.responses import Documentation, DocumentedResponse, refused

WITHOUT_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
SECURITY: Final[list[dict[str, list[str]]]] = [{"HTTPBearer": []}]

REFUSED_WITHOUT_IDENTITY: Final[tuple[CreatorVaultError, ...]] = (
    Unauthorized("Not authenticated"),
    Unauthorized("Could not validate credentials: the token has expired"),
    TooManyRequests(retry_after=17),
    ServiceUnavailable(),
)
UNDOCUMENTED: Final = Documentation(responses=(DocumentedResponse(description="Successful"),), request_examples={})
"""For handlers without `documents(…)`; they are published too, and tests/test_openapi.py reports them."""

BODY_TOO_LARGE: Final = TooLarge("The request body is too large")


def operation_id(name: str, path: str, method: str) -> str:
    """Returns an id in FastAPI's format, which generated clients rely on: list_ideas_api_v1__user_id__ideas_get."""
    return re.sub(r"\W", "_", name + path) + f"_{method.lower()}"


def operation(handler: HTTPRouteHandler, path: str, method: str, components: Components) -> dict[str, Any]:
    accepted = handler.declaration.accepts if isinstance(handler, Operation) else Accepts()
    public = bool(handler.opt.get("public"))
    written: dict[str, Any] = {
        # Duplicate tags are kept as published; resolve_tags() would remove them.
        "tags": [tag for layer in handler.ownership_layers for tag in layer.tags or ()],
        "summary": handler.summary,
        "description": inspect.getdoc(handler.fn),
        "operationId": operation_id(handler.handler_name, path, method),
    }
    if not public:
        written["security"] = SECURITY
    if parameters := [
        *_parameters("path", accepted.path, components),
        *_parameters("query", accepted.query, components),
    ]:
        written["parameters"] = parameters
    documentation: Documentation = handler.opt.get("documentation", UNDOCUMENTED)
    body = accepted.body or documentation.body
    if body is not None:
        written["requestBody"] = {
            "required": True,
            "content": _content(components.reference(body), _request_examples(body, documentation)),
        }
    elif documentation.file:
        written["requestBody"] = {"required": True, "content": _file(documentation.file)}
    written["responses"] = _responses(handler, accepted, documentation, components)
    return written


def _file(examples: Mapping[str, str]) -> dict[str, Any]:
    """As OpenAPI 3.1 describes uploads: the field of a form, or any other body."""
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    form = {"type": "object", "required": ["file"], "properties": {"file": binary}}
    return {
        "multipart/form-data": {
            "schema": form,
            "examples": {name: {"value": {"file": value}} for name, value in examples.items()},
        },
        "application/octet-stream": {
            "schema": binary,
            "examples": {name: {"value": value} for name, value in examples.items()},
        },
    }


def _parameters(place: str, model: type[RequestModel] | None, components: Components) -> Iterator[dict[str, Any]]:
    if model is None:
        return
    schema = components.request_model(model)
    for name, rule in schema["properties"].items():
        text, shown = rule.pop("description"), rule.pop("examples")[0]
        yield {
            "name": name,
            "in": place,
            "required": name in schema.get("required", ()),
            "description": text,
            "schema": rule,
            "example": shown,
        }


def _responses(
    handler: HTTPRouteHandler, accepted: Accepts, documentation: Documentation, components: Components
) -> dict[str, Any]:
    has_body = (accepted.body or documentation.body) is not None
    documented = [*_shared(handler, has_body=has_body), *documentation.responses]
    responses: dict[str, Any] = {}
    for outcome in sorted(documented, key=lambda outcome: outcome.status or 0):
        status = str(int(outcome.status or handler.status_code))
        response = _response(outcome, _body(outcome, handler, components))
        if status in responses:
            _merge(responses[status], response)
        else:
            responses[status] = response
    return responses


def _shared(handler: HTTPRouteHandler, *, has_body: bool) -> Iterator[DocumentedResponse]:
    if not handler.opt.get("public"):
        yield from map(refused, REFUSED_WITHOUT_IDENTITY)
    if has_body:
        yield refused(BODY_TOO_LARGE)


def _response(documented: DocumentedResponse, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": documented.description,
        "headers": references((*documented.headers, *on_every_response())),
        **({"content": content} if content else {}),
    }


def _merge(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Merges two errors of one status, which have the same schema: adds the examples and headers of the second."""
    one["content"]["application/json"]["examples"] |= other["content"]["application/json"]["examples"]
    one["headers"] |= other["headers"]


def _body(documented: DocumentedResponse, handler: HTTPRouteHandler, components: Components) -> dict[str, Any]:
    if documented.content is not None:
        return dict(documented.content)
    if documented.model is not None:
        return _content(components.reference(documented.model), documented.examples or _own_example(documented.model))
    if (documented.status or handler.status_code) in WITHOUT_BODY:
        return {}
    declared = _declared(handler)
    if declared is None:
        return _content({}, documented.examples)
    return _content(components.reference(declared), documented.examples or _own_example(declared))


def _declared(handler: HTTPRouteHandler) -> type[Struct] | None:
    """Returns the struct that a handler returns, bare or in a Response; None for a plain mapping, published as `{}`."""
    field = handler.parsed_return_field
    if field.is_subclass_of(Response):
        field = field.inner_types[0]
    return field.annotation if field.is_subclass_of(Struct) else None


def _request_examples(model: type[RequestModel], documentation: Documentation) -> Mapping[str, Any]:
    return documentation.request_examples or _own_example(model)


def _own_example(model: type[Any]) -> dict[str, Any]:
    return {model.__name__: example(model)}


def _content(schema: Schema, examples: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in examples.items()}
    return {"application/json": {"schema": schema, "examples": named}}
