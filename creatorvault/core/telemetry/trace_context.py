"""The trace that a request belongs to (W3C Trace Context, level 1)."""

import os
import re
from typing import Final, NamedTuple

from litestar.types import HTTPScope

from creatorvault.core.telemetry.asgi_headers import first_values

HEADER: Final = b"traceparent"
FORM: Final = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
FORBIDDEN_VERSION: Final = b"ff"


class Trace(NamedTuple):
    """`parent_id` is the caller's span, or None if the trace begins here."""

    trace_id: str
    parent_id: str | None = None
    sampled: bool = False


def trace_of(scope: HTTPScope) -> Trace:
    """Returns the caller's trace if its header is valid (§3.2), else a new one. Several headers are invalid (§4.3)."""
    if HEADER not in first_values(scope):
        return Trace(os.urandom(16).hex())
    given = [value for name, value in scope["headers"] if name == HEADER]
    return (len(given) == 1 and _read(given[0])) or Trace(os.urandom(16).hex())


def _read(header: bytes) -> Trace | None:
    """Later versions may add fields, version 00 may not (§4.3). An id of only zeros is invalid (§3.2.2)."""
    found = FORM.fullmatch(header)
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == FORBIDDEN_VERSION or (version == b"00" and more) or not (int(trace_id, 16) and int(parent_id, 16)):
        return None
    return Trace(trace_id.decode(), parent_id.decode(), sampled=bool(int(flags, 16) & 1))
