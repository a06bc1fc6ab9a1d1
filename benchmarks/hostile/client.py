"""A client that keeps its connection, counts bytes, and says what it was answered."""

import asyncio
from time import perf_counter
from typing import Final, NamedTuple

PATIENCE_SECONDS: Final = 90.0


class Answer(NamedTuple):
    """`seconds` from the request's first byte to the answer's last; sizes in bytes, of heads and bodies."""

    status: int
    seconds: float
    sent: int
    received: int


class Client:
    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> Answer:
        """Status 0 when the connection broke."""
        began = perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await self._connected()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            self.close()
            return Answer(0, perf_counter() - began, len(request), 0)
        if b"connection: close" in head.lower():
            self.close()
        return Answer(int(head[9:12]), perf_counter() - began, len(request), len(head) + len(body))

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        return self._streams


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
