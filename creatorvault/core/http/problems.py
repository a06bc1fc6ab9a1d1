"""Renders errors as responses: the published bodies, or RFC 9457 problem details on request."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from creatorvault.core.errors import (
    Alert,
    CreatorVaultError,
    InternalError,
    MethodNotAllowed,
    NotFound,
    RequestInvalid,
    ServiceUnavailable,
    TooLarge,
)
from creatorvault.core.http.schemas import Prose
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.telemetry.request_context import correlation_id

log = get_logger(__name__)

PROBLEM_JSON = "application/problem+json"


class ServerErrorInfo(msgspec.Struct, frozen=True):
    """Machine-readable error."""

    described: ClassVar[Prose] = {
        "code": ("`INTERNAL_SERVER_ERROR` or `SERVICE_UNAVAILABLE`.", "SERVICE_UNAVAILABLE"),
        "message": ("The same as `detail`.", "The service is temporarily unavailable"),
        "correlation_id": ("Identifies the request in the service's log.", "0b8a3f52-1d07-4c0f-9a5e-6f0d3c2b7a19"),
    }

    code: str
    message: str
    correlation_id: str


def render(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    known = recognised(error)
    wants_problem = accepts_problem(request.headers.get("accept", ""))
    body = (problem if wants_problem else published)(known, correlation_id(request.scope))
    return Response(
        body,
        status_code=known.status,
        headers=dict(known.headers()),
        media_type=PROBLEM_JSON if wants_problem else MediaType.JSON,
    )


def recognised(error: Exception) -> CreatorVaultError:
    """Returns what is said to the client about an exception. Reports a failure of the service."""
    error = _unwrapped(error)
    known = error if isinstance(error, CreatorVaultError) else _from_framework(error)
    if isinstance(known, InternalError):
        report_failure(error)
    return known


def accepts_problem(accept: str) -> bool:
    """Whether the client names problem details, and not with a quality of 0, which means "not acceptable"
    (RFC 9110 §12.4.2 and §12.5.1).
    """
    for media_range in accept.lower().split(","):
        name, *parameters = map(str.strip, media_range.split(";"))
        if name == PROBLEM_JSON and not any(map(_is_quality_of_0, parameters)):
            return True
    return False


def _is_quality_of_0(parameter: str) -> bool:
    return parameter.startswith("q=0") and not parameter.removeprefix("q=0").strip(".0")


def exception_handlers() -> ExceptionHandlersMap:
    return {HTTPException: render, Exception: render}


def _unwrapped(error: Exception) -> Exception:
    """Litestar wraps errors that a generator dependency raises while closing, such as a failed commit, in a group."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _from_framework(error: Exception) -> CreatorVaultError:
    if not isinstance(error, HTTPException) or error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InternalError()
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return NotFound("Not Found")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allow: Mapping[str, str] = error.headers or {}
            return MethodNotAllowed(allow.get("allow", ""))
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return TooLarge("The request body is too large")
        case _:
            return _BadRequest(error)


class _BadRequest(CreatorVaultError):
    """Other refusals of the framework, such as an invalid `Host`."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"

    def __init__(self, error: HTTPException) -> None:
        status = HTTPStatus(error.status_code)
        super().__init__(error.detail if status is self.status else status.phrase)
        self.status = status  # type: ignore[misc]  # a class fact for every other error; here the framework decides


def report_failure(error: Exception) -> None:
    """Raises the alert of an Alert, and logs any other error."""
    if isinstance(error, Alert):
        raise_alert(error.alarm, **error.ids)
    else:
        log.error("request.failed", error=type(error).__name__, exc_info=error)


def published(error: CreatorVaultError, correlation: str) -> dict[str, Any]:
    """Returns the published error body, which the OpenAPI document also shows."""
    detail = error.errors if isinstance(error, RequestInvalid) else error.detail
    body = {"detail": detail, "code": error.code, **error.members()}
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        body["error"] = ServerErrorInfo(_published_code(error), error.detail, correlation)
    return body


def problem(error: CreatorVaultError, correlation: str) -> dict[str, Any]:
    """Returns the body of problem details, which the OpenAPI document also shows."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.status.phrase,
        "status": int(error.status),
        "detail": error.detail,
        "code": error.code,
        "correlation_id": correlation,
        **error.members(),
    }
    if isinstance(error, RequestInvalid):
        body["errors"] = error.errors
    return body


def _published_code(error: CreatorVaultError) -> str:
    return "SERVICE_UNAVAILABLE" if isinstance(error, ServiceUnavailable) else "INTERNAL_SERVER_ERROR"
