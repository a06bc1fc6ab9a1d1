"""One request and its answer, as logs, metrics and traces see them: templates, numbers, pseudonyms, nothing private."""

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
"""The exchange that the running task is about."""


class RequestContext:
    """`status` is 0 until the answer begins, and stays 0 when the client goes away before."""

    __slots__ = ("bytes_out", "caller", "correlation_id", "method", "scope", "started", "status", "trace")

    def __init__(self, scope: HTTPScope, correlation_id: str) -> None:
        self.scope = scope
        # As it was sent, since HEAD is routed as GET. A client may send any word: what HTTP does not know is OTHER.
        self.method = scope["method"] if scope["method"] in METHODS else "OTHER"
        self.correlation_id = correlation_id
        self.started = time.perf_counter()
        self.trace = trace_of(scope)
        self.status = 0
        self.bytes_out = 0
        self.caller: str | None = None

    def leave(self) -> None:
        """When it is over: lets go of the request. Each would hold the other, and both would stay in memory until
        garbage is looked for, after hundreds of requests more.
        """
        del self.scope

    @property
    def seconds(self) -> float:
        """Since the request arrived."""
        return time.perf_counter() - self.started

    @property
    def route(self) -> str:
        """The template, since paths carry user ids: `/api/v1/{user_id}/ideas`. Known once the request is routed."""
        return self.scope.get("path_template") or UNMATCHED


type RequestHook = Callable[[RequestContext], AbstractContextManager[None]]
"""Entered before the application sees a request, left when the answer is out."""

type CompletionHook = Callable[[RequestContext], None]
"""Told of an exchange when it is over."""


def request_context_of(scope: HTTPScope) -> RequestContext:
    context: RequestContext = scope["state"][STATE_KEY]
    return context


def correlation_id(scope: Scope) -> str:
    return request_context_of(cast("HTTPScope", scope)).correlation_id
