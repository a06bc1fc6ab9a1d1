"""A PgBouncer that loses prepared statements, with a service that uses them."""

import asyncio
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from creatorvault.core.database.connections import connect_arguments
from creatorvault.core.database.prepared_statements import SWITCH, PreparedStatementsProbe, supports_prepared_statements
from creatorvault.core.telemetry.alerts import RAISED
from tests.application import environment_of, open_house, settings_of
from tests.commands import INHERITED, completed
from tests.logs import captured_logs
from tests.pgbouncer.bouncer import Bouncer, bouncer_before
from tests.postgres import Database

AT_ONCE: Final = 30


@pytest.fixture
def forgetful(fresh_database: Database) -> Generator[Bouncer]:
    with bouncer_before(fresh_database, statements=False, default_pool_size="20") as bouncer:
        yield bouncer


@pytest.fixture
def misled(forgetful: Bouncer, home: Path) -> dict[str, str]:
    """All settings have their defaults."""
    return environment_of(forgetful.database, home) | {"DATABASE_URL": forgetful.url()}


def creatorvault(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return completed(*arguments, env=environ | INHERITED)


@pytest.mark.parametrize("command", [["check"], ["check", "--deploy"], ["run"]], ids=" ".join)
def test_a_command_fails_and_says_what_to_set(misled: dict[str, str], command: list[str]) -> None:
    done = creatorvault(misled, *command)

    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "core.E015: Prepared statements get lost" in said
    assert SWITCH in said
    assert "Traceback" not in said


def test_the_check_passes_with_that_setting(misled: dict[str, str]) -> None:
    name, _, value = SWITCH.partition("=")

    done = creatorvault(misled | {name: value}, "check")

    assert done.returncode == 0, done.stdout + done.stderr


async def test_concurrent_requests_get_503_with_an_alarm_and_it_is_not_ready(
    misled: dict[str, str], fresh_database: Database
) -> None:
    async with open_house(misled, fresh_database) as house:
        with captured_logs() as logs:
            ready = await house.client.get("/health/ready")
            ada = house.creator()
            statuses = set()
            for _ in range(20):
                answers = await asyncio.gather(*(ada.list() for _ in range(AT_ONCE)))
                statuses |= {answer.status_code for answer in answers}
                if 503 in statuses:
                    break

    assert (ready.status_code, ready.json()["checks"]["prepared_statements"]) == (503, "failed")
    assert 503 in statuses
    assert statuses <= {200, 503}
    alerts = [line for line in logs.named("alarm") if line["code"] == "statements_lost"]
    assert {line["sqlstate"] for line in alerts} <= {"26000", "42P05"}
    assert alerts
    assert RAISED["statements_lost"] >= len(alerts)


async def test_it_is_detected_however_the_pooler_chooses_sessions(fresh_database: Database, home: Path) -> None:
    environ = environment_of(fresh_database, home)
    for pool in ("1", "2", "20"):
        for in_turn in ("0", "1"):
            with bouncer_before(
                fresh_database, statements=False, default_pool_size=pool, server_round_robin=in_turn
            ) as bouncer:
                settings = settings_of(environ | {"DATABASE_URL": bouncer.url()}).database
                assert not await supports_prepared_statements(settings), f"pool of {pool}, round robin {in_turn}"


async def test_a_pooler_that_keeps_statements_passes(fresh_database: Database, home: Path) -> None:
    environ = environment_of(fresh_database, home)
    assert await supports_prepared_statements(settings_of(environ).database), "straight to the server"
    with bouncer_before(fresh_database, statements=False, pool_mode="session", default_pool_size="9") as bouncer:
        assert await supports_prepared_statements(settings_of(environ | {"DATABASE_URL": bouncer.url()}).database)


async def test_readiness_keeps_its_result_while_the_database_is_silent(
    fresh_database: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creatorvault.core.database.prepared_statements.HELD_SECONDS", {True: 0.0, False: 0.0})
    with bouncer_before(fresh_database, statements=False, pool_mode="session", default_pool_size="9") as bouncer:
        settings = settings_of(environment_of(fresh_database, home) | {"DATABASE_URL": bouncer.url()}).database
        known, unknown = PreparedStatementsProbe(settings, 60.0), PreparedStatementsProbe(settings, 60.0)
        assert await known.are_kept()

    assert await known.are_kept()
    with pytest.raises(OSError, match=r"."):
        await unknown.are_kept()


async def test_a_result_is_cached_for_a_while(fresh_database: Database, home: Path) -> None:
    with bouncer_before(fresh_database, statements=False) as bouncer:
        settings = settings_of(environment_of(fresh_database, home) | {"DATABASE_URL": bouncer.url()}).database
        statements = PreparedStatementsProbe(settings, 60.0)
        assert not await statements.are_kept()
    assert not await statements.are_kept()


async def test_two_connections_never_use_the_same_statement_names(
    fresh_database: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise one could run a statement that the other has prepared, if a pooler mixes them up."""
    settings = settings_of(environment_of(fresh_database, home)).database
    arguments = connect_arguments(settings)
    names: list[set[str]] = []
    for _ in range(2):
        # The driver's counter is per process: a second process begins with the same number.
        monkeypatch.setattr(asyncpg.connection, "_uid", 0)
        connection = await asyncpg.connect(fresh_database.runtime_url, **arguments)
        await connection.fetch("SELECT 1")
        names.append({row[0] for row in await connection.fetch("SELECT name FROM pg_prepared_statements")})
        await connection.close()

    assert names[0]
    assert not names[0] & names[1]
