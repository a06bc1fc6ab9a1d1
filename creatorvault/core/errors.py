"""Every way a request can fail, each carrying its status; `core.http.problems` is the one place that renders them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, TypedDict


class FieldError(TypedDict, total=False):
    """One failing field, in the shape FastAPI clients know (`ValidationError` of the published contract)."""

    type: str
    loc: tuple[str | int, ...]
    msg: str
    input: Any
    ctx: dict[str, Any]


class CreatorVaultError(Exception):
    """Root of the tree. `detail` is shown to the client and must say nothing private."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def headers(self) -> Mapping[str, str]:
        return {}

    def members(self) -> Mapping[str, str | int]:
        """What a problem says for programs beside its detail (RFC 9457 §3.2)."""
        return {}


class Unauthorized(CreatorVaultError):
    """No token, or none that is accepted (RFC 6750 §3)."""

    status = HTTPStatus.UNAUTHORIZED

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(CreatorVaultError):
    status = HTTPStatus.FORBIDDEN


class NotFound(CreatorVaultError):
    status = HTTPStatus.NOT_FOUND


class HostInvalid(CreatorVaultError):
    """RFC 9112 §3.2: proxies that disagree about the host of a request are a way past their rules."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__("The request needs exactly one Host header")


class PreconditionFailed(CreatorVaultError):
    """Somebody else's change came first (RFC 9110 §13.1.1)."""

    status = HTTPStatus.PRECONDITION_FAILED

    def __init__(self) -> None:
        super().__init__("If-Match names another version than the stored one; read it again and retry")


class TooLarge(CreatorVaultError):
    """The rest of the body is not read, so the connection is of no further use."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def headers(self) -> Mapping[str, str]:
        return {"Connection": "close"}


class TargetTooLong(CreatorVaultError):
    """RFC 9110 §15.5.15. Refused before the path is looked up and the query is read."""

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
    """RFC 9110 §15.5.9: the answer also says that this connection is not read any further."""

    status = HTTPStatus.REQUEST_TIMEOUT

    def __init__(self) -> None:
        super().__init__("The request body took too long to arrive")

    def headers(self) -> Mapping[str, str]:
        return {"Connection": "close"}


class ClientGone(CreatorVaultError):
    """The connection closed before the request was complete, so nobody reads this answer; the log keeps its status."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__("The request body is incomplete")


class RequestInvalid(CreatorVaultError):
    """Input that breaks a rule; `errors` names every failing field at once."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("The request is not valid")
        self.errors = tuple(errors)


class TooManyRequests(CreatorVaultError):
    """The caller's quota is used up; it is whole again after `retry_after` seconds (RFC 6585 §4)."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"Too many requests: try again in {retry_after} seconds")
        self.retry_after = retry_after

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after)}


class ServiceUnavailable(CreatorVaultError):
    """A part the service needs is away; a retry may succeed after `retry_after` seconds.

    A commit may have been under way: whether anything was stored is not known.
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
    """Something an operator must look at: stored data that does not verify, or a key that is gone.

    The reader gets a plain 500; the log gets an `alarm` event with `code` and `ids`. Ids only, never content.
    """

    code: ClassVar[str]

    def __init__(self, **ids: str) -> None:
        super().__init__()
        self.ids = ids
