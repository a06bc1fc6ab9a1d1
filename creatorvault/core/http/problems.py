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
    error = _unwrapped(error)
    known = error if isinstance(error, CreatorVaultError) else _from_framework(error)
    if isinstance(known, InternalError):
        report_failure(error)
    wants_problem = accepts_problem(request.headers.get("accept", ""))
    body = _problem(known, _correlation_id(request)) if wants_problem else published(known, _correlation_id(request))
    return Response(
        body,
        status_code=known.status,
        headers=_headers(known, error),
        media_type=PROBLEM_JSON if wants_problem else MediaType.JSON,
    )


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
    if not isinstance(error, HTTPException):
        return InternalError()
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge("The request body is too large")
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InternalError()
    return _FrameworkError(error)


class _FrameworkError(CreatorVaultError):
    """Errors of routing: 404, 405 and an invalid `Host`."""

    def __init__(self, error: HTTPException) -> None:
        status = HTTPStatus(error.status_code)
        super().__init__(error.detail if status is HTTPStatus.BAD_REQUEST else status.phrase)
        self.status = status  # type: ignore[misc]  # a class fact for every other error; here the framework decides


def report_failure(error: Exception) -> None:
    """Raises the alert of an Alert, and logs any other error."""
    if isinstance(error, Alert):
        raise_alert(error.code, **error.ids)
    else:
        log.error("request.failed", error=type(error).__name__, exc_info=error)


def _headers(known: CreatorVaultError, error: Exception) -> dict[str, str]:
    headers = dict(known.headers())
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allow: Mapping[str, str] = error.headers or {}
        headers["Allow"] = allow.get("allow", "")
    return headers


def _correlation_id(request: Request[Any, Any, Any]) -> str:
    return correlation_id(request.scope)


def published(error: CreatorVaultError, correlation: str) -> dict[str, Any]:
    """Returns the published error body, which the OpenAPI document also shows."""
    if isinstance(error, RequestInvalid):
        return {"detail": error.errors}
    body: dict[str, Any] = {"detail": error.detail, **error.members()}
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        body["error"] = ServerErrorInfo(_code(error), error.detail, correlation)
    return body


def _problem(error: CreatorVaultError, correlation: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.status.phrase,
        "status": int(error.status),
        "detail": error.detail,
        "correlation_id": correlation,
        **error.members(),
    }
    if isinstance(error, RequestInvalid):
        body["errors"] = error.errors
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        body["code"] = _code(error)
    return body


def _code(error: CreatorVaultError) -> str:
    return "SERVICE_UNAVAILABLE" if isinstance(error, ServiceUnavailable) else "INTERNAL_SERVER_ERROR"
