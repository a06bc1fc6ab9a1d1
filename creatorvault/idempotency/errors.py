"""Errors of repeated requests."""

from collections.abc import Mapping
from http import HTTPStatus

from creatorvault.core.errors import CreatorVaultError, RequestInvalid

HEADER = "Idempotency-Key"


class InFlight(CreatorVaultError):
    """The first request with this key is still being processed."""

    status = HTTPStatus.CONFLICT
    code = "request_in_flight"
    request_header = HEADER

    def __init__(self) -> None:
        super().__init__(f"A request with this {HEADER} is still being processed")

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "1"}


class KeyInvalid(RequestInvalid):
    code = "idempotency_key_invalid"
    request_header = HEADER

    def __init__(self, message: str) -> None:
        super().__init__([{"type": "value_error", "loc": ("header", HEADER), "msg": f"Value error, {message}"}])


class KeyReused(KeyInvalid):
    """The key belongs to an earlier request, which had another body."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("it was used before, for a request with another body")
