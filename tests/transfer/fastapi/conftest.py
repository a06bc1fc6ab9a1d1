"""CreatorVault on a database of its own, and one of the plaintext service beside it."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.application import House, environment_of, open_house, settings_of
from tests.postgres import Cluster, Database
from tests.transfer.fastapi.moving import LOOSE_TABLE, TABLE, Move


@pytest.fixture(scope="module")
def own_database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"imports_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="module")
def own_environ(own_database: Database, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment_of(own_database, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
async def service(own_environ: dict[str, str], own_database: Database) -> AsyncGenerator[House]:
    async with open_house(own_environ, own_database) as house:
        yield house


@pytest.fixture
async def sql(own_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """A superuser's connection to CreatorVault's database."""
    connection = await asyncpg.connect(own_database.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
def plaintext(cluster: Cluster) -> Generator[Database]:
    database = cluster.create(f"fastapi_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture
async def bare(plaintext: Database, own_environ: dict[str, str], tmp_path: Path) -> AsyncGenerator[Move]:
    """Without a table."""
    connection = await asyncpg.connect(plaintext.superuser_url)
    yield Move(plaintext, settings_of(own_environ), connection, tmp_path)
    await connection.close()


@pytest.fixture
async def move(bare: Move) -> Move:
    await bare.sql.execute(TABLE)
    return bare


@pytest.fixture
async def loose(bare: Move) -> Move:
    """Its ids are text, without a key."""
    await bare.sql.execute(LOOSE_TABLE)
    return bare


@pytest.fixture
async def other_move(cluster: Cluster, move: Move) -> AsyncGenerator[Move]:
    """Another service, in a database beside that of `move`."""
    database = cluster.create(f"fastapi_{uuid4().hex}")
    connection = await asyncpg.connect(database.superuser_url)
    await connection.execute(TABLE)
    yield Move(database, move.settings, connection, move.folder)
    await connection.close()
    cluster.drop(database)
