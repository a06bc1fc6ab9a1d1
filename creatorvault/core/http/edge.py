"""Processing of every request, routed or not: correlation id, security headers, one log line."""

import re
from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from http import HTTPMethod
from typing import Any, Final
from uuid import uuid4

from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware._internal.cors import CORSMiddleware
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send
from litestar.types.asgi_types import LifeSpanReceive, LifeSpanScope, LifeSpanSend

from creatorvault.core.errors import CreatorVaultError, NotFound
from creatorvault.core.http.bounds import refusal
from creatorvault.core.http.cors import Origins, varying_by_origin
from creatorvault.core.http.handlers import SAME_ORIGIN
from creatorvault.core.http.problems import render
from creatorvault.core.http.routing import SharedPaths, route_as_sent, sent_path, with_head
from creatorvault.core.limits.rate_limits import limit_headers
from creatorvault.core.telemetry.asgi_headers import first_values, header
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.telemetry.request_context import CURRENT, STATE_KEY, CompletionHook, RequestContext, RequestHook
from creatorvault.core.waiting.deadlines import RequestDeadline
from creatorvault.settings.sections import ServerSettings

log = get_logger(__name__)

ORIGIN: Final = b"origin"
LOCATION: Final = b"location"
CORRELATION_HEADER: Final = b"x-correlation-id"
WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}")

SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), camera=()"),
    (b"x-xss-protection", b"1; mode=block"),
)
CONTENT_POLICY: Final = (b"content-security-policy", b"default-src 'self'")
TRANSPORT_SECURITY: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Edge(SharedPaths, Litestar):
    """Wraps the application. Unlike Litestar middleware, it also sees requests that routing refuses."""

    bounds: ServerSettings = ServerSettings()
    behind_tls: bool = False
    origins: Origins | None = None
    answered: Sequence[str] = ()
    request_hooks: Sequence[RequestHook] = ()
    completion_hooks: Sequence[CompletionHook] = ()

    def __init__(self, *, path_prefix: str = "", **options: Any) -> None:
        """`options` are Litestar's. `path_prefix` is the path under which a proxy serves it, as `/creatorvault`.

        With `answered`, requests from outside for other paths, and those below them, get 404.
        """
        super().__init__(**options)
        self.path_prefix = path_prefix
        route_as_sent(self, path_prefix)

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._handle(scope, receive, send)  # type: ignore[arg-type]  # of a request, by its type
        else:
            await super().__call__(scope, receive, send)

    def _refuse(self, error: CreatorVaultError, scope: HTTPScope, receive: Receive, send: Send) -> Awaitable[None]:
        """Responds as Litestar does to an exception of a handler, including CORS."""
        scope["app"] = scope["litestar_app"] = self
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        answer: ASGIApp = render(request, error).to_asgi_response(None, request)
        cors = self.asgi_handler
        if isinstance(cors, CORSMiddleware) and _is_preflight(scope):
            answer = CORSMiddleware(answer, cors.config)
        return answer(scope, receive, send)

    def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> Awaitable[None]:
        """Calls the application as Litestar does. Its CORS handles only preflights (core.http.cors)."""
        if (error := refusal(scope, self.bounds)) is not None:
            return self._refuse(error, scope, receive, send)
        scope["path"] = sent_path(scope).decode("latin-1")
        if self.answered and not self._is_answered(scope["path"]):
            return self._refuse(NotFound("Not Found"), scope, receive, send)
        if scope["method"] == HTTPMethod.HEAD:
            scope["method"] = "GET"
        cors = self.asgi_handler
        if isinstance(cors, CORSMiddleware) and not self.before_send and not _is_preflight(scope):
            scope["app"] = scope["litestar_app"] = self
            return cors.app(scope, receive, send)
        return super().__call__(scope, receive, send)

    def _is_answered(self, path: str) -> bool:
        own = f"{path.removeprefix(self.path_prefix)}/"
        return any(own.startswith(f"{answered}/") for answered in self.answered)

    async def _handle(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        context = RequestContext(scope, _identifier(scope))
        scope.setdefault("state", {})[STATE_KEY] = context

        def guarded_send(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                context.status = int(message["status"])
                self._add_headers(message, context)
                if context.method == HTTPMethod.HEAD:
                    scope["method"] = "HEAD"  # the server must know that no body will follow
            elif message["type"] == "http.response.body":
                if context.method == HTTPMethod.HEAD:
                    message["body"] = b""
                context.bytes_out += len(message["body"])
            return send(message)

        token = CURRENT.set(context)
        try:
            with RequestDeadline():
                if self.request_hooks:
                    with ExitStack() as observed:
                        for observe in self.request_hooks:
                            observed.enter_context(observe(context))
                        await self._answer(scope, receive, guarded_send)
                else:
                    await self._answer(scope, receive, guarded_send)
        finally:
            _log(context)
            for watch in self.completion_hooks:
                watch(context)
            CURRENT.reset(token)
            context.leave()

    def _add_headers(self, message: HTTPResponseStartEvent, context: RequestContext) -> None:
        headers = [
            *message.get("headers", ()),
            *SECURITY_HEADERS,
            *limit_headers(context.scope),
            (CORRELATION_HEADER, context.correlation_id.encode()),
        ]
        if context.method == HTTPMethod.OPTIONS:
            headers = [self._corrected(context, name, value) for name, value in headers]
        if self.path_prefix:
            headers = [self._prefixed(name, value) for name, value in headers]
        if self.origins is not None and not _is_preflight(context.scope) and not _is_for_same_origin(context.scope):
            headers += self.origins.headers(header(context.scope, ORIGIN))
        if self.origins is not None and not self.origins.anybody:
            headers = varying_by_origin(headers)
        if CONTENT_POLICY[0] not in dict(headers):
            headers.append(CONTENT_POLICY)
        if self.behind_tls:
            headers.append(TRANSPORT_SECURITY)
        message["headers"] = headers

    def _corrected(self, context: RequestContext, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """Corrects `Allow`: Litestar's response to OPTIONS lists only the methods of the first registered handler."""
        if name == b"allow":
            template = context.scope.get("path_template")
            methods = {method for route in self.routes if route.path_format == template for method in route.methods}
            return name, ", ".join(with_head(methods)).encode() or value
        return name, value

    def _prefixed(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """Returns the public path of one of our paths."""
        return name, self.path_prefix.encode() + value if name == LOCATION and value.startswith(b"/") else value


def _is_preflight(scope: HTTPScope) -> bool:
    """Uses Litestar's definition of a preflight."""
    return scope["method"] == HTTPMethod.OPTIONS and bool(header(scope, ORIGIN))


def _is_for_same_origin(scope: HTTPScope) -> bool:
    handler: BaseRouteHandler | None = scope.get("route_handler")  # a request without a route has none
    return handler is not None and SAME_ORIGIN in handler.opt


def _log(context: RequestContext) -> None:
    """`caller` is a pseudonym: it identifies requests of the same caller without revealing who it is."""
    caller = {} if context.caller is None else {"caller": context.caller}
    log.info(
        "request",
        method=context.method,
        route=context.route,
        status=context.status,
        milliseconds=round(context.seconds * 1000, 2),
        bytes=context.bytes_out,
        **caller,
    )


def _identifier(scope: Scope) -> str:
    """Returns the client's id if it is short and plain, so that it can be logged; else a new one."""
    if CORRELATION_HEADER in first_values(scope):
        for name, value in scope["headers"]:
            if name == CORRELATION_HEADER and WELL_FORMED.fullmatch(value):
                return value.decode()
    return str(uuid4())
