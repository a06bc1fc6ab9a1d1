"""A TLS proxy in front of PostgreSQL, as at hosting providers."""

import asyncio
import ssl
import struct
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.wire import CHUNK, SOCKET

SSL_REQUEST: Final = struct.pack("!II", 8, 80_877_103)
"""PostgreSQL documentation, 53.7: SSLRequest."""


@dataclass
class Front:
    """Forwards to the server whose socket is in `folder`. Without `tls` it refuses TLS, like a server without TLS."""

    folder: Path
    tls: ssl.SSLContext | None = None
    direct: bool = False
    """Direct TLS negotiation, as in PostgreSQL 17."""

    port: int = 0
    encrypted: list[bool] = field(default_factory=list)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    """The start-up message of each connection."""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._carried(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has disconnected, or does not trust the certificate
        finally:
            writer.close()

    async def _carried(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        start = await reader.readexactly(8)
        if start == SSL_REQUEST:
            writer.write(b"N" if self.tls is None else b"S")
            if self.tls is not None:
                await self._encrypt(writer)
            start = await reader.readexactly(8)
        self.encrypted.append(writer.get_extra_info("ssl_object") is not None)
        start += await reader.readexactly(struct.unpack("!I", start[:4])[0] - 8)
        back, forth = await asyncio.open_unix_connection(self.folder / SOCKET)
        forth.write(self._without_endpoint(start))
        await asyncio.gather(_flow(reader, forth), _flow(back, writer))

    async def _encrypt(self, writer: asyncio.StreamWriter) -> None:
        assert self.tls is not None
        plain = writer.transport
        try:
            await writer.start_tls(self.tls)
        except BaseException:
            writer._transport = plain  # type: ignore[attr-defined]  # asyncio leaves none, and then cannot close it
            raise

    def _without_endpoint(self, start: bytes) -> bytes:
        """Removes the option `endpoint`, as Neon's proxy does."""
        words = start[8:].split(b"\0")
        said = dict(zip(words[::2], words[1::2], strict=False))
        self.asked.append({name.decode(): value.decode() for name, value in said.items() if name})
        if not said.get(b"options", b"").startswith(b"endpoint="):
            return start
        said.pop(b"options")
        body = b"".join(b"%s\0%s\0" % pair for pair in said.items() if pair[0]) + b"\0"
        return struct.pack("!I", len(body) + 8) + start[4:8] + body


@asynccontextmanager
async def opened(front: Front, host: str = "127.0.0.1") -> AsyncGenerator[Front]:
    direct = {"ssl": front.tls} if front.direct else {}
    server = await asyncio.start_server(front.carry, host, front.port, **direct)  # type: ignore[arg-type]
    front.port = server.sockets[0].getsockname()[1]
    try:
        yield front
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


async def _flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
