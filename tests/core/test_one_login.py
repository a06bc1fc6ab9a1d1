"""One login for everything, which owns the database: development with only DATABASE_URL set."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.commands import completed
from tests.postgres import Cluster, Database
from tests.running import running

pytestmark = pytest.mark.xdist_group("run")

RANDOM: Final = "Zk3vQ9xT1mB7wR5yH2nJ8cL4dF6gS0aP"
ROLES: Final = "SELECT pg_has_role('solo', '{role}', 'USAGE')"


@pytest.fixture(scope="module")
def one_cluster() -> Iterator[Cluster]:
    """A separate server, since role memberships of the login belong to the whole server."""
    cluster = Cluster.start()
    try:
        cluster.run("CREATE ROLE solo LOGIN CREATEROLE")
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def owned(one_cluster: Cluster) -> Database:
    one_cluster.run("CREATE DATABASE owned OWNER solo")
    return one_cluster.database("owned")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Contains the development root key, which wraps the keys in the database."""
    return tmp_path_factory.mktemp("one_login")


@pytest.fixture
def environ(owned: Database, folder: Path) -> dict[str, str]:
    return {
        "CREATORVAULT_HOME": str(folder),
        "BETTER_AUTH_SECRET": RANDOM,
        "DATABASE_URL": owned.url("solo"),
    }


def creatorvault(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return completed(*arguments, env=environ)  # unmeasured: other tests of these commands execute the same lines


def test_an_owner_that_serves_stores_and_finds_ideas(
    environ: dict[str, str], one_cluster: Cluster, owned: Database, folder: Path
) -> None:
    with running(folder, **environ) as run:
        created = run.curl()
        assert created.status_code == 201, created.text
        headers = {"Authorization": created.request.headers["Authorization"]}
        for parameters in ({}, {"search": created.json()["title"]}, {"sort": "title"}):
            found = httpx.get(str(created.request.url), headers=headers, params=parameters)
            assert [idea["id"] for idea in found.json()["items"]] == [created.json()["id"]]
        assert httpx.get(f"{run.address}/health/ready").status_code == 200

    # Row-level security also applies to the owner, which could disable it.
    assert one_cluster.program("psql", "-XqAt", "-d", owned.url("solo"), "-c", "SELECT count(*) FROM ideas") == "0\n"
    assert one_cluster.run(ROLES.format(role="creatorvault_runtime"), owned.name) == "t\n"
    assert one_cluster.run(ROLES.format(role="creatorvault_operator"), owned.name) == "f\n"

    checked = creatorvault(environ, "check")
    assert checked.returncode == 0, checked.stdout
    assert "warning core.W007: solo owns the database" in checked.stdout
    assert checked.stdout.splitlines()[-1].startswith("0 errors")
    for words in (
        ("operators", "create", "--name", "Olga", "--scope", "read"),
        ("seed", "--users", "1", "--ideas", "3"),
    ):
        done = creatorvault(environ, *words)
        assert done.returncode == 0, done.stdout + done.stderr


def test_check_reports_an_owner_that_serves_without_the_runtime_role(
    environ: dict[str, str], one_cluster: Cluster, owned: Database
) -> None:
    assert creatorvault(environ, "database", "upgrade").returncode == 0
    one_cluster.run("REVOKE creatorvault_runtime FROM solo GRANTED BY solo")

    checked = creatorvault(environ, "check")
    assert checked.returncode == 1
    assert (
        "error core.E006: solo is no member of creatorvault_runtime.\n  creatorvault database upgrade" in checked.stdout
    )

    assert creatorvault(environ, "database", "upgrade").returncode == 0
    assert creatorvault(environ, "check").returncode == 0


def test_an_address_without_a_login_uses_the_drivers_default(environ: dict[str, str], one_cluster: Cluster) -> None:
    one_cluster.run("CREATE DATABASE unnamed OWNER solo")
    address = one_cluster.database("unnamed").url("solo").replace("solo@", "")
    unnamed = environ | {"DATABASE_URL": address, "PGUSER": "solo"}
    assert creatorvault(environ, "database", "upgrade").returncode == 0
    one_cluster.run("REVOKE creatorvault_runtime FROM solo GRANTED BY solo")

    upgraded = creatorvault(unnamed, "database", "upgrade")

    assert upgraded.returncode == 0, upgraded.stdout + upgraded.stderr
    assert "0 errors" in creatorvault(unnamed, "check").stdout
