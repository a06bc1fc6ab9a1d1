"""The built packages, each installed once per run, and a service in a process of its own."""

from collections.abc import Generator
from uuid import uuid4

import pytest

from clients.build import NotBuildable, Packages, build
from tests.application import environment_of
from tests.clients.installing import Project, python_project, sources_of, typescript_project
from tests.clients.restartable import Restartable
from tests.postgres import Cluster


@pytest.fixture(scope="session")
def packages() -> Packages:
    try:
        return build()
    except NotBuildable as reason:
        pytest.skip(f"no client packages to test: {reason}")


@pytest.fixture(scope="session")
def typescript_driver(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return typescript_project(packages, tmp_path_factory.mktemp("typescript") / "driver", sources_of("driver.ts"))


@pytest.fixture(scope="session")
def python_driver(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return python_project(packages, tmp_path_factory.mktemp("python") / "driver", sources_of("driver.py"))


@pytest.fixture(scope="module")
def service(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Restartable]:
    database = cluster.clone(f"clients_{uuid4().hex}")
    home = tmp_path_factory.mktemp("home")
    environ = environment_of(database, home) | {"CREATORVAULT_LIVE__LONGEST_SECONDS": "1"}
    with Restartable(home, environ) as service:
        yield service
    cluster.drop(database)
