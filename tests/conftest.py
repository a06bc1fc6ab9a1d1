"""The whole application on a real PostgreSQL, with the login that is subject to row-level security."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from litestar import Litestar

from creatorvault.figures.keeping import FiguresKeeper
from creatorvault.settings.sections import Settings
from tests.accounts.key_server import KeyServer
from tests.application import House, environment_of, open_house, settings_of
from tests.factories import Creator
from tests.foreign import ADDRESS, VARIABLES, ForeignCluster, reason_to_skip
from tests.logs import Logs, captured_logs
from tests.memory import temporary_files_in_memory
from tests.postgres import Cluster, Database
from tests.schema import build_template
from tests.statement_rules import record, recorder
from tests.thoroughness import IN_CI, left_out

NEVER: Final = 1e10
"""Seconds."""

hypothesis_settings.register_profile("creatorvault", deadline=None, print_blob=True, max_examples=50 if IN_CI else 25)
hypothesis_settings.load_profile("creatorvault")

_started: list[Cluster] = []


def _start() -> Cluster:
    if not _started:
        _started.append(Cluster.start() if ADDRESS is None else ForeignCluster.at(ADDRESS))
        build_template(_started[0])
    return _started[0]


def pytest_configure(config: pytest.Config) -> None:
    # Handles SIGTERM as an interrupt, so that the cluster is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    statements = pytest.MonkeyPatch()
    config.add_cleanup(statements.undo)
    record(statements)
    if not hasattr(config, "workerinput"):  # workers inherit it
        files = ExitStack()
        files.enter_context(temporary_files_in_memory())
        config.add_cleanup(files.close)
    if ADDRESS is not None and config.getoption("numprocesses", None):
        raise pytest.UsageError("the one database of CREATORVAULT_TEST_DATABASE is for one process: use -n 0")
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(_HandsClusterToWorkers())


@pytest.hookimpl(trylast=True)  # after they have been shuffled
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _is_everything(config):
        seed = os.environ.get("SAMPLE") or str(config.getoption("randomly_seed"))
        unwanted = set(left_out(items, seed))
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if item not in unwanted]
    for item in items:
        if reason := reason_to_skip(item):
            item.add_marker(pytest.mark.skip(reason))
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)


def _is_everything(config: pytest.Config) -> bool:
    """Whether no file was named: a file's own cases all run."""
    handed: bool | None = getattr(config, "workerinput", {}).get("everything")
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS if handed is None else handed


def pytest_collection_finish() -> None:
    """Excludes existing objects from garbage collection, as in the service, and collects others less often.

    An application alone is a hundred thousand objects; with the usual threshold a twentieth of a run is collection.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class _HandsClusterToWorkers:
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["cluster"] = _start().as_dict()
        node.workerinput["everything"] = _is_everything(node.config)


def pytest_unconfigure() -> None:
    for cluster in _started:
        cluster.stop()


@pytest.fixture(autouse=True)
def statements_keep_their_rules(request: pytest.FixtureRequest) -> Generator[None]:
    """Every statement that a test makes the service execute could be answered by a Citus cluster.

    The mark `own_statements` is for tests that execute statements of their own on the service's connections.
    """
    yield
    broken, recorder.broken = recorder.broken, []
    assert not broken or request.node.get_closest_marker("own_statements"), broken


@pytest.fixture(scope="session", autouse=True)
def variables_of_the_tests_are_not_inherited() -> Generator[None]:
    """Commands that tests start would refuse them, as settings that there are not."""
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The one cluster of the run. With workers, their parent owns it; else the first test that needs it starts it."""
    handed: dict[str, str] | None = getattr(request.config, "workerinput", {}).get("cluster")
    return Cluster(**handed) if handed else _start()


@pytest.fixture(scope="session")
def worker_database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"worker_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def no_settings(tmp_path: Path) -> Path:
    """An empty settings file, so that no other file is read."""
    file = tmp_path / "litestar.toml"
    file.touch()
    return file


@pytest.fixture(scope="session")
def environ(worker_database: Database, home: Path) -> dict[str, str]:
    """The environment of the application under test. A test that needs another setting adds it to a copy."""
    return environment_of(worker_database, home)


@pytest.fixture(scope="session")
def settings(environ: dict[str, str]) -> Settings:
    return settings_of(environ)


@pytest.fixture(scope="session", autouse=True)
def nothing_is_counted_meanwhile() -> Generator[None]:
    """Figures are stored when a test says so, and at the end: many tests look at every statement of the process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("creatorvault.figures.parts.FiguresKeeper", partial(FiguresKeeper, every_seconds=NEVER))
        yield


@pytest.fixture(scope="session")
async def house(environ: dict[str, str], worker_database: Database) -> AsyncGenerator[House]:
    async with open_house(environ, worker_database) as house:
        yield house


@pytest.fixture(scope="session")
def app(house: House) -> Litestar:
    return house.app


@pytest.fixture(scope="session")
def client(house: House) -> httpx.AsyncClient:
    return house.client


@pytest.fixture(scope="session")
def creator(house: House) -> Callable[..., Creator]:
    """A factory of creators with optional user id and claims. Each has its own empty vault."""
    return house.creator


@pytest.fixture
def ada(house: House) -> Creator:
    return house.creator()


@pytest.fixture
async def database(worker_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """A superuser connection, for what somebody with write access to the database can do."""
    connection = await asyncpg.connect(worker_database.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def house_with(
    environ: dict[str, str], worker_database: Database
) -> AsyncGenerator[Callable[..., Awaitable[House]]]:
    """A factory of applications on the same database with other settings, named as in the environment."""
    async with AsyncExitStack() as stack:

        async def build(**overrides: str) -> House:
            return await stack.enter_async_context(open_house(environ | overrides, worker_database))

        yield build


@pytest.fixture
def fresh_database(cluster: Cluster) -> Generator[Database]:
    """A migrated, empty database for a test that breaks it."""
    if ADDRESS is not None:
        pytest.skip("needs a private server: breaks its database")
    database = cluster.clone(f"fresh_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture
async def fresh_house(fresh_database: Database, home: Path) -> AsyncGenerator[House]:
    async with open_house(environment_of(fresh_database, home), fresh_database) as house:
        yield house


@pytest.fixture
async def fresh_sql(fresh_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """A superuser connection to `fresh_database`."""
    connection = await asyncpg.connect(fresh_database.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
def logs() -> Generator[Logs]:
    """Log events of the application during the test, as dicts and as written text."""
    with captured_logs() as logs:
        yield logs


@pytest.fixture
async def key_server() -> AsyncGenerator[KeyServer]:
    server = KeyServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def mended_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes `check` find an optimised Python that normalises in linear time, whichever runs the tests."""
    monkeypatch.setattr("creatorvault.management.checks_of_python.is_optimised", lambda: True)
    monkeypatch.setattr("creatorvault.management.checks_of_python.normalised", sorted)


@pytest.fixture(scope="session")
async def session_loop() -> asyncio.AbstractEventLoop:
    """The application's event loop, for tests that cannot be coroutines."""
    return asyncio.get_running_loop()
