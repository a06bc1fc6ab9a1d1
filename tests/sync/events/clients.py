"""Clients of live updates, and servers for them: the usual client of the tests reads responses as a whole."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import httpx
from litestar import Litestar

from creatorvault.core.parts import part_of
from creatorvault.management.commands.serving import server_of
from creatorvault.settings.sections import ServerSettings
from creatorvault.sync.events.parts import LiveParts
from tests.factories import Creator

PATIENCE: Final = 60.0
"""Seconds that a test waits for what comes within one or two on an idle machine."""


class Event(NamedTuple):
    name: str
    id: str | None
    data: Any


class Listening:
    """An open stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.text = ""
        self._events = self._parsed()

    async def next(self) -> Event:
        """Returns the next event. Fails if the stream ends."""
        async with asyncio.timeout(PATIENCE):
            return await anext(self._events)

    async def until(self, revision: int) -> list[int]:
        """Returns the revisions up to this one."""
        seen: list[int] = []
        while not seen or seen[-1] != revision:
            event = await self.next()
            assert event.name == "revision", event
            seen.append(event.data["revision"])
        return seen

    async def end(self) -> str:
        """Returns the reason, after the last revision, when the response has ended."""
        while (event := await self.next()).name != "end":
            pass
        async with asyncio.timeout(PATIENCE):
            assert [event async for event in self._events] == []
        reason: str = event.data["reason"]
        return reason

    async def _parsed(self) -> AsyncIterator[Event]:
        fields: dict[str, str] = {}
        async for line in self.response.aiter_lines():
            self.text += line + "\n"
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            elif not line and "data" in fields:
                yield Event(fields.get("event", "message"), fields.get("id"), json.loads(fields["data"]))
                fields = {}


@asynccontextmanager
async def listening(client: httpx.AsyncClient, creator: Creator, **headers: str) -> AsyncGenerator[Listening]:
    """Opens a stream of the creator's vault."""
    async with asked(client, creator, headers) as response:
        if response.status_code != 200:
            raise AssertionError(await response.aread())
        stream = Listening(response)
        yield stream
        del stream  # until here: the response would be closed with its iterator


@asynccontextmanager
async def asked(
    client: httpx.AsyncClient, creator: Creator, headers: Mapping[str, str] | None = None
) -> AsyncGenerator[httpx.Response]:
    url = f"/api/v1/{creator.user_id}/events"
    async with client.stream("GET", url, headers={**creator.headers, **(headers or {})}, timeout=PATIENCE) as response:
        yield response


@asynccontextmanager
async def served(app: Litestar, **bounds: float) -> AsyncGenerator[httpx.AsyncClient]:
    """Serves an application whose lifespan has begun, as a worker does. Its end is not the application's."""
    server = server_of(app, ServerSettings(**bounds))  # type: ignore[arg-type]  # each is a number
    server.config.lifespan = "off"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=None)) as client:
            try:
                yield client
            finally:
                server.should_exit = True
                await running


def live(app: Litestar) -> LiveParts:
    return part_of(app, LiveParts)


async def until_listening(app: Litestar) -> None:
    async with asyncio.timeout(PATIENCE):
        while not live(app).watcher.listener.is_listening:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
