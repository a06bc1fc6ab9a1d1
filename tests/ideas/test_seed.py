"""`creatorvault seed` stores ideas that the API serves."""

import asyncio
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from creatorvault.ideas.commands import seed
from tests.application import environment_of, open_house
from tests.postgres import Database


@pytest.fixture
def environ(fresh_database: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in [name for name in os.environ if name.startswith(("CREATORVAULT_", "DATABASE_", "BETTER_AUTH_"))]:
        monkeypatch.delenv(name)
    return environment_of(fresh_database, home)


def run(environ: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(seed, arguments, env=environ)


def test_sample_creators_find_their_ideas(environ: dict[str, str], fresh_database: Database) -> None:
    result = run(environ, "--users", "2", "--ideas", "60")

    async def totals() -> list[int]:
        async with open_house(environ, fresh_database) as house:
            answers = [
                await house.creator("sample-1").list(),
                await house.creator("sample-2").list({"sort": "title"}),
                await house.creator("sample-3").list(),
            ]
            return [answer.json()["total"] for answer in answers]

    assert result.exit_code == 0, result.output
    assert "token --user sample-1" in result.output
    assert asyncio.run(totals()) == [60, 60, 0]


def test_a_second_run_stores_only_what_is_missing(environ: dict[str, str], fresh_database: Database) -> None:
    for ideas in ("3", "5", "5"):
        assert run(environ, "--users", "1", "--ideas", ideas).exit_code == 0

    async def total() -> int:
        async with open_house(environ, fresh_database) as house:
            answer = await house.creator("sample-1").list()
            return int(answer.json()["total"])

    assert asyncio.run(total()) == 5


def test_progress_shows_a_rate(environ: dict[str, str]) -> None:
    assert "ideas/s" in run(environ, "--users", "1", "--ideas", "600").output


def test_production_is_refused(environ: dict[str, str]) -> None:
    result = run(environ | {"CREATORVAULT_ENV": "production"})

    assert result.exit_code == 1
    assert "development" in result.output


def test_help_shows_how_many_ideas_can_be_stored(environ: dict[str, str]) -> None:
    shown = run(environ, "--help").output

    assert "1<=x<=10000]" in shown  # creators
    assert "1<=x<=200000]" in shown  # ideas of each
