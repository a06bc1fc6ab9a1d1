"""What a handler says of its answers: `documents(…)` in the route's decorator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypedDict

import msgspec

from creatorvault.core.errors import CreatorVaultError, RequestInvalid
from creatorvault.core.http.problems import ServerErrorInfo, published
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.headers import CORRELATION_ID, HEADERS, RATE_LIMIT, RATE_LIMIT_POLICY

EXAMPLE_CORRELATION_ID: Final[str] = HEADERS[CORRELATION_ID]["example"]

MEANINGS: Final = {
    HTTPStatus.UNAUTHORIZED: "There is no token, or it is not accepted.",
    HTTPStatus.FORBIDDEN: "Your token does not allow this: the path is another user's, or the vault is closed or full.",
    HTTPStatus.NOT_FOUND: "It does not exist, or it is not yours.",
    HTTPStatus.CONFLICT: "It conflicts with what is there already, or with a request that is still being processed.",
    HTTPStatus.PRECONDITION_FAILED: "Somebody else's change came first: `If-Match` names an older version.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than the service takes; it was not read to its end.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something in the path, the query or the body breaks a rule.",
    HTTPStatus.TOO_MANY_REQUESTS: "Your quota is used up for now.",
    HTTPStatus.SERVICE_UNAVAILABLE: "A part of the service is away, and a retry may succeed. Whether a change was "
    "stored is not known; what is created under an `Idempotency-Key` is stored once, however often it is sent.",
}
ALSO_SENT: Final = {HTTPStatus.TOO_MANY_REQUESTS: (RATE_LIMIT, RATE_LIMIT_POLICY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of an operation. Without `status` and `model` it is the successful one, as the handler declares it.

    `examples` are bodies by name; where there are none, the model's own example is shown.
    """

    description: str
    status: HTTPStatus | None = None
    model: type[Any] | None = None
    headers: tuple[str, ...] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Documentation:
    answers: tuple[Answer, ...]
    request_examples: Mapping[str, Any]


class HandlerDocumentation(TypedDict):
    documentation: Documentation


def documents(*outcomes: Answer | CreatorVaultError, request: Mapping[str, Any] | None = None) -> HandlerDocumentation:
    """Keyword arguments of a route handler: its answers, the errors that are its own, and named example requests.

    An error stands for itself: its status, headers and body are documented as they are sent. What every operation of a
    kind refuses (no token, a body that is too large, …) needs no mention.
    """
    answers = [outcome if isinstance(outcome, Answer) else refused(outcome) for outcome in outcomes]
    return {"documentation": Documentation(tuple(answers), request or {})}


class ValidationError(msgspec.Struct):
    """One failing field."""

    described: ClassVar[Prose] = {
        "loc": (
            "Where it stands: `body`, `query` or `path`, then the names and indexes that lead to it.",
            ["body", "title"],
        ),
        "msg": ("What is wrong, for people.", "Field required"),
        "type": ("What is wrong, for programs.", "missing"),
        "input": ("What was sent, where it is not private.", "someday"),
        "ctx": ("The rule's numbers or names.", {"expected": "'high', 'medium' or 'low'"}),
    }

    loc: list[str | int]
    msg: str
    type: str
    input: Any = msgspec.UNSET
    ctx: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class HTTPValidationError(msgspec.Struct):
    """Every failing field at once, in field order."""

    described: ClassVar[Prose] = {
        "detail": (
            "One entry for each failing field.",
            [{"type": "missing", "loc": ["body", "title"], "msg": "Field required"}],
        )
    }

    detail: list[ValidationError] = []


class ErrorResponse(msgspec.Struct):
    """Why the request was refused."""

    described: ClassVar[Prose] = {"detail": ("The reason, for people.", "Not authenticated")}

    detail: str


class ServerErrorResponse(msgspec.Struct):
    """Why the service could not do its work."""

    described: ClassVar[Prose] = {
        "detail": ("The reason, for people.", "The service is temporarily unavailable"),
        "error": (
            "The reason, for programs.",
            {name: value for name, (_, value) in ServerErrorInfo.described.items()},
        ),
    }

    detail: str
    error: ServerErrorInfo


def malformed_id(name: str) -> RequestInvalid:
    """What a path is answered whose parameter `name` is no UUID."""
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


def refused(error: CreatorVaultError) -> Answer:
    """The answer that `core.http.problems` gives to an error. Headers about the connection alone are left out."""
    body = msgspec.to_builtins(published(error, EXAMPLE_CORRELATION_ID))
    return Answer(
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
