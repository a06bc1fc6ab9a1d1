"""What a handler says of its answers: `documents(…)` in the route's decorator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypedDict

import msgspec

from creatorvault.core.errors import CreatorVaultError, RequestInvalid
from creatorvault.core.http.problems import ServerErrorInfo, published
from creatorvault.core.http.schemas import Prose, RequestModel
from creatorvault.core.openapi.headers import CORRELATION_ID, HEADERS, RATE_LIMIT, RATE_LIMIT_POLICY

EXAMPLE_CORRELATION_ID: Final[str] = HEADERS[CORRELATION_ID]["example"]

MEANINGS: Final = {
    HTTPStatus.UNAUTHORIZED: "The token is missing or not accepted.",
    HTTPStatus.FORBIDDEN: "Your token does not allow this: the path is another user's, or the vault is closed or full.",
    HTTPStatus.NOT_FOUND: "The resource does not exist or is not yours.",
    HTTPStatus.NOT_ACCEPTABLE: "No content coding that `Accept-Encoding` allows is available.",
    HTTPStatus.CONFLICT: "The request conflicts with existing data, or with a request that is still being processed.",
    HTTPStatus.GONE: "What the request refers to is not known any more.",
    HTTPStatus.PRECONDITION_FAILED: "The resource has changed: `If-Match` names an older version.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body exceeds the maximum size; it was not read completely.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The path, the query or the body is invalid.",
    HTTPStatus.TOO_MANY_REQUESTS: "Your rate limit is exceeded.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Part of the service is unavailable; a retry may succeed. It is unknown whether a "
    "change was stored; a request with an `Idempotency-Key` is stored once, however often it is sent.",
}
ALSO_SENT: Final = {HTTPStatus.TOO_MANY_REQUESTS: (RATE_LIMIT, RATE_LIMIT_POLICY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedResponse:
    """A response of an operation. Without `status` and `model` it is the success response that the handler declares.

    `examples` are bodies by name; without any, the model's own example is shown. `content` is that of a response
    that is not JSON, by media type.
    """

    description: str
    status: HTTPStatus | None = None
    model: type[Any] | None = None
    headers: tuple[str, ...] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Documentation:
    """`file` are examples of the file that a request may send as its body, or as the field `file` of a form. `body` is
    the model of a body that the handler reads itself.
    """

    responses: tuple[DocumentedResponse, ...]
    request_examples: Mapping[str, Any]
    file: Mapping[str, str] = field(default_factory=dict)
    body: type[RequestModel] | None = None


class HandlerDocumentation(TypedDict):
    documentation: Documentation


def documents(
    *outcomes: DocumentedResponse | CreatorVaultError,
    request: Mapping[str, Any] | None = None,
    file: Mapping[str, str] | None = None,
    body: type[RequestModel] | None = None,
) -> HandlerDocumentation:
    """Returns keyword arguments for a route handler: its responses, its own errors, and named example requests or
    files.

    The status, headers and body of an error are documented as they are sent. Errors that all operations of a kind
    share (no token, a body that is too large, …) need not be listed.
    """
    responses = [outcome if isinstance(outcome, DocumentedResponse) else refused(outcome) for outcome in outcomes]
    return {"documentation": Documentation(tuple(responses), request or {}, file or {}, body)}


class ValidationError(msgspec.Struct):
    """An invalid field."""

    described: ClassVar[Prose] = {
        "loc": (
            "Location of the error: `body`, `query` or `path`, followed by the names and indexes leading to it.",
            ["body", "title"],
        ),
        "msg": ("Human-readable message.", "Field required"),
        "type": ("Machine-readable code.", "missing"),
        "input": ("The invalid value, unless it is private.", "someday"),
        "ctx": ("Parameters of the violated rule.", {"expected": "'high', 'medium' or 'low'"}),
    }

    loc: list[str | int]
    msg: str
    type: str
    input: Any = msgspec.UNSET
    ctx: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class HTTPValidationError(msgspec.Struct):
    """All invalid fields at once, in field order."""

    described: ClassVar[Prose] = {
        "detail": (
            "One entry for each invalid field.",
            [{"type": "missing", "loc": ["body", "title"], "msg": "Field required"}],
        )
    }

    detail: list[ValidationError] = []


class ErrorResponse(msgspec.Struct):
    """The reason why the request was refused."""

    described: ClassVar[Prose] = {"detail": ("Human-readable message.", "Not authenticated")}

    detail: str


class ServerErrorResponse(msgspec.Struct):
    """The reason why the service could not handle the request."""

    described: ClassVar[Prose] = {
        "detail": ("Human-readable message.", "The service is temporarily unavailable"),
        "error": (
            "Machine-readable error.",
            {name: value for name, (_, value) in ServerErrorInfo.described.items()},
        ),
    }

    detail: str
    error: ServerErrorInfo


def malformed_id(name: str) -> RequestInvalid:
    """Returns the error for a path whose parameter `name` is not a UUID."""
    reason = "badly formed hexadecimal UUID string"
    return RequestInvalid(
        [
            {
                "type": "uuid_parsing",
                "loc": ("path", name),
                "msg": f"Input should be a valid UUID, {reason}",
                "input": "42",
                "ctx": {"error": reason},
            }
        ]
    )


def refused(error: CreatorVaultError) -> DocumentedResponse:
    """Documents an error as `core.http.problems` renders it. Omits headers that concern only the connection."""
    body = msgspec.to_builtins(published(error, EXAMPLE_CORRELATION_ID))
    return DocumentedResponse(
        status=error.status,
        description=MEANINGS[error.status],
        model=_model(error),
        headers=tuple(name for name in (*error.headers(), *ALSO_SENT.get(error.status, ())) if name in HEADERS),
        examples={_name(error): body},
    )


def _model(error: CreatorVaultError) -> type[Any]:
    if isinstance(error, RequestInvalid):
        return HTTPValidationError
    return ServerErrorResponse if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else ErrorResponse


def _name(error: CreatorVaultError) -> str:
    if isinstance(error, RequestInvalid):
        return ", ".join(dict.fromkeys(problem["type"] for problem in error.errors))
    return error.detail
