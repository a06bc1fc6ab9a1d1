"""Work is cancelled only if its client has disconnected."""

import asyncio

import pytest
from litestar.types import HTTPDisconnectEvent, HTTPReceiveMessage, HTTPRequestEvent

from creatorvault.core.errors import ClientGone
from creatorvault.core.waiting.client_watch import ClientWatch

REQUEST: HTTPRequestEvent = {"type": "http.request", "body": b"", "more_body": False}
DISCONNECT: HTTPDisconnectEvent = {"type": "http.disconnect"}


class Client:
    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.asked = 0

    async def receive(self) -> HTTPReceiveMessage:
        self.asked += 1
        if self.asked == 1:
            return REQUEST
        await self.left.wait()
        return DISCONNECT


async def test_work_is_cancelled_when_its_client_disconnects() -> None:
    client = Client()

    async def leave() -> None:
        await asyncio.sleep(0.01)
        client.left.set()

    leaving = asyncio.create_task(leave())
    with pytest.raises(ClientGone):
        async with asyncio.timeout(60), ClientWatch(client.receive) as watch:
            watch.start()
            await asyncio.sleep(3600)
    await leaving


async def test_a_connected_client_gets_its_response() -> None:
    client = Client()
    async with ClientWatch(client.receive) as watch:
        watch.start()
        watch.start()
        await asyncio.sleep(0.01)

    client.left.set()
    await asyncio.sleep(0.01)
    assert client.asked == 2


async def test_short_work_does_not_watch_the_client() -> None:
    client = Client()
    async with ClientWatch(client.receive):
        await asyncio.sleep(0)

    assert client.asked == 0


async def test_another_cancellation_is_not_converted() -> None:
    client = Client()

    async def work() -> None:
        async with ClientWatch(client.receive) as watch:
            watch.start()
            await asyncio.sleep(3600)

    working = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    working.cancel()

    with pytest.raises(asyncio.CancelledError):
        await working


async def test_an_error_of_the_work_is_raised_despite_a_disconnect() -> None:
    client = Client()
    with pytest.raises(ValueError, match="mine"):
        async with ClientWatch(client.receive) as watch:
            watch.start()
            client.left.set()
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                raise ValueError("mine") from None
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]  # a coroutine runs in a task
