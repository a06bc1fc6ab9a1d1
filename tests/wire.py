"""The connection between the application and its database, which a test can cut and restore."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from tests.postgres import RUNTIME, Database

SOCKET: Final = ".s.PGSQL.5432"
CHUNK: Final = 65_536


class Wire:
    """A Unix socket that forwards to PostgreSQL's own unless it is cut."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._target = Path(database.socket) / SOCKET
        self._folder = folder
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.url = f"postgresql://{RUNTIME}@/{database.name}?host={folder}"

    async def mend(self) -> None:
        self._server = await asyncio.start_unix_server(self._carry, self._folder / SOCKET)

    async def cut(self) -> None:
        """Closes open connections and refuses new ones."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None
        (self._folder / SOCKET).unlink(missing_ok=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_unix_connection(self._target)
        self._open |= {writer, forth}
        await asyncio.gather(_pump(reader, forth), _pump(back, writer))
        self._open -= {writer, forth}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def wire_to(database: Database) -> AsyncGenerator[Wire]:
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        wire = Wire(database, Path(folder))
        await wire.mend()
        try:
            yield wire
        finally:
            await wire.cut()
