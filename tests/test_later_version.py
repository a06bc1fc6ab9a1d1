"""A database that a later version has migrated: served unless something was removed, else refused with a message."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner, Result

from creatorvault.__main__ import root
from creatorvault.core.database.migrations import Standing, heads, standing
from creatorvault.management.checks import Installation
from creatorvault.management.checks_of_database import database_check
from tests.application import House, environment_of, settings_of
from tests.checkouts import LATER, later_checkout, ran
from tests.commands import INHERITED
from tests.logs import Logs
from tests.postgres import Database
from tests.schema import config_of, migrate

OURS: Final = next(iter(heads()))


@pytest.fixture
def environ(fresh_database: Database, home: Path) -> dict[str, str]:
    return environment_of(fresh_database, home) | INHERITED


async def found_by_check(environ: dict[str, str]) -> list[str]:
    return [message.id for message in await database_check(Installation(settings_of(environ), deploy=False))]


def command(environ: dict[str, str], *words: str) -> Result:
    """Runs `creatorvault database …` of this version in a thread, since it runs its own event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(CliRunner().invoke, root, ["database", *words], env=environ).result()


def refused(environ: dict[str, str], *words: str) -> str:
    """Returns the message of a command that exits with status 1."""
    result = command(environ, *words)
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    return " ".join(re.sub("[─│╭╮╰╯]", " ", result.output).split())  # without the frame


async def test_a_database_of_the_next_version_is_served_with_a_warning(
    fresh_house: House, environ: dict[str, str], tmp_path: Path, logs: Logs
) -> None:
    ada = fresh_house.creator()
    idea = await ada.idea("Before")
    assert (await fresh_house.client.get("/health/ready")).json().keys() == {"status", "checks"}

    migrated = ran(later_checkout(tmp_path), environ, "database", "upgrade")
    assert migrated.returncode == 0, migrated.stdout[-1500:]
    ready = [await fresh_house.client.get("/health/ready") for _ in range(3)][-1]

    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert set(ready.json()["checks"].values()) == {"ok"}
    assert ready.json()["warnings"] == {"migrations": "ahead"}
    assert [event["database"] for event in logs.named("health.migrations")] == ["ahead"]
    assert (await ada.patch(idea, {"title": "After"})).status_code == 200
    await ada.idea("New")
    assert await ada.titles({"search": "n"}) == ["New"]
    assert await found_by_check(environ) == ["core.W009"]


async def test_commands_say_that_the_database_is_ahead(environ: dict[str, str], tmp_path: Path) -> None:
    later = later_checkout(tmp_path)
    assert ran(later, environ, "database", "upgrade").returncode == 0

    for word in ("upgrade", "check"):
        result = command(environ, word)
        assert result.exit_code == 0
        assert result.output.startswith(f"Warning: {Standing.AHEAD.text}")
        assert result.output.count("\n") == 1
    assert "Only that version can take it back." in refused(environ, "downgrade")

    assert ran(later, environ, "database", "downgrade").returncode == 0
    assert command(environ, "check").exit_code == 0
    assert await found_by_check(environ) == []


@pytest.mark.parametrize(
    ("later", "why"),
    [
        ({"constants": f'oldest_served = "{LATER}"'}, Standing.OUTGROWN),
        ({"without": OURS}, Standing.UNKNOWN),
    ],
)
async def test_a_database_of_a_too_late_version_is_refused(
    fresh_house: House,
    fresh_database: Database,
    environ: dict[str, str],
    tmp_path: Path,
    later: dict[str, str],
    why: Standing,
) -> None:
    if why is Standing.UNKNOWN:
        migrate(fresh_database, "-1", down=True)
    assert ran(later_checkout(tmp_path, **later), environ, "database", "upgrade").returncode == 0

    ready = await fresh_house.client.get("/health/ready")

    assert (ready.status_code, ready.json()["checks"]["migrations"]) == (503, "failed")
    assert "warnings" not in ready.json()
    assert await found_by_check(environ) == ["core.E014"]
    for word in ("upgrade", "check", "downgrade"):
        assert f"{why.text} It is at {LATER}." in refused(environ, word)


async def test_a_database_that_is_behind_is_not_ready_until_it_is_migrated(
    fresh_house: House, fresh_database: Database
) -> None:
    migrate(fresh_database, "-1", down=True)
    behind = await fresh_house.client.get("/health/ready")
    migrate(fresh_database)

    assert (behind.status_code, behind.json()["checks"]["migrations"]) == (503, "failed")
    assert behind.json()["checks"]["database"] == "ok"
    assert (await fresh_house.client.get("/health/ready")).status_code == 200


def test_oldest_served_of_a_migration_is_not_later_than_itself(fresh_database: Database) -> None:
    scripts = [*ScriptDirectory.from_config(config_of(fresh_database)).walk_revisions()][::-1]
    line = [script.revision for script in scripts]

    for script in scripts:
        oldest = getattr(script.module, "oldest_served", script.revision)
        assert oldest in line[: line.index(script.revision) + 1], script.revision


@pytest.mark.parametrize(
    ("applied", "history", "expected"),
    [
        ({OURS}, [], Standing.CURRENT),
        (set(), [], Standing.BEHIND),
        ({"20261122_01"}, [], Standing.BEHIND),
        ({"x"}, [], Standing.UNKNOWN),
        ({"x"}, [("20261122_01", None), ("x", None)], Standing.UNKNOWN),
        ({"x"}, [(OURS, None), ("x", None)], Standing.AHEAD),
        ({"x"}, [("a", None), (OURS, None), ("w", OURS), ("x", "a")], Standing.AHEAD),
        ({"x"}, [("a", None), (OURS, None), ("w", "w"), ("x", None)], Standing.OUTGROWN),
        ({"x"}, [("a", "b"), (OURS, "c"), ("x", None)], Standing.AHEAD),
        ({"x"}, [(OURS, None), ("x", "misspelt")], Standing.OUTGROWN),
    ],
)
def test_the_state_of_a_database_is_determined_by_its_history(
    applied: set[str], history: list[tuple[str, str | None]], expected: Standing
) -> None:
    assert standing(applied, history) is expected
