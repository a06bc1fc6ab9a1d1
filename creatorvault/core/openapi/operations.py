"""Builds the OpenAPI operation of a handler."""

import inspect
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler

from creatorvault.core.errors import TooLarge
from creatorvault.core.http.handlers import OPERATOR, PUBLIC, Operation
from creatorvault.core.http.inputs import Accepts
from creatorvault.core.http.schemas import RequestModel
from creatorvault.core.openapi.components import Components, Schema
from creatorvault.core.openapi.headers import CORRELATION_ID
from creatorvault.core.openapi.outcomes import EVERYWHERE, Success, content, own_example, responses
from creatorvault.core.openapi.parameters import IF_NONE_MATCH, LAST_EVENT_ID, from_model, request_headers
from creatorvault.core.openapi.responses import REFUSALS, Documentation, DocumentedResponse, refused

CREATORS: Final = "HTTPBearer"
OPERATORS: Final = "OperatorKey"
EVENT_STREAM: Final = "text/event-stream"

UNDOCUMENTED: Final = Documentation(responses=(DocumentedResponse(description="Successful"),), request_examples={})
"""For handlers without `documents(…)`; they are published too, and tests/test_openapi.py reports them."""

BODY_TOO_LARGE: Final = refused(TooLarge("The request body is too large"))


def operation_id(name: str, path: str, method: str) -> str:
    """Returns an id in FastAPI's format, which generated clients rely on: list_ideas_api_v1__user_id__ideas_get."""
    return re.sub(r"\W", "_", name + path) + f"_{method.lower()}"


def operation(handler: HTTPRouteHandler, path: str, method: str, components: Components) -> dict[str, Any]:
    accepted = handler.declaration.accepts if isinstance(handler, Operation) else Accepts()
    documentation: Documentation = handler.opt.get("documentation", UNDOCUMENTED)
    body = accepted.body or documentation.body
    own = [*from_model("path", accepted.path, components), *from_model("query", accepted.query, components)]
    return {
        "tags": handler.resolve_tags(),
        "summary": handler.summary,
        "description": _description(handler),
        "operationId": operation_id(handler.handler_name, path, method),
        "security": _security(handler),
        **_scope(handler),
        "parameters": [*own, *request_headers(_headers_read(documentation.responses, own), components)],
        **_request_body(body, documentation, components),
        "responses": responses(
            Success.of(handler), documentation.responses, tuple(_shared(handler, has_body=body is not None)), components
        ),
    }


def _security(handler: HTTPRouteHandler) -> list[dict[str, list[str]]]:
    """Returns alternatives, of which a request needs one."""
    if handler.opt.get(PUBLIC):
        return []
    return [{OPERATORS: []}, {CREATORS: []}] if OPERATOR in handler.opt else [{CREATORS: []}]


def _scope(handler: HTTPRouteHandler) -> dict[str, str]:
    """Not among the `security`, where validators know scopes of OAuth only."""
    scope = handler.opt.get(OPERATOR)
    return {} if scope is None else {"x-operator-scope": str(scope)}


def _description(handler: HTTPRouteHandler) -> str | None:
    text, scope = inspect.getdoc(handler.fn), handler.opt.get(OPERATOR)
    return text if scope is None else f"{text}\n\nAn operator's key needs the scope `{scope}`."


def _shared(handler: HTTPRouteHandler, *, has_body: bool) -> Iterator[DocumentedResponse]:
    """The errors that operations of the same kind have."""
    yield from EVERYWHERE
    if not handler.opt.get(PUBLIC):
        yield from handler.opt.get(REFUSALS, ())
    if has_body:
        yield BODY_TOO_LARGE


def _headers_read(outcomes: Iterable[DocumentedResponse], own: Collection[Schema]) -> Iterator[str]:
    """Tells from the responses which headers the operation reads.

    Each one reads the correlation id. With it as the only parameter, generated clients would give the operation another
    signature than before.
    """
    if own:
        yield CORRELATION_ID
    for outcome in outcomes:
        if outcome.refusal is not None and outcome.refusal.request_header is not None:
            yield outcome.refusal.request_header
        if outcome.status == HTTPStatus.NOT_MODIFIED:
            yield IF_NONE_MATCH
        if outcome.content is not None and EVENT_STREAM in outcome.content:
            yield LAST_EVENT_ID


def _request_body(
    body: type[RequestModel] | None, documentation: Documentation, components: Components
) -> dict[str, Any]:
    if body is not None:
        examples = documentation.request_examples or own_example(body)
        return {"requestBody": {"required": True, "content": content(components.reference(body), examples)}}
    if documentation.file:
        return {"requestBody": {"required": True, "content": _file(documentation.file)}}
    return {}


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
