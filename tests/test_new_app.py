"""A new app consists of a folder, one line and one migration; nothing else has to be changed."""

import difflib
import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from creatorvault.apps import INSTALLED
from tests.application import environment_of
from tests.checkouts import LATER, PACKAGE, checkout_with_app, ran
from tests.commands import INHERITED
from tests.postgres import Cluster, Database

ROOT: Final = Path(__file__).parent.parent
TOKEN: Final = "the-token-of-the-metrics-0123456789abcdef"


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"moods_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="module")
def environ(database: Database, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    environ = environment_of(database, tmp_path_factory.mktemp("home")) | INHERITED
    return environ | {"CREATORVAULT_METRICS__TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def checkout(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the service with the app, on a database with its migration applied."""
    checkout = checkout_with_app(tmp_path_factory.mktemp("checkout"), ROOT / "tests" / "moods")
    upgraded = ran(checkout, environ, "database", "upgrade")
    assert upgraded.returncode == 0, upgraded.stdout[-1500:]
    return checkout


@pytest.fixture(scope="module")
def found(checkout: Path, environ: dict[str, str], database: Database) -> dict[str, Any]:
    """The observations of `tests.moods.driver`."""
    command = [sys.executable, "-m", "tests.moods.driver", database.name, database.socket]
    driven = subprocess.run(command, env=environ, cwd=checkout, check=False, capture_output=True, text=True)
    assert driven.returncode == 0, driven.stderr[-3000:]
    seen: dict[str, Any] = json.loads(driven.stdout.splitlines()[-1])
    return seen


def files_in(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.py")
        if "bundled" not in path.parts
    }


def test_it_consists_of_a_folder_one_line_and_one_migration(checkout: Path) -> None:
    before, after = files_in(PACKAGE), files_in(checkout / PACKAGE.name)

    assert {name.partition("/")[0] for name in after.keys() - before.keys()} == {"moods"}
    assert [name for name in before if after[name] != before[name]] == ["apps.py"]
    lines = difflib.ndiff(before["apps.py"].splitlines(), after["apps.py"].splitlines())
    assert [line for line in lines if not line.startswith("  ")] == ['+     "moods",']
    migrations = files_in(checkout / "migrations").keys() - files_in(ROOT / "migrations").keys()
    assert migrations == {f"versions/{LATER}.py"}


def test_it_is_installed(found: dict[str, Any]) -> None:
    assert found["installed"] == [*(app.name for app in INSTALLED), "moods"]


def test_it_is_routed(found: dict[str, Any]) -> None:
    assert found["noted"] == [201, {"moods": ["calm"]}]
    assert found["refused"] == [401, 422]


def test_it_is_documented(found: dict[str, Any]) -> None:
    assert found["documented"] == ["get", "post"]


def test_it_is_isolated(found: dict[str, Any]) -> None:
    assert found["listed"] == {"ada": {"moods": ["calm"]}, "bob": {"moods": ["curious"]}}
    assert found["rows"] == {"all": 2, "ada": 1}
    assert found["faults"] == []


def test_it_is_measured(found: dict[str, Any]) -> None:
    assert "creatorvault_moods_noted_total 2.0" in found["metrics"].splitlines()


def test_it_is_erased_with_its_tenant(found: dict[str, Any]) -> None:
    assert found["left"] == [False]


def test_it_is_checked(checkout: Path, environ: dict[str, str]) -> None:
    checked = ran(checkout, environ, "check")

    assert "moods.W001" in checked.stdout
