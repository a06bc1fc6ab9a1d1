"""What can go wrong."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import httpx

from creatorvault_client.models import ValidationError


class ApiError(Exception):
    """The service answered, but not with success."""

    def __init__(self, response: httpx.Response, *, repeated: bool = False) -> None:
        self.body: Mapping[str, Any] = _members_of(response.text)
        """The members of the answer, such as `current` of a 412."""

        detail, code = self.body.get("detail"), self.body.get("code")
        self.fields = cast("Sequence[ValidationError]", detail) if isinstance(detail, list) else ()
        """The invalid fields of a 422; else empty."""

        self.status = response.status_code
        self.code = code if isinstance(code, str) else ""
        """For programs, such as `token_expired`; empty if something in front of the service answered."""

        self.detail = detail if isinstance(detail, str) else "; ".join(field["msg"] for field in self.fields)
        self.retry_after = _seconds_of(response)
        """Seconds after which a retry may succeed, if the service says so."""

        self.etag = response.headers.get("ETag")
        """The version that the answer contains: the current one of a 412."""

        self.correlation_id = response.headers.get("X-Correlation-ID")
        """Report it to the operator: the logs of the service contain it."""

        self.repeated = repeated
        """Whether an earlier attempt may have been executed: its answer was lost, or was a 5xx."""

        super().__init__(f"{self.status} {self.code}: {self.detail or response.reason_phrase}")


class UnreachableError(Exception):
    """No answer came. It is unknown whether the service handled the request."""


class StreamEndedError(Exception):
    """The service has ended the stream, and will not open another: `reason` is `suspended` or `erased`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the stream has ended: {reason}")
        self.reason = reason


def _seconds_of(response: httpx.Response) -> int | None:
    """Returns the seconds of `Retry-After`; None if it is missing or a date, as a client's clock may be wrong."""
    value = response.headers.get("Retry-After", "")
    return int(value) if re.fullmatch(r"[0-9]+", value) else None


def _members_of(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:  # a proxy in between answers with HTML
        return {}
    return body if isinstance(body, dict) else {}
