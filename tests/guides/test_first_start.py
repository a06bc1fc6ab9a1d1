"""The first start of docs/operations.md, command by command, on a fresh server."""

import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import pytest

from tests.guides.blocks import Block, claimed
from tests.guides.server import fresh_server, here
from tests.guides.service import await_ready, folder_with_environment
from tests.guides.shell import session
from tests.ports import free_port
from tests.postgres import Cluster

ROOT_KEY, LOGINS, SETTINGS, MIGRATE, CHECK, SERVE, MANAGED = claimed(__file__)

OF_THE_MACHINE = {"core.E013"}
"""Findings of `check --deploy` that concern the Python that runs the tests."""

pytestmark = pytest.mark.xdist_group("guides")


@dataclass(frozen=True)
class Started:
    """The state after all commands before the start of the service."""

    folder: Path
    environ: dict[str, str]

    def run(self, lines: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in a new shell with the settings."""
        return subprocess.run(
            ["bash", "-c", f"set -a; . ./creatorvault.env; set +a\n{lines}"],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )


def on(server: Cluster, *blocks: Block) -> list[Block]:
    return [replace(block, text=here(block.text, server)) for block in blocks]


@pytest.fixture(scope="module")
def started() -> Iterator[Started]:
    with fresh_server() as server, folder_with_environment() as (folder, environ):
        environ["PATH"] = f"{server.programs}:{environ['PATH']}"
        environ["SUPERUSER_URL"] = server.database("postgres").superuser_url
        environ["ADMINISTRATOR_URL"] = server.database("creatorvault").superuser_url
        session("bash", on(server, ROOT_KEY, LOGINS, SETTINGS, MIGRATE), folder, environ)
        yield Started(folder, environ)


def test_only_the_owner_can_read_root_keys_and_settings(started: Started) -> None:
    for name in ("root_keys", "creatorvault.env"):
        assert stat.S_IMODE((started.folder / name).stat().st_mode) == 0o600, name


def test_an_existing_root_key_is_not_overwritten(started: Started) -> None:
    before = (started.folder / "root_keys").read_text()

    assert started.run(ROOT_KEY.text).returncode != 0
    assert (started.folder / "root_keys").read_text() == before


def test_check_deploy_passes_at_the_end(started: Started) -> None:
    check = started.run(CHECK.text)

    assert set(re.findall(r"^error (\S+):", check.stdout, re.MULTILINE)) <= OF_THE_MACHINE, check.stdout + check.stderr
    assert "warnings." in check.stdout


async def test_the_logins_have_the_passwords_that_were_generated(started: Started) -> None:
    settings = dict(line.split("=", 1) for line in (started.folder / "creatorvault.env").read_text().splitlines())
    for name in ("DATABASE_URL", "DATABASE_OPERATOR_URL", "DATABASE_OWNER_URL"):
        await (await asyncpg.connect(settings[name])).close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(settings["DATABASE_URL"].replace(":", ":wrong", 2).replace(":wrong//", "://", 1))


def test_the_service_starts_without_the_owners_address(started: Started) -> None:
    port = free_port()
    line = f"set -a; . ./creatorvault.env; PORT={port}; set +a\n{SERVE.text}"
    log = started.folder / "log"
    with log.open("wb") as stream:
        service = subprocess.Popen(
            ["bash", "-c", line],
            cwd=started.folder,
            env=started.environ,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        await_ready(service, port, log)
    finally:
        os.killpg(service.pid, signal.SIGTERM)
        service.wait()


def test_the_sql_for_a_managed_server_runs_as_its_administrator(started: Started) -> None:
    done = started.run(MANAGED.text)

    assert done.returncode == 0, done.stderr
    assert "CREATE ROLE" in (started.folder / "roles.sql").read_text()
