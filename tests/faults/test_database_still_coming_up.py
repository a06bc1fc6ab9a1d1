"""The service waits for a database that is starting, but not for one that refuses its login."""

import asyncio
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from creatorvault.management.upgrade import DatabaseUnreachable, reachable
from creatorvault.settings.database_url import asyncpg_url
from creatorvault.settings.secret import Secret
from tests.postgres import Database
from tests.wire import SOCKET, wire_to


def fatal(code: str) -> bytes:
    """An ErrorResponse (PostgreSQL, chapter 54: message formats)."""
    fields = f"SFATAL\0VFATAL\0C{code}\0Mnot now\0\0".encode()
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


@asynccontextmanager
async def server_that_says(code: str) -> AsyncGenerator[Secret]:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(fatal(code))
        writer.close()

    with TemporaryDirectory(prefix="pg-") as folder:
        async with await asyncio.start_unix_server(refuse, Path(folder) / SOCKET):
            yield Secret(f"postgresql+asyncpg://creatorvault_app@/creatorvault?host={folder}")


@pytest.fixture
def said() -> list[str]:
    return []


async def test_the_wait_is_announced_once(worker_database: Database, said: list[str]) -> None:
    async with wire_to(worker_database) as wire:
        await wire.cut()
        waiting = asyncio.create_task(reachable(Secret(asyncpg_url(wire.url)), 30, said.append))
        await asyncio.sleep(0.7)
        assert not waiting.done()
        await wire.mend()
        await waiting

    assert said == ["Waiting for the database …"]


@pytest.mark.parametrize("code", ["57P03", "53300"])
async def test_a_starting_or_full_server_is_waited_for(code: str, said: list[str]) -> None:
    async with server_that_says(code) as url:
        with pytest.raises(DatabaseUnreachable, match=r"creatorvault_app: not now"):
            await reachable(url, 0.1, said.append)
    assert said


@pytest.mark.parametrize("code", ["28P01", "3D000", "28000"])
async def test_a_refused_login_or_missing_database_fails_immediately(code: str, said: list[str]) -> None:
    async with server_that_says(code) as url:
        with pytest.raises(DatabaseUnreachable, match="not now"):
            await reachable(url, 60, said.append)
    assert not said
