"""The application behind a PgBouncer."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tests.application import House, environment_of, open_house
from tests.pgbouncer.bouncer import KEEPS_STATEMENTS, PROGRAM, Bouncer, bouncer_before, version
from tests.postgres import Database

# The drill tests isolation, not speed: waiting for the one connection is permitted.
PATIENT: Final = {
    "LOG_LEVEL": "ERROR",
    "CREATORVAULT_DATABASE__POOL_SIZE": "20",
    "CREATORVAULT_DATABASE__MAX_OVERFLOW": "0",
    "CREATORVAULT_DATABASE__POOL_WAIT_SECONDS": "120",
    "CREATORVAULT_DATABASE__CONNECT_SECONDS": "120",
    "CREATORVAULT_DATABASE__STATEMENT_SECONDS": "120",
    "CREATORVAULT_DATABASE__LOCK_SECONDS": "120",
    "CREATORVAULT_DATABASE__IDLE_IN_TRANSACTION_SECONDS": "120",
    "CREATORVAULT_DATABASE__ANSWER_SECONDS": "240",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if PROGRAM is None:
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(pytest.mark.skip(reason="PgBouncer is not installed: apt install pgbouncer"))


def _modes() -> list[bool]:
    """Returns the modes to test, with prepared statements if this PgBouncer supports them."""
    return [False, True] if PROGRAM and version() >= KEEPS_STATEMENTS else [False]


@pytest.fixture(params=_modes(), ids=lambda statements: "prepared statements" if statements else "no statements")
def statements(request: pytest.FixtureRequest) -> bool:
    kept: bool = request.param
    return kept


@pytest.fixture
def bouncer(fresh_database: Database, statements: bool) -> Generator[Bouncer]:
    with bouncer_before(fresh_database, statements=statements) as bouncer:
        yield bouncer


@pytest.fixture
def bounced_environ(bouncer: Bouncer, fresh_database: Database, home: Path, statements: bool) -> dict[str, str]:
    through = {"DATABASE_URL": bouncer.url(), "CREATORVAULT_DATABASE__PREPARED_STATEMENTS": str(statements).lower()}
    return environment_of(fresh_database, home) | PATIENT | through


@pytest.fixture
async def bounced_house(bounced_environ: dict[str, str], fresh_database: Database) -> AsyncGenerator[House]:
    async with open_house(bounced_environ, fresh_database) as house:
        yield house


@pytest.fixture
async def beside(bouncer: Bouncer) -> AsyncGenerator[asyncpg.Connection]:
    """Another client of the same PgBouncer, which shares the one connection with the application."""
    connection = await asyncpg.connect(bouncer.url(), statement_cache_size=0)
    yield connection
    await connection.close()
