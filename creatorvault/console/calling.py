"""Requests to operations of the admin API, made inside the process for the person who is signed in.

Each takes the way of a request from outside, below the edge: guard, scopes, limits, validation, service, audit events.
It is part of the browser's request: it has its address, its correlation id and its time, and no line in the log.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request
from litestar.types import HTTPScope, Message, Receive, Send

from creatorvault.admin.guards import SIGNED_IN
from creatorvault.admin.scopes import Caller
from creatorvault.console.operations import AdminOperation
from creatorvault.core.errors import CreatorVaultError
from creatorvault.core.http.problems import PROBLEM_JSON
from creatorvault.core.limits.client_addresses import FORWARDED_FOR
from creatorvault.core.telemetry.request_context import STATE_KEY, request_context_of

SHARED: Final = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path", "app", "litestar_app")
"""What the scope of such a request has from the browser's."""

PASSED_ON: Final = (b"host", FORWARDED_FOR)
RETRY_AFTER: Final = b"retry-after"

type Values = Mapping[str, str]
type Parameters = Mapping[str, str | Sequence[str]]


class FieldProblem(msgspec.Struct, frozen=True):
    """An invalid field, as errors of the API list them."""

    type: str
    loc: tuple[str | int, ...]
    msg: str
    ctx: dict[str, Any] = {}


class Problem(msgspec.Struct, frozen=True):
    """Problem details (RFC 9457) as the API sends them."""

    detail: str = ""
    code: str = "internal_error"
    errors: tuple[FieldProblem, ...] = ()


class OperationRefused(CreatorVaultError):
    """The operation's own refusal, which the API has reported where it has to be."""

    def __init__(self, status: int, problem: Problem, retry_after: str | None) -> None:
        super().__init__(problem.detail)
        self.status = HTTPStatus(status)  # type: ignore[misc]  # a class fact for every other error; here the API decides
        self.code = problem.code  # type: ignore[misc]  # as the status
        self.errors = problem.errors
        self._retry_after = retry_after

    def headers(self) -> Mapping[str, str]:
        return {} if self._retry_after is None else {"Retry-After": self._retry_after}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """`path` are path parameters. `body` is None for an operation without one."""

    operation: AdminOperation
    path: Values = {}
    query: Parameters = {}
    body: Mapping[str, object] | None = None


async def answered(request: Request[Any, Any, Any], caller: Caller, call: Call) -> Mapping[str, Any]:
    """Returns the JSON object of the response. Raises OperationRefused."""
    received = Received()
    await passed(request, caller, call, received)
    received.raise_if_refused()
    content: Mapping[str, Any] = msgspec.json.decode(received.content)
    return content


async def passed(request: Request[Any, Any, Any], caller: Caller, call: Call, send: Send) -> None:
    """Has the response sent to `send`, whatever its status is."""
    content = b"" if call.body is None else msgspec.json.encode(call.body)
    scope = _scope(request.scope, caller, call, content)
    await request.app.asgi_handler(scope, _receive(content, request.receive), send)


class Received:
    """Takes a whole response."""

    def __init__(self) -> None:
        self.status = 0
        self.content = b""
        self._headers: Mapping[bytes, bytes] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = dict(message["headers"])
        else:
            self.content += message["body"]  # type: ignore[typeddict-item]  # there are no other messages

    @property
    def is_refused(self) -> bool:
        return self.status >= HTTPStatus.BAD_REQUEST

    def raise_if_refused(self) -> None:
        """Raises OperationRefused."""
        if self.is_refused:
            raise self.refusal()

    def refusal(self) -> OperationRefused:
        retry_after = self._headers.get(RETRY_AFTER)
        return OperationRefused(
            self.status,
            msgspec.json.decode(self.content, type=Problem),
            None if retry_after is None else retry_after.decode("latin-1"),
        )


def _scope(browser: Mapping[str, Any], caller: Caller, call: Call, content: bytes) -> HTTPScope:
    path = call.operation.template.format_map({name: quote(value, safe="") for name, value in call.path.items()})
    headers = [(name, value) for name, value in browser["headers"] if name in PASSED_ON]
    headers.append((b"accept", PROBLEM_JSON.encode()))
    if call.body is not None:
        headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    scope: HTTPScope = {
        **{name: browser[name] for name in SHARED if name in browser},  # type: ignore[typeddict-item]  # of a request
        "method": call.operation.method,
        "path": path,  # as sent: routes are found by the undecoded path
        "raw_path": path.encode(),
        "query_string": urlencode(call.query, doseq=True).encode(),
        "headers": headers,
        "path_params": {},
        "state": {STATE_KEY: request_context_of(browser), SIGNED_IN: caller},
    }
    return scope


def _receive(content: bytes, browser: Receive) -> Receive:
    """First the body, then what the browser's connection has to say: that it is closed."""
    is_read = False

    async def receive() -> Any:
        nonlocal is_read
        if is_read:
            return await browser()
        is_read = True
        return {"type": "http.request", "body": content, "more_body": False}

    return receive
