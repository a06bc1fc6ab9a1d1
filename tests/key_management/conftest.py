"""A service on a database of its own, whose keys are rotated beside it."""

from collections.abc import AsyncGenerator, Generator
from uuid import uuid4

import asyncpg
import pytest

from tests.application import House, environment_of, open_house, settings_of
from tests.key_management.rotating import Keys
from tests.postgres import Cluster, Database


@pytest.fixture(scope="module")
def own_database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"keys_{uuid4().hex}")
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
def keys(own_environ: dict[str, str]) -> Keys:
    return Keys(settings_of(own_environ))


@pytest.fixture
async def sql(own_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """A superuser's connection."""
    connection = await asyncpg.connect(own_database.superuser_url)
    yield connection
    await connection.close()
