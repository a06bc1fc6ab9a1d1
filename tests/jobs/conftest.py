"""A database with the table that jobs leave marks in, and processes that run them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from creatorvault import parts as process_parts
from creatorvault.core.identifiers import TenantId
from creatorvault.core.parts import part_of
from creatorvault.jobs.kinds import JobPlace
from creatorvault.jobs.queue import JobQueue
from tests.admin.operators import tenant_of
from tests.application import PATIENT, House, environment_of, open_house
from tests.commands import INHERITED
from tests.jobs.kinds import MARKS, background
from tests.postgres import Database


class Marks:
    """What jobs have left."""

    def __init__(self, sql: asyncpg.Connection) -> None:
        self.sql = sql

    async def of(self, subject: UUID | None) -> Sequence[str]:
        rows = await self.sql.fetch(
            "SELECT mark FROM marks WHERE subject IS NOT DISTINCT FROM $1 ORDER BY number", subject
        )
        return [row["mark"] for row in rows]

    async def until(self, question: str, *arguments: object, seconds: float = 90.0) -> None:
        """Waits until the answer is true."""
        async with asyncio.timeout(seconds):
            while not await self.sql.fetchval(question, *arguments):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.05)

    async def until_marked(self, subject: UUID, mark: str) -> int:
        """Returns the process id of the one that has left the mark."""
        await self.until("SELECT EXISTS (SELECT FROM marks WHERE subject = $1 AND mark = $2)", subject, mark)
        process = "SELECT process FROM marks WHERE subject = $1 AND mark = $2 ORDER BY number DESC LIMIT 1"
        return int(await self.sql.fetchval(process, subject, mark))

    async def until_empty(self) -> None:
        await self.until("SELECT NOT EXISTS (SELECT FROM jobs.queue)")


class Jobs:
    """Adds jobs of one tenant, as a request would."""

    def __init__(self, house: House, tenant_id: TenantId) -> None:
        self.house = house
        self.tenant_id = tenant_id

    async def add(self, kind: str, user_id: str | None = None) -> UUID:
        """Returns the job's subject."""
        subject = uuid4()
        async with self.house.parts.database.writing(self.tenant_id) as session:
            place = JobPlace(self.tenant_id, user_id, subject)
            await part_of(self.house.app, JobQueue).enqueue(session, kind, place)
        return subject


type Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(jobs_environ: dict[str, str], tmp_path: Path) -> Generator[Start]:
    """Starts `creatorvault worker`, which the end of the test stops."""
    with ExitStack() as stack:

        def start(**overrides: str) -> subprocess.Popen[bytes]:
            log = stack.enter_context((tmp_path / f"worker-{uuid4().hex}.log").open("wb"))
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.jobs.worker", "worker"],
                    env={**jobs_environ, **INHERITED, **overrides},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
            stack.callback(process.terminate)
            return process

        yield start


@pytest.fixture
def jobs_environ(request: pytest.FixtureRequest, fresh_database: Database, home: Path) -> dict[str, str]:
    """The parameter is what differs from the usual environment, if anything does."""
    different: dict[str, str] = getattr(request, "param", {})
    return environment_of(fresh_database, home) | PATIENT | different | {"CREATORVAULT_JOBS__POLL_SECONDS": "0.1"}


@pytest.fixture
async def marks(fresh_sql: asyncpg.Connection) -> Marks:
    await fresh_sql.execute(MARKS)
    return Marks(fresh_sql)


@pytest.fixture
async def jobs_house(
    jobs_environ: dict[str, str], fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[House]:
    """An application that knows the jobs of the tests."""
    monkeypatch.setattr(process_parts, "background", background)
    async with open_house(jobs_environ, fresh_database) as house:
        yield house


@pytest.fixture
async def jobs(jobs_house: House, marks: Marks) -> Jobs:
    ada = jobs_house.creator()
    await ada.idea()
    return Jobs(jobs_house, tenant_of(ada))


@pytest.fixture
async def work(jobs_house: House, marks: Marks) -> AsyncGenerator[Callable[[], Awaitable[Any]]]:
    """Runs jobs in this process until the end of the test."""
    from creatorvault.core.parts import parts_of  # noqa: PLC0415
    from creatorvault.jobs.worker import work_until  # noqa: PLC0415

    stop, running = asyncio.Event(), list[asyncio.Task[None]]()

    async def begin() -> asyncio.Event:
        running.append(asyncio.create_task(work_until(parts_of(jobs_house.app), stop)))
        return stop

    yield begin
    stop.set()
    await asyncio.gather(*running)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
