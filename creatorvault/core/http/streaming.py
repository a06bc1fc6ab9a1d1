"""Responses that are sent as they are produced, in bounded memory.

A response whose status has been sent cannot become an error any more. If it cannot be finished, the connection is
reset without the end of the body, so that no client and no proxy takes it for a whole one.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final, NamedTuple

from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from creatorvault.core.errors import ClientGone, InternalError, ServiceUnavailable
from creatorvault.core.http.problems import report_failure
from creatorvault.core.http.responses import Header, encoded_headers
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.telemetry.request_context import request_context_of
from creatorvault.core.waiting.client_watch import ClientWatch

log = get_logger(__name__)

_END: Final[HTTPResponseBodyEvent] = {"type": "http.response.body", "body": b"", "more_body": False}


class StreamLimits(NamedTuple):
    """Seconds in which a client must take each piece, and the whole response."""

    stalled_seconds: float
    seconds: float


class StreamedResponse(Response[bytes]):
    """`pieces` is not started before the response is, and closed when it ends, however it ends.

    The status is sent with the first piece: an error that is raised before is rendered as any other. Raises
    ServiceUnavailable if there is no first piece in time, and ClientGone if the client has disconnected by then.
    """

    def __init__(
        self, pieces: AsyncGenerator[bytes], media_type: str, headers: Mapping[str, str], limits: StreamLimits
    ) -> None:
        super().__init__(b"", media_type=media_type, headers=headers)
        self._pieces = pieces
        self._limits = limits

    def to_asgi_response(
        self,
        app: Any,
        request: Request[Any, Any, Any],
        *,
        headers: dict[str, str] | None = None,
        status_code: int | None = None,
        **_: Any,
    ) -> ASGIResponse:
        own = {**self.headers, "Content-Type": str(self.media_type)}
        sent = [*encoded_headers(headers or {}), *encoded_headers(own)]
        return _Streamed(self.status_code or status_code or 200, sent, self._pieces, self._limits)


class _Streamed(ASGIResponse):
    __slots__ = ("_limits", "_pieces", "_start")

    def __init__(self, status: int, headers: list[Header], pieces: AsyncGenerator[bytes], limits: StreamLimits) -> None:
        self._start: HTTPResponseStartEvent = {"type": "http.response.start", "status": status, "headers": headers}
        self._pieces = pieces
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_head = request_context_of(scope).method == "HEAD"  # type: ignore[arg-type]  # of a request
        has_started = False
        try:
            async with (
                asyncio.timeout(self._limits.seconds),
                ClientWatch(receive) as watch,
                aclosing(self._pieces) as pieces,
            ):
                watch.start()
                async for piece in pieces:
                    if not has_started:
                        has_started = True
                        await send(self._start)
                    if is_head:
                        break
                    async with asyncio.timeout(self._limits.stalled_seconds):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
            # Without the watch: at the end of the response a server reports that the client has gone.
            async with asyncio.timeout(self._limits.stalled_seconds):
                await send(_END)
        except Exception as error:
            if not has_started:
                if isinstance(error, TimeoutError):
                    raise ServiceUnavailable from None
                raise
            _report(error)


def _report(error: Exception) -> None:
    """The response ends without its end, which the server answers by a reset (core.http.connections)."""
    if isinstance(error, ClientGone | ServiceUnavailable | TimeoutError):
        log.warning("response.cut_off", reason=type(error).__name__)
    else:
        report_failure(error)
        log.error("response.cut_off", reason=InternalError.__name__)
