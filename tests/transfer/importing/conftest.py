"""An application with its own database and queue, in which a real worker runs the jobs."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.core.parts import parts_of
from creatorvault.jobs.worker import work_until
from tests.application import House, environment_of, open_house
from tests.factories import Creator
from tests.postgres import Cluster, Database

ENDED: Final = ("finished", "failed")


@dataclass
class Mover:
    """A creator who moves in."""

    creator: Creator
    house: House

    @property
    def url(self) -> str:
        return f"/api/v1/{self.creator.user_id}/imports"

    async def send(self, file: bytes, name: str | None = None, **options: Any) -> httpx.Response:
        """Sends a file as the field of a form, or as the body if it has no name."""
        body = {"content": file} if name is None else {"files": {"file": (name, file)}}
        return await self.creator.request("POST", self.url, **body, **options)

    async def preview(self, file: bytes, name: str | None = None) -> Any:
        answer = await self.send(file, name, params={"preview": "true"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read(self, import_id: str) -> Any:
        answer = await self.creator.request("GET", f"{self.url}/{import_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def until_ended(self, import_id: str) -> Any:
        async with asyncio.timeout(120):
            while (state := await self.read(import_id))["state"] not in ENDED:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.05)
        return state

    async def move_in(self, file: bytes, name: str | None = None) -> Any:
        """Returns the import after a worker has ended it."""
        answer = await self.send(file, name)
        assert answer.status_code == 202, answer.text
        async with working(self.house):
            return await self.until_ended(answer.json()["id"])


@asynccontextmanager
async def working(house: House) -> AsyncGenerator[None]:
    """A worker that runs jobs in this process."""
    stop = asyncio.Event()
    worker = asyncio.create_task(work_until(parts_of(house.app), stop))
    try:
        yield
    finally:
        stop.set()
        await worker


@pytest.fixture(scope="session")
def import_database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"imports_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="session")
def import_environ(import_database: Database, home: Path) -> dict[str, str]:
    return environment_of(import_database, home) | {"CREATORVAULT_JOBS__POLL_SECONDS": "0.1"}


@pytest.fixture(scope="session")
async def import_house(import_environ: dict[str, str], import_database: Database) -> AsyncGenerator[House]:
    async with open_house(import_environ, import_database) as house:
        yield house


@pytest.fixture
def mover(import_house: House) -> Mover:
    return Mover(import_house.creator(), import_house)


@pytest.fixture
def other(import_house: House) -> Mover:
    return Mover(import_house.creator(), import_house)


@pytest.fixture
async def import_sql(import_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """A superuser connection."""
    connection = await asyncpg.connect(import_database.superuser_url)
    yield connection
    await connection.close()
