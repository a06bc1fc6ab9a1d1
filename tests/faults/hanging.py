"""A wire that can stop forwarding without closing connections, like a stopped or unreachable server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.postgres import Database
from tests.wire import CHUNK, SOCKET, Wire


class HangingWire(Wire):
    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        self._server_socket = Path(database.socket) / SOCKET
        self._flows = asyncio.Event()
        self._flows.set()
        self._held: bytes | None = None
        self._heard: set[asyncio.Event] = set()

    def hang(self) -> None:
        self._flows.clear()

    def resume(self) -> None:
        self._held = None
        self._flows.set()

    def hold_answers_to(self, request: bytes) -> None:
        """The server receives everything; from the first `request` on, its connection gets no more responses."""
        self._held = request

    def silence_open(self) -> None:
        """As when a firewall drops its state: existing connections get no more responses, new ones do."""
        for heard in self._heard:
            heard.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_unix_connection(self._server_socket)
        heard = asyncio.Event()
        heard.set()
        self._open |= {writer, forth}
        self._heard.add(heard)
        await asyncio.gather(self._there(reader, forth, heard), self._back(back, writer, heard))
        self._heard.remove(heard)
        self._open -= {writer, forth}

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                await self._flows.wait()
                if self._held is not None and self._held in chunk:
                    heard.clear()
                writer.write(chunk)
                await writer.drain()
        heard.set()
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                await self._flows.wait()
                await heard.wait()
                writer.write(chunk)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def hanging_wire_to(database: Database) -> AsyncGenerator[HangingWire]:
    with TemporaryDirectory(prefix="wire-") as folder:
        wire = HangingWire(database, Path(folder))
        await wire.mend()
        try:
            yield wire
        finally:
            wire.resume()
            await wire.cut()
