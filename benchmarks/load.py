"""A lean HTTP/1.1 client for loopback: keeps so many connections busy for so many seconds, and times each answer."""

import asyncio
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Final, NamedTuple, cast

HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"
CHUNKED: Final = b"transfer-encoding: chunked"
LAST_CHUNK: Final = b"\r\n0\r\n\r\n"
"""What no JSON text contains: line ends inside of strings are escaped."""

PATIENCE_SECONDS: Final = 30.0

type Requests = Callable[[], Iterator[bytes]]
"""An endless supply of whole requests; every run takes a new one."""


class Failed(Exception):
    """An answer that is not a success: what is measured would be worth nothing."""


class Sample(NamedTuple):
    """Of one run; `latencies` in seconds, sorted."""

    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def median(self) -> float:
        return median(self.latencies)

    def percentile(self, percent: float) -> float:
        return self.latencies[min(int(len(self.latencies) * percent / 100), len(self.latencies) - 1)]


class Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], until: float, latencies: list[float], least: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._until = until
        self._latencies = latencies
        self._least = least
        self._received = b""
        self._expected = 0
        self._chunked = False
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if not self._expected:
            head_end = self._received.find(HEAD_END)
            if head_end < 0:
                return
            head = self._received[:head_end].lower()
            self._expected = head_end + len(HEAD_END) + self._content_length(head)
            self._chunked = CHUNKED in head
        if self._received.endswith(LAST_CHUNK) if self._chunked else len(self._received) >= self._expected:
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(Failed("the server closed the connection"))

    def _content_length(self, head: bytes) -> int:
        start = head.find(LENGTH)
        return 0 if start < 0 else int(head[start + len(LENGTH) :].split(b"\r\n", 1)[0])

    def _answered(self) -> None:
        now = perf_counter()
        if self._received[9:10] != b"2":
            self._finish(Failed(self._received[:600].decode(errors="replace")))
            return
        self._latencies.append(now - self._sent_at)
        self._received, self._expected = b"", 0
        if now < self._until or len(self._latencies) < self._least:
            self._send()
        else:
            self._finish()

    def _send(self) -> None:
        self._sent_at = perf_counter()
        self._transport.write(next(self._requests))

    def _finish(self, failure: Failed | None = None) -> None:
        if self.done.done():
            return
        if failure:
            self.done.set_exception(failure)
        else:
            self.done.set_result(None)
        self._transport.close()


async def drive(port: int, requests: Requests, connections: int, seconds: float, least: int = 1) -> Sample:
    """Goes on until there are `least` answers. Raises Failed at the first answer that is not 2xx."""
    loop = asyncio.get_running_loop()
    supply, latencies = requests(), list[float]()
    start = perf_counter()
    opened = []
    for _ in range(connections):
        _, connection = await loop.create_connection(
            lambda: Connection(supply, start + seconds, latencies, least), "127.0.0.1", port
        )
        opened.append(connection)
    async with asyncio.timeout(seconds + PATIENCE_SECONDS):
        await asyncio.gather(*(connection.done for connection in opened))
    return Sample(perf_counter() - start, sorted(latencies))
