"""HTTP/1.1 on real connections, as a worker serves them."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import pytest

from creatorvault.core.http import connections
from creatorvault.management.commands.serving import server_of
from creatorvault.settings.sections import ServerSettings
from tests.application import House
from tests.factories import Creator

MUCH: Final = b" " * 100_000


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Peer:
    """A client of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def response(self, *, of_head: bool = False) -> Response:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        length = 0 if of_head else int(headers.get("content-length", 0))
        return Response(int(lines[0].split()[1]), headers, await self.reader.readexactly(length))

    async def is_closed(self) -> bool:
        """Waits until the server closes the connection, which it may do in the middle of a request."""
        try:
            async with asyncio.timeout(60):
                return await self.reader.read() == b""
        except ConnectionResetError:
            return True


type Connect = Callable[[], Awaitable[Peer]]

SMALL_BUFFER: Final = 4096
"""Bytes that a socket holds, so that a large response waits in the server."""


@asynccontextmanager
async def serving(house: House, **bounds: float) -> AsyncGenerator[Connect]:
    server = server_of(house.app, ServerSettings(**bounds))  # type: ignore[arg-type]  # each is a number
    server.config.lifespan = "off"  # the application has been started
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)  # inherited by its connections
        running = asyncio.create_task(server._serve([listener]))
        peers = []

        async def connect() -> Peer:
            own = socket.socket()
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            own.connect(listener.getsockname())
            peers.append(Peer(*await asyncio.open_connection(sock=own)))
            return peers[-1]

        while not server.started:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
        try:
            yield connect
        finally:
            for peer in peers:
                peer.writer.close()
            server.should_exit = True
            await running


@pytest.fixture
async def connect(house: House) -> AsyncGenerator[Connect]:
    async with serving(house) as connect:
        yield connect


def request(creator: Creator, method: str, more: str = "", body: bytes = b"", path: str | None = None) -> bytes:
    lines = [
        f"{method} {path or creator.url} HTTP/1.1",
        "Host: a",
        f"Authorization: {creator.headers['Authorization']}",
    ]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *more.split("\n")] if more else lines).encode() + b"\r\n\r\n" + body


def capture(title: str) -> bytes:
    return json.dumps({"title": title}).encode()


async def test_requests_of_one_connection_are_answered_in_their_order(connect: Connect, ada: Creator) -> None:
    peer = await connect()
    peer.send(request(ada, "POST", body=capture("One")) + request(ada, "GET") + request(ada, "GET", path="/health"))

    created, listed, health = [await peer.response() for _ in range(3)]
    assert (created.status, listed.status, health.status) == (201, 200, 200)
    assert [idea["title"] for idea in json.loads(listed.body)["items"]] == ["One"]
    assert "server" not in created.headers
    assert "date" in created.headers


async def test_head_has_a_length_and_no_body(connect: Connect, ada: Creator) -> None:
    peer = await connect()
    peer.send(request(ada, "GET") + request(ada, "HEAD") + request(ada, "GET"))

    got, head, again = await peer.response(), await peer.response(of_head=True), await peer.response()
    assert head.headers["content-length"] == got.headers["content-length"] == again.headers["content-length"]
    assert again.body == got.body

    peer.send(request(ada, "HEAD", "Connection: close"))
    assert (await peer.response(of_head=True)).status == 200
    assert await peer.is_closed()


async def test_a_response_without_body_leaves_the_connection_open(connect: Connect, ada: Creator) -> None:
    idea = await ada.idea()
    tag = (await ada.get(idea["id"])).headers["etag"]
    peer = await connect()

    peer.send(request(ada, "GET", f"If-None-Match: {tag}", path=ada.url_of(idea)))
    assert (await peer.response()).status == 304
    peer.send(request(ada, "DELETE", path=ada.url_of(idea)))
    assert (await peer.response()).status == 204
    peer.send(request(ada, "GET", path="/health"))
    assert (await peer.response()).status == 200


async def test_a_body_may_come_in_chunks_and_after_a_100(connect: Connect, ada: Creator) -> None:
    head = request(ada, "POST", "Content-Type: application/json\nTransfer-Encoding: chunked\nExpect: 100-continue")
    peer = await connect()

    peer.send(head)
    assert (await peer.response()).status == 100
    peer.send(b'9\r\n{"title":\r\n')
    await asyncio.sleep(0.05)
    peer.send(b'6\r\n"One"}\r\n0\r\n\r\n')
    assert (await peer.response()).status == 201


async def test_a_body_may_come_in_chunks_of_one_byte(connect: Connect, ada: Creator) -> None:
    body = json.dumps({"title": "One", "notes": "x" * 5000}).encode()
    peer = await connect()
    peer.send(request(ada, "POST", "Content-Type: application/json\nTransfer-Encoding: chunked"))
    for at in range(len(body)):
        peer.send(b"1\r\n%b\r\n" % body[at : at + 1])
    peer.send(b"0\r\n\r\n")

    assert (await peer.response()).status == 201


async def test_trailers_are_not_headers(connect: Connect, ada: Creator) -> None:
    idea = await ada.idea()
    head = request(ada, "PATCH", "Content-Type: application/json\nTransfer-Encoding: chunked", path=ada.url_of(idea))
    peer = await connect()
    peer.send(head + b'f\r\n{"title":"Two"}\r\n0\r\nIf-Match: "0000000000000001"\r\n\r\n')

    assert (await peer.response()).status == 200


@pytest.mark.parametrize("endless", [b"X: a\r\n" * 10_000, b"a" * 60_000])
async def test_endless_trailers_are_cut_off(house: House, ada: Creator, endless: bytes) -> None:
    sent = 0
    async with serving(house, header_seconds=3600) as connect:
        peer = await connect()
        peer.send(request(ada, "POST", "Content-Type: application/json\nTransfer-Encoding: chunked"))
        peer.send(b'f\r\n{"title":"Two"}\r\n0\r\nX: ')

        async def go_on() -> None:
            nonlocal sent
            while True:
                peer.send(endless)
                await peer.writer.drain()
                sent += len(endless)

        sending = asyncio.create_task(go_on())
        assert await peer.is_closed()
        with pytest.raises(OSError, match=r"reset|lost|[Bb]roken"):
            await sending
    assert sent < 32_000_000, "more than the buffers of the sockets hold"


async def test_a_client_that_still_sends_reads_the_whole_refusal(connect: Connect, ada: Creator) -> None:
    peer = await connect()
    peer.send(request(ada, "POST", "Content-Type: application/json\nContent-Length: 10000000"))
    for _ in range(100):
        peer.send(MUCH)
        await asyncio.sleep(0)

    refused = await peer.response()
    assert (refused.status, refused.headers["connection"]) == (413, "close")
    assert await peer.is_closed()


async def test_after_a_body_that_nobody_reads_comes_the_next_request(connect: Connect, ada: Creator) -> None:
    peer = await connect()
    unsigned = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" % ada.url.encode()
    peer.send(unsigned)
    assert (await peer.response()).status == 401
    for _ in range(2):
        peer.send(MUCH)
    peer.send(request(ada, "GET"))

    assert (await peer.response()).status == 200


@pytest.mark.parametrize(("target", "header", "status"), [(66_000, 0, 414), (1_000_000, 0, 431), (0, 1_000_000, 431)])
async def test_what_fits_nowhere_is_refused_without_a_body(
    connect: Connect, target: int, header: int, status: int
) -> None:
    peer = await connect()
    peer.send(b"GET /health?%b HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n" % (b"a" * target, b"a" * header))

    refused = await peer.response()
    assert (refused.status, refused.body, refused.headers["connection"]) == (status, b"", "close")
    peer.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    peer.writer.write_eof()
    assert await peer.is_closed()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["TLS", "0.9", "space", "byte", "CONNECT", "two lengths", "both", "negative", "chunk"],
)
async def test_what_is_not_http_is_400(connect: Connect, nonsense: bytes) -> None:
    peer = await connect()
    peer.send(nonsense)

    refused = await peer.response()
    assert refused.status in {400, 401}  # the last one is not wrong before its body
    peer.writer.write_eof()
    assert await peer.is_closed()


async def test_a_target_may_be_a_whole_url_or_an_asterisk(connect: Connect) -> None:
    peer = await connect()
    peer.send(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await peer.response()).status == 404
    peer.send(b"GET http://a/health HTTP/1.1\r\nHost: a\r\n\r\n")

    assert (await peer.response()).status == 200


async def test_http_1_0_needs_no_host_and_closes(connect: Connect) -> None:
    peer = await connect()
    peer.send(b"GET /health HTTP/1.0\r\n\r\n")

    assert (await peer.response()).status == 200
    assert await peer.is_closed()


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
async def test_an_upgrade_is_declined_by_a_response(connect: Connect, ada: Creator, protocol: str) -> None:
    more = f"Connection: Upgrade, HTTP2-Settings\nUpgrade: {protocol}\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"
    for body, status in ((b"", 200), (capture("One"), 201)):
        peer = await connect()
        peer.send(request(ada, "POST" if body else "GET", more, body))

        assert (await peer.response()).status == status
        peer.send(request(ada, "GET", path="/health"))
        assert (await peer.response()).status == 200


async def test_a_client_has_a_limited_time_for_a_request(house: House, ada: Creator) -> None:
    async with serving(house, header_seconds=0.5) as connect:
        silent, blank, trickling, idle, unread = [await connect() for _ in range(5)]
        blank.send(b"\r\n")
        idle.send(request(ada, "GET"))
        assert (await idle.response()).status == 200
        unread.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" % ada.url.encode())
        assert (await unread.response()).status == 401

        async def trickle() -> None:
            trickling.send(b"GET /health HTTP/1.1\r\n")
            for number in range(600):
                trickling.send(b"X-%d: a\r\n" % number)
                unread.send(b" ")
                idle.send(b"\r\n")
                await asyncio.sleep(0.1)

        sending = asyncio.create_task(trickle())
        for peer in (silent, blank, trickling, idle, unread):
            assert await peer.is_closed()
        sending.cancel()


async def test_a_response_is_sent_to_the_end_of_a_client_that_reads_slowly(
    house: House, ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "READING", 10_000)
    for number in range(100):
        await ada.idea(f"{number}", notes="😀" * 5000)
    async with serving(house, header_seconds=0.2) as connect:
        peer = await connect()
        peer.send(request(ada, "GET", path=f"{ada.url}?limit=100"))
        await asyncio.sleep(2)  # several times as long as it has for a request

        answer = await peer.response()
        assert len(json.loads(answer.body)["items"]) == 100


async def test_a_client_that_never_reads_is_disconnected(house: House, ada: Creator) -> None:
    for number in range(100):
        await ada.idea(f"{number}", notes="😀" * 5000)
    async with serving(house, header_seconds=0.2) as connect:
        peer = await connect()
        peer.send(request(ada, "GET", path=f"{ada.url}?limit=100"))
        await asyncio.sleep(6)

        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await peer.response()
