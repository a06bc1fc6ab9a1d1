"""An issuer's JWKS endpoint on loopback, which can be slow, down, wrong or hostile."""

import asyncio
import json
from typing import Any


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class KeyServer:
    """`raw` replaces the response. While `gate` is closed requests wait, with the response at the time they arrived.

    With `drips` a response never ends.
    """

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.raw: bytes | None = None
        self.drips = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.requests = 0
        self.asked = asyncio.Event()
        self.paths: list[str] = []
        self._port = 0
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/auth/jwks"

    async def start(self) -> None:
        """Starts on the previous port, if there was one."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.gate.set()
        self.drips = False
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            self.paths.append(request.split()[1].decode())
            answer = self.raw if self.raw is not None else http(json.dumps({"keys": self.keys}).encode())
            self.asked.set()
            await self.gate.wait()
            writer.write(answer)
            await writer.drain()
            while self.drips:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has disconnected
        finally:
            writer.close()
