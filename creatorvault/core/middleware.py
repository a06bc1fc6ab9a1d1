"""What happens to every exchange, answered by a handler or not: correlation id, security headers, one log line."""

import os
import re
from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from http import HTTPMethod
from typing import Any, Final, cast

from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.middleware._internal.cors import CORSMiddleware
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send
from litestar.types.asgi_types import LifeSpanReceive, LifeSpanScope, LifeSpanSend

from creatorvault.core.deadlines import OneDeadline
from creatorvault.core.errors import CreatorVaultError, HeadersTooLarge, TargetTooLong
from creatorvault.core.exchanges import CURRENT, STATE_KEY, Exchange, Observer, Watcher
from creatorvault.core.headers import first_values, header
from creatorvault.core.limits import limit_headers
from creatorvault.core.logging import get_logger
from creatorvault.core.problems import render
from creatorvault.settings import ServerSettings

log = get_logger(__name__)

VARIANTS: Final = "89ab"
ORIGIN: Final = b"origin"
CORRELATION_HEADER: Final = b"x-correlation-id"
MAX_PATH_BYTES: Final = 4096
"""A user id of 255 characters has 3,060 bytes at most, percent-encoded. Litestar keeps a thousand paths in memory."""

MAX_HEADERS: Final = 100
"""As many as Granian reads."""

TOKEN_HEADER: Final = b"authorization"
FIELD_BYTES: Final = 4
"""What a header has beside its name and value: a colon, a blank and the end of its line."""

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


class Edge(Litestar):
    """The application with its edge. Litestar's own middleware does not see what routing refuses; this does."""

    bounds: ServerSettings = ServerSettings()
    behind_tls: bool = False
    observers: Sequence[Observer] = ()
    watchers: Sequence[Watcher] = ()

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._exchange(cast("HTTPScope", scope), cast("Receive", receive), cast("Send", send))
        else:
            await super().__call__(scope, receive, send)

    def _refused(self, scope: HTTPScope) -> CreatorVaultError | None:
        """For its size alone, before anything is read of it. A token has a bound of its own, and a reason (401)."""
        path = len(scope.get("raw_path") or scope["path"])
        if path > MAX_PATH_BYTES:
            return TargetTooLong("path", MAX_PATH_BYTES)
        if path + len(scope["query_string"]) > self.bounds.max_target_bytes:
            return TargetTooLong("path and the query together", self.bounds.max_target_bytes)
        sizes = [len(name) + len(value) + FIELD_BYTES for name, value in scope["headers"] if name != TOKEN_HEADER]
        if sum(sizes) > self.bounds.max_header_bytes or len(sizes) > MAX_HEADERS:
            return HeadersTooLarge(self.bounds.max_header_bytes, MAX_HEADERS)
        return None

    def _refuse(self, error: CreatorVaultError, scope: HTTPScope, receive: Receive, send: Send) -> Awaitable[None]:
        """As Litestar answers what a handler raises, CORS included."""
        scope["app"] = scope["litestar_app"] = self
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        answer: ASGIApp = render(request, error).to_asgi_response(None, request)
        cors = self.asgi_handler
        if isinstance(cors, CORSMiddleware):
            answer = CORSMiddleware(answer, cors.config)
        return answer(scope, receive, send)

    def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> Awaitable[None]:
        """As Litestar does. A request without an origin goes past its CORS (Fetch Standard §3.3), which would make a
        mapping of all headers to find that out.
        """
        if (error := self._refused(scope)) is not None:
            return self._refuse(error, scope, receive, send)
        cors = self.asgi_handler
        if isinstance(cors, CORSMiddleware) and not self.before_send and header(scope, ORIGIN) is None:
            scope["app"] = scope["litestar_app"] = self
            return cors.app(scope, receive, send)
        return super().__call__(scope, receive, send)

    async def _exchange(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, _identifier(scope))
        scope.setdefault("state", {})[STATE_KEY] = exchange

        def guarded_send(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                exchange.status = int(message["status"])
                self._add_headers(message, exchange)
            elif message["type"] == "http.response.body":
                exchange.bytes_out += len(message["body"])
            return send(message)

        token = CURRENT.set(exchange)
        try:
            with OneDeadline():
                if self.observers:
                    with ExitStack() as observed:
                        for observe in self.observers:
                            observed.enter_context(observe(exchange))
                        await self._answer(scope, receive, guarded_send)
                else:
                    await self._answer(scope, receive, guarded_send)
        finally:
            _log(exchange)
            for watch in self.watchers:
                watch(exchange)
            CURRENT.reset(token)
            exchange.leave()

    def _add_headers(self, message: HTTPResponseStartEvent, exchange: Exchange) -> None:
        headers = [
            *message.get("headers", ()),
            *SECURITY_HEADERS,
            *limit_headers(exchange.scope),
            (CORRELATION_HEADER, exchange.correlation_id.encode()),
        ]
        if exchange.scope["method"] == HTTPMethod.OPTIONS:
            headers = [self._corrected(exchange, name, value) for name, value in headers]
        if CONTENT_POLICY[0] not in dict(headers):
            headers.append(CONTENT_POLICY)
        if self.behind_tls:
            headers.append(TRANSPORT_SECURITY)
        message["headers"] = headers

    def _corrected(self, exchange: Exchange, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """Litestar's answer to OPTIONS allows the methods of the handler that was registered first, and no others."""
        if name == b"allow":
            template = exchange.scope.get("path_template")
            methods = {method for route in self.routes if route.path_format == template for method in route.methods}
            return name, ", ".join(sorted(methods)).encode() or value
        return name, value


def _log(exchange: Exchange) -> None:
    """`caller` is a pseudonym (core.limits): enough to see that it is always the same one, and not who it is."""
    caller = {} if exchange.caller is None else {"caller": exchange.caller}
    log.info(
        "request",
        method=exchange.method,
        route=exchange.route,
        status=exchange.status,
        milliseconds=round(exchange.seconds * 1000, 2),
        bytes=exchange.bytes_out,
        **caller,
    )


def _identifier(scope: Scope) -> str:
    """The client's own id when it is short and plain, so that it can be printed in logs; else a new one."""
    if CORRELATION_HEADER in first_values(scope):
        for name, value in scope["headers"]:
            if name == CORRELATION_HEADER and WELL_FORMED.fullmatch(value):
                return value.decode()
    return new_identifier()


def new_identifier() -> str:
    """A random UUID (RFC 9562 §5.4), written without the object that `uuid4` makes first."""
    digits = os.urandom(16).hex()
    variant = VARIANTS[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
