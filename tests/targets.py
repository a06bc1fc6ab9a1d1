"""Requests whose path is sent unchanged: httpx resolves dots and re-encodes characters."""

from collections.abc import Mapping
from typing import Any

import httpx
from litestar import Litestar


async def sent_as_it_is(
    app: Litestar, path: str, headers: Mapping[str, str] | None = None, *, http_version: str = "1.1", host: bool = True
) -> httpx.Response:
    """Returns the response to a GET. `path` is percent-encoded."""
    given = {**({"host": "creatorvault.test"} if host else {}), **(headers or {})}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": http_version,
        "method": "GET",
        "path": "/decoded/by/the/server",
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("creatorvault.test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "state": {},
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]  # the plain dicts that a server would hand over
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])
