"""The audit log of a separate database, and the commands that verify it."""

import os
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result

from creatorvault.__main__ import root
from tests.application import PATIENT, House, environment_of, open_house
from tests.factories import Creator
from tests.postgres import Database

type Command = Callable[..., Result]


@pytest.fixture
def command(fresh_database: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `creatorvault …` against the fresh database, in a separate thread."""

    def run(*arguments: str, **overrides: str) -> Result:
        for name in [name for name in os.environ if name.startswith(("CREATORVAULT_", "DATABASE_", "BETTER_AUTH_"))]:
            monkeypatch.delenv(name)
        environ = environment_of(fresh_database, home) | overrides
        with ThreadPoolExecutor(1) as thread:  # the command runs an event loop, and so does the test
            return thread.submit(CliRunner().invoke, root, arguments, env=environ, prog_name="creatorvault").result()

    return run


@pytest.fixture
async def fresh_house(fresh_database: Database, home: Path) -> AsyncGenerator[House]:
    async with open_house(environment_of(fresh_database, home) | PATIENT, fresh_database) as house:
        yield house


@pytest.fixture
async def chain(fresh_house: House) -> Creator:
    """A creator in an organization with four events: the tenant, and the first keys of three members."""
    members = [fresh_house.creator(claims={"org_id": "acme", "org_role": "owner"}) for _ in range(3)]
    for member in members:
        await member.idea()
    return members[0]


@pytest.fixture
async def attacker(fresh_sql: asyncpg.Connection) -> asyncpg.Connection:
    """A superuser of the database, to whom triggers and privileges do not apply."""
    await fresh_sql.execute("SET session_replication_role = replica")
    return fresh_sql
