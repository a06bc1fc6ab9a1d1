"""Commands with the API's address through PgBouncer and the owner's address directly to the server."""

import subprocess
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.commands import INHERITED, completed
from tests.pgbouncer.bouncer import bouncer_before
from tests.postgres import OWNER, RUNTIME, Cluster
from tests.running import running

pytestmark = pytest.mark.xdist_group("run")


def creatorvault(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return completed(*arguments, env=environ | INHERITED)


def test_checks_pass_repeatedly(bounced_environ: dict[str, str]) -> None:
    """Each is a new client of the same connection, on which the previous one must leave no state."""
    for _ in range(3):
        done = creatorvault(bounced_environ, "check")
        assert done.returncode == 0, done.stdout + done.stderr


def test_migrations_bypass_it(bounced_environ: dict[str, str]) -> None:
    for _ in range(2):
        done = creatorvault(bounced_environ, "database", "upgrade")
        assert done.returncode == 0, done.stdout + done.stderr


async def test_the_service_runs_and_is_ready(bounced_environ: dict[str, str], home: Path) -> None:
    with running(home, **bounced_environ) as run:
        run.until("Ctrl-C stops it.")
        for _ in range(3):
            ready = httpx.get(f"{run.address}/health/ready")
            assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert run.curl().status_code == 201


def test_migrations_also_work_through_it(bounced_environ: dict[str, str], cluster: Cluster) -> None:
    """They use two connections: the lock between deployments is that of a transaction, on a connection of its own."""
    empty = cluster.create(f"empty_{uuid4().hex}")
    try:
        with bouncer_before(empty, statements=False, default_pool_size="2") as bouncer:
            through = {"DATABASE_URL": bouncer.url(RUNTIME, empty), "DATABASE_OWNER_URL": bouncer.url(OWNER, empty)}
            for _ in range(3):
                done = creatorvault(bounced_environ | through, "database", "upgrade")
                assert done.returncode == 0, done.stdout + done.stderr
            assert creatorvault(bounced_environ | through, "database", "check").returncode == 0
    finally:
        cluster.drop(empty)
