"""Streams of live updates in one process."""

import asyncio
import time
from contextlib import AsyncExitStack
from itertools import count

import httpx
import pytest

from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.parts import part_of
from creatorvault.core.waiting.shutdown import Shutdown
from creatorvault.sync.events import responses, streams
from creatorvault.sync.events.streams import KEEP_ALIVE, Lifetime, Stream, last_event_id
from tests.application import House
from tests.core.test_connections import request, serving
from tests.factories import Creator
from tests.logs import Logs
from tests.sync.events.clients import PATIENCE, asked, listening, live, served
from tests.sync.events.conftest import LASTING, HouseWith
from tests.ways import vault_of

TOKEN = "the-token-of-the-metrics-0123456789abcdef"


async def until_closed(house: House) -> None:
    async with asyncio.timeout(PATIENCE):
        while live(house.app).hub.open:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)


async def test_the_current_revision_comes_first_and_then_each_change(
    streaming: House, client: httpx.AsyncClient, ada: Creator
) -> None:
    here = streaming.creator(ada.user_id)
    idea = await here.idea()
    async with listening(client, ada) as stream:
        assert await stream.next() == ("revision", "1", {"revision": 1})

        for revision, change in enumerate((here.idea(), here.patch(idea, {"title": "Two"}), here.delete(idea)), 2):
            await change
            assert await stream.next() == ("revision", str(revision), {"revision": revision})


async def test_the_revision_that_the_client_has_seen_is_not_repeated(
    streaming: House, client: httpx.AsyncClient, ada: Creator
) -> None:
    here = streaming.creator(ada.user_id)
    await here.idea()
    async with listening(client, ada, **{"Last-Event-ID": "1"}) as stream:
        await here.idea()
        assert await stream.next() == ("revision", "2", {"revision": 2})
    for last in ("1", "3", "-2", "two", "9" * 40):
        async with listening(client, ada, **{"Last-Event-ID": last}) as stream:
            assert await stream.until(2) == [2], last


async def test_an_empty_vault_has_revision_zero(streaming: House, client: httpx.AsyncClient, ada: Creator) -> None:
    async with listening(client, ada) as stream:
        assert await stream.until(0) == [0]

        await streaming.creator(ada.user_id).idea()
        assert await stream.until(1) == [1]


async def test_every_stream_of_a_vault_shows_a_change(
    streaming: House, client: httpx.AsyncClient, ada: Creator
) -> None:
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(listening(client, ada)) for _ in range(5)]
        assert [await stream.until(0) for stream in opened] == [[0]] * 5

        await streaming.creator(ada.user_id).idea()
        assert [await stream.until(1) for stream in opened] == [[1]] * 5


async def test_others_and_strangers_are_refused(client: httpx.AsyncClient, ada: Creator, house: House) -> None:
    eve = house.creator()
    async with client.stream("GET", f"/api/v1/{ada.user_id}/events", headers=eve.headers) as foreign:
        assert foreign.status_code == 403
    async with client.stream("GET", f"/api/v1/{ada.user_id}/events") as nobodys:
        assert nobodys.status_code == 401


async def test_the_head_keeps_proxies_and_caches_away(client: httpx.AsyncClient, ada: Creator) -> None:
    async with asked(client, ada, {"Origin": "http://localhost:3000"}) as response:
        headers = response.headers
    assert headers["content-type"] == "text/event-stream"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
    assert headers["access-control-allow-origin"] == "http://localhost:3000"
    assert headers["x-content-type-options"] == "nosniff"
    assert "content-length" not in headers
    assert "content-encoding" not in headers


async def test_head_opens_no_stream(streaming: House, client: httpx.AsyncClient, ada: Creator) -> None:
    answer = await client.head(f"/api/v1/{ada.user_id}/events", headers=ada.headers)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream"
    assert live(streaming.app).hub.opened == 0


async def test_a_silent_stream_gets_comments(house_with: HouseWith, ada: Creator) -> None:
    house = await house_with(**LASTING, CREATORVAULT_LIVE__KEEP_ALIVE_SECONDS="1")
    async with served(house.app) as client, asked(client, ada) as response, asyncio.timeout(PATIENCE):
        received = ""
        async for text in response.aiter_text():
            received += text
            if received.endswith(":\n\n:\n\n"):
                break
    assert received == 'retry: 2000\nid: 0\nevent: revision\ndata: {"revision": 0}\n\n:\n\n:\n\n'


async def test_a_stream_ends_when_its_token_expires(streaming: House, client: httpx.AsyncClient) -> None:
    ada = streaming.creator(claims={"exp": int(time.time()) + 2})
    async with listening(client, ada) as stream:
        assert await stream.end() == "token_expired"


async def test_a_stream_has_a_longest_life(house: House, ada: Creator) -> None:
    async with served(house.app) as client, listening(client, ada) as stream:
        assert await stream.end() == "too_old"


async def test_an_identity_has_a_few_streams(house_with: HouseWith, ada: Creator) -> None:
    house = await house_with(**LASTING, CREATORVAULT_LIVE__STREAMS_PER_IDENTITY="2")
    eve = house.creator()
    async with served(house.app) as client:
        async with listening(client, ada), listening(client, ada), listening(client, eve) as third:
            assert await third.until(0) == [0]
            async with asked(client, ada) as refused:
                assert refused.status_code == 429
                assert int(refused.headers["retry-after"]) > 0
                assert (await refused.aread()).startswith(b'{"detail":"Too many streams of yours')
        await until_closed(house)
        async with listening(client, ada) as stream:
            assert await stream.until(0) == [0]


async def test_a_process_has_a_limited_number_of_streams(house_with: HouseWith, ada: Creator) -> None:
    house = await house_with(**LASTING, CREATORVAULT_LIVE__STREAMS="1")
    async with served(house.app) as client, listening(client, ada), asked(client, house.creator()) as refused:
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0


async def test_streams_end_when_the_server_shuts_down(streaming: House, ada: Creator, house: House) -> None:
    async with httpx.AsyncClient() as client, AsyncExitStack() as server:
        client.base_url = (await server.enter_async_context(served(streaming.app))).base_url
        async with (
            listening(client, ada) as one,
            listening(client, ada) as two,
            listening(client, house.creator()) as three,
        ):
            opened = [one, two, three]
            for stream in opened:
                await stream.until(0)
            part_of(streaming.app, Shutdown).announce()
            await server.aclose()

            assert [await stream.end() for stream in opened] == ["shutdown"] * 3
    assert live(streaming.app).hub.vaults() == {}


async def test_no_stream_is_opened_during_the_shutdown(
    streaming: House, client: httpx.AsyncClient, ada: Creator
) -> None:
    part_of(streaming.app, Shutdown).announce()

    async with asked(client, ada) as refused:
        assert refused.status_code == 503


async def test_clients_that_leave_leave_nothing(streaming: House, client: httpx.AsyncClient, house: House) -> None:
    hub, tasks = live(streaming.app).hub, len(asyncio.all_tasks())
    creators = [house.creator() for _ in range(20)]
    for _ in range(3):
        async with AsyncExitStack() as stack:
            for creator in creators:
                stream = await stack.enter_async_context(listening(client, creator))
                await stream.until(0)
            assert hub.open == len(hub.vaults()) == 20
        await until_closed(streaming)
    async with asyncio.timeout(PATIENCE):
        while len(asyncio.all_tasks()) > tasks + 3:  # noqa: ASYNC110  # the watcher, the listener and its connection
            await asyncio.sleep(0.01)

    assert hub.opened == 60
    assert len(hub) == 0


async def test_a_client_that_does_not_read_is_dropped(
    streaming: House, ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr(streams, "PAUSE_SECONDS", 0.0)
    hub, revisions = live(streaming.app).hub, map(VaultRevision, count(1))
    async with serving(streaming) as connect, asyncio.timeout(PATIENCE):
        peer = await connect()
        peer.reader._limit = 0  # type: ignore[attr-defined]  # asyncio would read as fast as it can
        peer.send(request(ada, "GET", path=f"/api/v1/{ada.user_id}/events"))
        while not hub.open:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
        while hub.open:
            hub.seen(vault_of(ada), next(revisions))
            await asyncio.sleep(0)
    assert len(hub) == 0


async def test_a_stream_is_one_line_of_the_log_without_ids(
    streaming: House, client: httpx.AsyncClient, ada: Creator, logs: Logs
) -> None:
    async with listening(client, ada) as stream:
        await stream.until(0)
    await until_closed(streaming)
    async with asyncio.timeout(PATIENCE):
        while not logs.named("request"):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)

    [line] = logs.named("request")
    assert (line["route"], line["status"]) == ("/api/v1/{user_id}/events", 200)
    assert ada.user_id not in logs.text


async def test_metrics_count_streams_and_leave_their_length_out(house_with: HouseWith, ada: Creator) -> None:
    house = await house_with(**LASTING, CREATORVAULT_METRICS__TOKEN=TOKEN)

    async def metrics() -> dict[str, float]:
        text = (await house.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})).text
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name.removeprefix("creatorvault_"): float(value) for name, _, value in lines}

    async with served(house.app) as client:
        began = time.perf_counter()
        async with listening(client, ada) as stream:
            await stream.until(0)
            opening = time.perf_counter() - began
            shown = await metrics()
            assert (shown["live_streams"], shown["live_events_total"]) == (1, 1)
        await until_closed(house)
    shown = await metrics()
    route = 'http_request_duration_seconds_{}{{method="GET",route="/api/v1/{{user_id}}/events",status="2xx"}}'
    assert (shown["live_streams"], shown["live_streams_opened_total"]) == (0, 1)
    assert shown[route.format("count")] == 1
    assert shown[route.format("sum")] < opening


def stream_of(seconds: float, last: int | None = None) -> Stream:
    vault = vault_of(Creator(httpx.AsyncClient(), "ada"))
    return Stream(
        vault, "caller", Lifetime(time.monotonic() + seconds, 3600), None if last is None else VaultRevision(last)
    )


async def test_several_changes_are_one_event_if_the_client_does_not_read() -> None:
    stream = stream_of(60)
    stream.show(VaultRevision(1))
    assert stream.first().endswith(b'{"revision": 1}\n\n')
    for revision in (2, 3, 4):
        stream.show(VaultRevision(revision))
    assert await stream.next(60) == b'id: 4\nevent: revision\ndata: {"revision": 4}\n\n'
    assert await stream.next(0) == KEEP_ALIVE


async def test_the_end_comes_once_and_keeps_its_reason() -> None:
    stream = stream_of(-1, last=3)
    assert stream.first().endswith(b'event: end\ndata: {"reason": "token_expired"}\n\n')
    assert stream.has_ended


def test_only_revisions_count_as_event_ids() -> None:
    ids = {text: last_event_id(text) for text in (None, "", "0", "12", " 1", "+1", "1.0", "٣", "1" * 19, "1" * 20)}
    assert {text for text, revision in ids.items() if revision is not None} == {"0", "12", "1" * 19}
