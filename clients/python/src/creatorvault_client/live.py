"""Live updates: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx

from creatorvault_client.errors import StreamEndedError, UnreachableError

if TYPE_CHECKING:
    from creatorvault_client.client import Client

SILENT_SECONDS: Final = 45.0
"""A connection on which nothing has come for so long, not even a comment, is replaced."""

FINAL: Final = frozenset({"suspended", "erased"})


class Event(NamedTuple):
    kind: str
    id: str
    data: str


async def revisions(client: "Client", path: str, after: int | None, silent_seconds: float) -> AsyncGenerator[int, None]:
    """Yields revisions as they come, and reconnects with `Last-Event-ID`. Raises ApiError and StreamEndedError."""
    last = "" if after is None else str(after)
    failures = 0
    while True:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        try:
            async with client.stream(path, headers, silent_seconds) as response:
                async for event in events_of(response):
                    failures, last = 0, event.id or last
                    data = json.loads(event.data)
                    if event.kind == "revision":
                        yield data["revision"]
                    elif event.kind == "end" and data["reason"] in FINAL:
                        raise StreamEndedError(data["reason"])
        except (httpx.TransportError, UnreachableError):
            pass  # connected again below
        failures += 1
        await asyncio.sleep(client.sender.retries.pause(failures))


async def events_of(response: httpx.Response) -> AsyncGenerator[Event, None]:
    kind, event_id, data = "", "", ""
    async for line in response.aiter_lines():
        name, _, content = line.partition(":")
        content = content.removeprefix(" ")
        if name == "event":
            kind = content
        elif name == "id":
            event_id = content
        elif name == "data":
            data += content
        elif not line:
            if data:
                yield Event(kind, event_id, data)
            kind, event_id, data = "", "", ""
