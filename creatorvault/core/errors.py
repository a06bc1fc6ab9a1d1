"""Errors of requests, each with its status; only `core.http.problems` renders them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, TypedDict


class FieldError(TypedDict, total=False):
    """An invalid field, in the shape that FastAPI clients expect (`ValidationError` of the published contract)."""

    type: str
    loc: tuple[str | int, ...]
    msg: str
    input: Any
    ctx: dict[str, Any]


class CreatorVaultError(Exception):
    """Base class. `detail` is sent to the client and must not contain anything private.

    `code` tells clients what happened and never changes.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def headers(self) -> Mapping[str, str]:
        return {}

    def members(self) -> Mapping[str, object]:
        """Returns further members of the body, which are extension members of problem details (RFC 9457 §3.2)."""
        return {}


class Unauthorized(CreatorVaultError):
    """The token is missing or not accepted (RFC 6750 §3)."""

    status = HTTPStatus.UNAUTHORIZED

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(CreatorVaultError):
    status = HTTPStatus.FORBIDDEN


class NotFound(CreatorVaultError):
    status = HTTPStatus.NOT_FOUND


class HostInvalid(CreatorVaultError):
    """RFC 9112 §3.2: a request could bypass the rules of proxies that disagree about its host."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__("The request needs exactly one Host header")


class PreconditionFailed(CreatorVaultError):
    """The resource was changed concurrently (RFC 9110 §13.1.1). `current` is its current version, and `tag` the entity
    tag of that. It is private: it is sent to its owner, and nowhere else.
    """

    status = HTTPStatus.PRECONDITION_FAILED
    code = "precondition_failed"

    def __init__(self, current: object, tag: str) -> None:
        super().__init__("If-Match names another version than the stored one; read it again and retry")
        self.current = current
        self.tag = tag

    def headers(self) -> Mapping[str, str]:
        return {"ETag": self.tag, "Cache-Control": "no-store"}

    def members(self) -> Mapping[str, object]:
        return {"code": self.code, "current": self.current}


class TooLarge(CreatorVaultError):
    """The rest of the body is not read, so the connection cannot be reused."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def headers(self) -> Mapping[str, str]:
        return {"Connection": "close"}


class TargetTooLong(CreatorVaultError):
    """RFC 9110 §15.5.15. Refused before routing and before the query is parsed."""

    status = HTTPStatus.REQUEST_URI_TOO_LONG

    def __init__(self, what: str, largest: int) -> None:
        super().__init__(f"The {what} may have {largest} bytes")


class HeadersTooLarge(CreatorVaultError):
    """RFC 6585 §5."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE

    def __init__(self, largest: int, most: int) -> None:
        super().__init__(
            f"The headers but Authorization may have {largest} bytes in all, and there may be {most} of them"
        )


class BodyTooSlow(CreatorVaultError):
    """RFC 9110 §15.5.9: the response also closes the connection."""

    status = HTTPStatus.REQUEST_TIMEOUT

    def __init__(self) -> None:
        super().__init__("The request body took too long to arrive")

    def headers(self) -> Mapping[str, str]:
        return {"Connection": "close"}


class ClientGone(CreatorVaultError):
    """The client disconnected before the request was complete. The response is only logged with its status."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__("The request body is incomplete")


class RequestInvalid(CreatorVaultError):
    """Invalid input; `errors` lists all invalid fields at once."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "validation_failed"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("The request is not valid")
        self.errors = tuple(errors)


class TooManyRequests(CreatorVaultError):
    """The caller's rate limit is exceeded; it is reset after `retry_after` seconds (RFC 6585 §4)."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"Too many requests: try again in {retry_after} seconds")
        self.retry_after = retry_after

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after)}


class ServiceUnavailable(CreatorVaultError):
    """Something that the service depends on is unavailable; a retry may succeed after `retry_after` seconds.

    A commit may have been in progress, so it is unknown whether anything was stored.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str = "The service is temporarily unavailable", *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after)}


class InternalError(CreatorVaultError):
    def __init__(self, detail: str = "Internal server error") -> None:
        super().__init__(detail)


class Alert(InternalError):
    """An error that an operator must investigate: stored data that does not verify, or a missing key.

    The client gets a plain 500; the log gets an `alarm` event with `code` and `ids`. Ids only, never content.
    """

    code: ClassVar[str]

    def __init__(self, **ids: str) -> None:
        super().__init__()
        self.ids = ids
