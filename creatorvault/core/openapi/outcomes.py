"""Builds the OpenAPI responses of an operation: its successes, and everything that may be refused."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from creatorvault.core.errors import HeadersTooLarge, HostInvalid, InternalError, TargetTooLong
from creatorvault.core.http.bounds import MAX_HEADERS
from creatorvault.core.http.problems import PROBLEM_JSON
from creatorvault.core.openapi.components import Components, Schema, example
from creatorvault.core.openapi.errors import ProblemDetails
from creatorvault.core.openapi.headers import on_every_response, references
from creatorvault.core.openapi.responses import DocumentedResponse, refused
from creatorvault.settings.sections import ServerSettings

JSON: Final = "application/json"
WITHOUT_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

_BOUNDS: Final = ServerSettings()
EVERYWHERE: Final = (
    refused(HostInvalid()),
    refused(TargetTooLong("path and the query together", _BOUNDS.max_target_bytes)),
    refused(HeadersTooLarge(_BOUNDS.max_header_bytes, MAX_HEADERS)),
    refused(InternalError()),
)
"""The errors of all operations."""


class Success(NamedTuple):
    """What a handler declares: a status, and the struct of the body; None for a plain mapping, published as `{}`."""

    status: int
    model: type[Struct] | None

    @classmethod
    def of(cls, handler: HTTPRouteHandler) -> "Success":
        """The struct may be returned bare or in a Response. A response of another type has its own content."""
        field = handler.parsed_return_field
        if field.is_subclass_of(Response) and field.inner_types:
            field = field.inner_types[0]
        return cls(handler.status_code, field.annotation if field.is_subclass_of(Struct) else None)


def responses(
    success: Success,
    own: Collection[DocumentedResponse],
    shared: Iterable[DocumentedResponse],
    components: Components,
) -> dict[str, Any]:
    """Errors of one status become one response, which has all of their codes and examples.

    `shared` are errors that other operations have too: a response of only such errors is described once.
    """
    by_status: dict[int, list[DocumentedResponse]] = {}
    for outcome in (*shared, *own):
        by_status.setdefault(int(outcome.status or success.status), []).append(outcome)
    of_own = {int(outcome.status or success.status) for outcome in own}
    written: dict[str, Any] = {}
    for status in sorted(by_status):
        response = _response(by_status[status], success, components)
        written[str(status)] = response if status in of_own else _shared(HTTPStatus(status), response, components)
    return written


def _shared(status: HTTPStatus, response: dict[str, Any], components: Components) -> dict[str, Any]:
    name = re.sub(r"\W", "", status.phrase)
    components.responses[name] = response
    return {"$ref": f"#/components/responses/{name}"}


def content(schema: Schema, examples: Mapping[str, Any], media_type: str = JSON) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in examples.items()}
    return {media_type: {"schema": schema, "examples": named}}


def own_example(model: type[Any]) -> dict[str, Any]:
    return {model.__name__: example(model)}


def _response(outcomes: Sequence[DocumentedResponse], success: Success, components: Components) -> dict[str, Any]:
    """`outcomes` have the same status: several errors, or one response."""
    refusals = [outcome.refusal for outcome in outcomes if outcome.refusal is not None]
    codes = list(dict.fromkeys(refusal.code for refusal in refusals))
    body = _merged([_body(outcome, success, components) for outcome in outcomes])
    if refusals:
        body |= content(components.reference(ProblemDetails), refusals[0].problem, PROBLEM_JSON)
    headers = [name for outcome in outcomes for name in outcome.headers]
    return {
        "description": outcomes[0].description + (f" Codes: {_quoted(codes)}." if codes else ""),
        "headers": references((*headers, *on_every_response())),
        **({"content": body} if body else {}),
        **({"x-error-codes": codes} if codes else {}),
    }


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _merged(bodies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Merges the bodies of one status, which are JSON if there are several."""
    if len(bodies) == 1:
        return bodies[0]
    schemas = list({str(body[JSON]["schema"]): body[JSON]["schema"] for body in bodies}.values())
    examples = {name: shown for body in bodies for name, shown in body[JSON]["examples"].items()}
    return {JSON: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}, "examples": examples}}


def _body(documented: DocumentedResponse, success: Success, components: Components) -> dict[str, Any]:
    if documented.content is not None:
        return dict(documented.content)
    model = documented.model
    if model is None:
        if (documented.status or success.status) in WITHOUT_BODY:
            return {}
        model = success.model
    if model is None:
        return content({}, documented.examples)
    return content(components.reference(model), documented.examples or own_example(model))
