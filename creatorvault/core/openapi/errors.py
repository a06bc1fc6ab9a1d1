"""Schemas of error bodies: the published ones, and problem details."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, ClassVar, Final

import msgspec

from creatorvault.core.errors import CreatorVaultError, RequestInvalid
from creatorvault.core.http.problems import ServerErrorInfo
from creatorvault.core.http.schemas import CODE, ERROR_CODE, Code, Prose
from creatorvault.core.openapi.components import Components


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


FIELD_ERRORS: Final = [{"type": "missing", "loc": ["body", "title"], "msg": "Field required"}]


class HTTPValidationError(msgspec.Struct):
    """All invalid fields at once, in field order."""

    described: ClassVar[Prose] = {
        "detail": ("One entry for each invalid field.", FIELD_ERRORS),
        "code": (CODE, "validation_failed"),
    }

    detail: list[ValidationError] = []
    code: Code | msgspec.UnsetType = msgspec.UNSET


class ErrorResponse(msgspec.Struct):
    """The reason why the request was refused."""

    described: ClassVar[Prose] = {
        "detail": ("Human-readable message.", "Not authenticated"),
        "code": (CODE, "not_authenticated"),
        "quota": ("Name of the quota that is used up; only with the code `quota_exceeded`.", "vault_idea_quota"),
        "limit": ("The quota, in ideas or bytes; only with the code `quota_exceeded`.", 1_000_000),
        "scope": ("The scope that the operator's key needs; only with the code `scope_missing`.", "manage"),
    }

    detail: str
    code: Code
    quota: str | msgspec.UnsetType = msgspec.UNSET
    limit: int | msgspec.UnsetType = msgspec.UNSET
    scope: str | msgspec.UnsetType = msgspec.UNSET


class ServerErrorResponse(msgspec.Struct):
    """The reason why the service could not handle the request."""

    described: ClassVar[Prose] = {
        "detail": ("Human-readable message.", "The service is temporarily unavailable"),
        "code": (CODE, "unavailable"),
        "error": (
            "Machine-readable error.",
            {name: value for name, (_, value) in ServerErrorInfo.described.items()},
        ),
    }

    detail: str
    code: Code
    error: ServerErrorInfo


class ProblemDetails(msgspec.Struct):
    """The same error as problem details (RFC 9457), for requests with `Accept: application/problem+json`.

    It also has the members that the other form has beside `detail` and `code`.
    """

    described: ClassVar[Prose] = {
        "type": ("Always `about:blank`: the problem is told by `status` and `code`.", "about:blank"),
        "title": ("The phrase of the status.", "Unprocessable Entity"),
        "status": ("The status of the response.", 422),
        "detail": ("Human-readable message.", "The request is not valid"),
        "code": (CODE, "validation_failed"),
        "correlation_id": ("Identifies the request in the service's log.", "0b8a3f52-1d07-4c0f-9a5e-6f0d3c2b7a19"),
        "errors": ("One entry for each invalid field; only of responses with status 422.", FIELD_ERRORS),
    }

    type: str
    title: str
    status: int
    detail: str
    code: Code
    correlation_id: str
    errors: list[ValidationError] | msgspec.UnsetType = msgspec.UNSET


def body_of(error: CreatorVaultError) -> type[msgspec.Struct]:
    """Returns the schema of the error's published body."""
    if isinstance(error, RequestInvalid):
        return HTTPValidationError
    return ServerErrorResponse if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else ErrorResponse


def describe_errors(components: Components) -> None:
    """Adds the schema of all codes, and says that problem details have extension members (RFC 9457 §3.2)."""
    components.reference(ProblemDetails)
    components.schemas[ProblemDetails.__name__]["additionalProperties"] = True
    components.schemas[ERROR_CODE] = {
        "type": "string",
        "description": "All codes, which never change. docs/errors.md says what each one means and what to do.",
        "enum": sorted({error.code for error in _family(CreatorVaultError)}),
    }


def _family(error: type[CreatorVaultError]) -> Iterator[type[CreatorVaultError]]:
    """Yields the class and its subclasses in the service; tests may define others."""
    yield error
    for subclass in error.__subclasses__():
        if subclass.__module__.startswith("creatorvault."):
            yield from _family(subclass)
