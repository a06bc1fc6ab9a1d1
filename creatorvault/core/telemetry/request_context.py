"""The request context for logs, metrics and traces: route templates, numbers and pseudonyms, nothing private."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from http import HTTPMethod
from typing import Final, cast

from litestar.types import HTTPScope, Scope

from creatorvault.core.telemetry.trace_context import trace_of

STATE_KEY: Final = "exchange"
UNMATCHED: Final = "unmatched"
METHODS: Final = frozenset(HTTPMethod)
CURRENT: Final[ContextVar["RequestContext | None"]] = ContextVar("exchange", default=None)
"""The request that the current task handles."""


class RequestContext:
    """`status` is 0 until the response starts, and stays 0 if the client disconnects before."""

    __slots__ = (
        *("bytes_out", "caller", "correlation_id", "method", "scope", "started", "status", "stream_started", "trace"),
    )

    def __init__(self, scope: HTTPScope, correlation_id: str) -> None:
        self.scope = scope
        # The method as sent, since HEAD is routed as GET. Unknown methods are recorded as OTHER.
        self.method = scope["method"] if scope["method"] in METHODS else "OTHER"
        self.correlation_id = correlation_id
        self.started = time.perf_counter()
        self.trace = trace_of(scope)
        self.status = 0
        self.bytes_out = 0
        self.caller: str | None = None
        self.stream_started: float | None = None
        """When a response began that lasts as long as its client wants. Its length says nothing about the service."""

    def leave(self) -> None:
        """Drops the reference to the request when it ends. The reference cycle would keep both in memory until the next
        garbage collection, hundreds of requests later.
        """
        del self.scope

    @property
    def seconds(self) -> float:
        """Returns the seconds since the request arrived."""
        return time.perf_counter() - self.started

    @property
    def seconds_to_answer(self) -> float:
        """Returns the seconds until the response ended, or, of a response that lasts, until it began."""
        return (self.stream_started or time.perf_counter()) - self.started

    @property
    def route(self) -> str:
        """Returns the route template, since paths contain user ids: `/api/v1/{user_id}/ideas`. Known after routing."""
        return self.scope.get("path_template") or UNMATCHED


type RequestHook = Callable[[RequestContext], AbstractContextManager[None]]
"""A context manager around each request, entered before the application and left after the response."""

type CompletionHook = Callable[[RequestContext], None]
"""Called at the end of each request."""


def request_context_of(scope: HTTPScope) -> RequestContext:
    context: RequestContext = scope["state"][STATE_KEY]
    return context


def correlation_id(scope: Scope) -> str:
    return request_context_of(cast("HTTPScope", scope)).correlation_id
