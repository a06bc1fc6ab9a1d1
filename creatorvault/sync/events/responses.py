"""The response that a stream is."""

import asyncio
from time import perf_counter
from typing import Any, Final

from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from creatorvault.core.errors import ClientGone
from creatorvault.core.http.responses import Header, encoded_headers
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.telemetry.request_context import request_context_of
from creatorvault.core.waiting.client_watch import ClientWatch
from creatorvault.sync.events.services import EventService
from creatorvault.sync.events.streams import KEEP_ALIVE, Lifetime, Stream

log = get_logger(__name__)

STALLED_SECONDS: Final = 5.0
"""Time in which a client must take what is sent, which is never more than one event."""

# nginx would collect events otherwise. Other proxies need settings of their own (docs/live.md).
HEADERS: Final = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}

_END: Final[HTTPResponseBodyEvent] = {"type": "http.response.body", "body": b"", "more_body": False}


class EventStream(Response[bytes]):
    """The status is sent when the stream is open: an error before that is rendered as any other.

    The response to HEAD has the same head, and opens no stream. Raises as `EventService.opened`, and ClientGone if the
    client has disconnected before.
    """

    def __init__(self, events: EventService, lifetime: Lifetime, keep_alive_seconds: float) -> None:
        super().__init__(b"")
        self._events = events
        self._lifetime = lifetime
        self._keep_alive_seconds = keep_alive_seconds

    def to_asgi_response(
        self, app: Any, request: Request[Any, Any, Any], *, headers: dict[str, str] | None = None, **_: Any
    ) -> ASGIResponse:
        sent = [*encoded_headers(headers or {}), *encoded_headers(HEADERS)]
        return _Streaming(sent, self._events, self._lifetime, self._keep_alive_seconds)


class _Streaming(ASGIResponse):
    __slots__ = ("_events", "_keep_alive_seconds", "_lifetime", "_start")

    def __init__(
        self, headers: list[Header], events: EventService, lifetime: Lifetime, keep_alive_seconds: float
    ) -> None:
        self._start: HTTPResponseStartEvent = {"type": "http.response.start", "status": 200, "headers": headers}
        self._events = events
        self._lifetime = lifetime
        self._keep_alive_seconds = keep_alive_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = request_context_of(scope)  # type: ignore[arg-type]  # of a request
        if context.method == "HEAD":
            await self._events.check()
            await send(self._start)
            await send(_END)
            return
        has_started = False
        try:
            async with ClientWatch(receive) as watch, self._events.opened(self._lifetime) as stream:
                watch.start()
                await send(self._start)
                has_started = True
                context.stream_started = perf_counter()
                await self._send_all(stream, send)
            # Without the watch: at the end of the response a server reports that the client has gone.
            async with asyncio.timeout(STALLED_SECONDS):
                await send(_END)
        except (ClientGone, TimeoutError) as error:
            if not has_started:
                raise
            if isinstance(error, TimeoutError):  # the response is left without its end, and its connection is reset
                log.info("stream.dropped")

    async def _send_all(self, stream: Stream, send: Send) -> None:
        """Raises TimeoutError if the client does not read."""
        piece = stream.first()
        while True:
            async with asyncio.timeout(STALLED_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            self._events.hub.sent += piece is not KEEP_ALIVE
            if stream.has_ended:
                return
            piece = await stream.next(self._keep_alive_seconds)
