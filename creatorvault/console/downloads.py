"""Responses of the API that a browser stores as files, sent as they are produced."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Message, Receive, Scope, Send

from creatorvault.admin.scopes import Caller
from creatorvault.console.calling import Call, OperationRefused, Received, passed
from creatorvault.core.http.responses import Header

DISPOSITION: Final = b"content-disposition"
KEPT: Final = (b"content-type", b"content-length", DISPOSITION)
NO_STORE: Final[Header] = (b"cache-control", b"no-store")

type OnRefusal = Callable[[OperationRefused], Response[str]]


class Download(Response[bytes]):
    """`refused` makes the page that is sent if the API refuses the request."""

    def __init__(self, request: Request[Any, Any, Any], caller: Caller, call: Call, refused: OnRefusal) -> None:
        super().__init__(b"")
        self._sent = _Sent(request, caller, call, refused)

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> ASGIResponse:
        return self._sent


class _Sent(ASGIResponse):
    __slots__ = ("_call", "_caller", "_refused", "_request")

    def __init__(self, request: Request[Any, Any, Any], caller: Caller, call: Call, refused: OnRefusal) -> None:
        self._request = request
        self._caller = caller
        self._call = call
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = Received()

        async def forward(message: Message) -> None:
            await received(message)
            if received.is_refused:
                return
            if message["type"] == "http.response.start":
                message["headers"] = [*self._headers(message["headers"]), NO_STORE]
            received.content = b""
            await send(message)

        await passed(self._request, self._caller, self._call, forward)
        if received.is_refused:
            page = self._refused(received.refusal()).to_asgi_response(None, self._request)
            await page(scope, receive, send)

    def _headers(self, headers: Any) -> list[Header]:
        kept = [(name, value) for name, value in headers if name in KEPT]
        if DISPOSITION not in dict(kept):
            kept.append((DISPOSITION, b'attachment; filename="%b"' % self._call.operation.name.encode()))
        return kept
