"""A process that runs jobs, while the database is stopped and started again."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.application import environment_of
from tests.commands import INHERITED
from tests.faults.servers import Server
from tests.jobs.conftest import Jobs, Marks, Start
from tests.postgres import Database

pytestmark = pytest.mark.no_cover


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    tmp_path.chmod(0o755)
    with Server(tmp_path / "server") as server:
        yield server


@pytest.fixture
def fresh_database(server: Server, home: Path) -> Database:
    """On a server of its own."""
    database = Database("creatorvault", str(server.place.socket))
    environ = environment_of(database, home) | INHERITED
    subprocess.run([sys.executable, "-m", "creatorvault", "database", "upgrade"], check=True, env=environ)
    return database


async def test_jobs_go_on_after_a_restart_of_the_database(
    server: Server, jobs: Jobs, marks: Marks, start: Start
) -> None:
    supervisor = start(CREATORVAULT_LOGGING__LEVEL="WARNING")
    running, waiting = await jobs.add("tests.hang_once"), await jobs.add("tests.do")
    await marks.until_marked(running, "started")
    process = await marks.until_marked(waiting, "done")

    server.kill()
    await server.start_again()
    again = Marks(await server.connect())
    later = await jobs.add("tests.do")

    assert await again.until_marked(later, "done") == process, "it has waited for the database"
    assert supervisor.poll() is None
    await again.sql.close()
