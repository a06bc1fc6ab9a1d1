"""`creatorvault run` as a separate process, with its embedded database: start, requests and shutdown."""

import json
import os
import re
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.application import environment_of
from tests.postgres import Database
from tests.running import DEADLINE, Run, running

pytestmark = pytest.mark.xdist_group("run")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="creatorvault run ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "home"


def stored(run: Run, field: str, headers: Any) -> Sequence[str]:
    """Returns the stored ideas. Tests of this file share one home, so there may be ideas of other tests."""
    answer = httpx.get(f"{run.address}/api/v1/ada/ideas", headers=headers)
    return [item[field] for item in answer.json()["items"]]


def test_the_printed_command_stores_an_idea_that_survives_a_restart(home: Path) -> None:
    with running(home) as first:
        answer = first.curl()
        assert answer.status_code == 201
        assert first.address in first.printed
        assert f"{first.address}/docs" in first.printed
        [link] = re.findall(r"^  Try it   (\S+)$", first.printed, re.MULTILINE)
        page, _, token = link.partition("#")
        assert page == f"{first.address}/try"
        assert f"Bearer {token}" == answer.request.headers["Authorization"]
        assert httpx.get(page).headers["content-type"] == "text/html; charset=utf-8"
        assert first.stop(signal.SIGTERM) == 0

    with running(home) as second:
        second.until("is ready")
        assert answer.json()["id"] in stored(second, "id", {"Authorization": answer.request.headers["Authorization"]})
        assert second.stop(signal.SIGINT, group=True) == 0

    assert not list(home.glob("postgres/data/postmaster.pid"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_completed_before_the_service_ends(home: Path, number: signal.Signals) -> None:
    with running(home, "--workers", "2") as run:
        token = run.curl().request.headers["Authorization"]
        title = f"written while {number.name} came"
        body = json.dumps({"title": title}).encode()
        host, port = run.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            head = (
                f"POST /api/v1/ada/ideas HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body[:4])
            time.sleep(0.3)
            os.killpg(run.process.pid, number)
            time.sleep(0.3)
            connection.sendall(body[4:])
            assert connection.recv(64).startswith(b"HTTP/1.1 201")
        assert run.left() == 0

    with running(home) as run:
        run.until("is ready")
        assert title in stored(run, "title", {"Authorization": token})


def test_an_endless_request_does_not_prevent_the_shutdown(home: Path) -> None:
    with running(home, CREATORVAULT_SERVER__SHUTDOWN_SECONDS="1") as run:
        run.until("is ready")
        host, port = run.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /api/v1/ada/ideas HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
            assert run.stop(signal.SIGTERM) == 0


def test_sigterm_during_the_start_leaves_no_processes(home: Path) -> None:
    with running(home) as run:
        deadline = time.monotonic() + DEADLINE
        while not list(home.glob("postgres/data/postmaster.pid")) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert run.stop(signal.SIGTERM) == 0

    assert not list(home.glob("postgres/data/postmaster.pid"))


def test_the_next_start_after_a_kill_finds_database_and_ideas(home: Path) -> None:
    """The embedded PostgreSQL continues to run, and the next start uses it."""
    with running(home, "--workers", "2") as killed:
        answer = killed.curl()
        assert killed.stop(signal.SIGKILL) == -signal.SIGKILL

    with running(home, PORT=killed.address.rpartition(":")[2]) as again:
        again.until("is ready")
        headers = {"Authorization": answer.request.headers["Authorization"]}
        found = httpx.get(f"{killed.address}/api/v1/ada/ideas", headers=headers)
        assert answer.json()["id"] in [item["id"] for item in found.json()["items"]]
        assert again.stop(signal.SIGTERM) == 0

    assert not list(home.glob("postgres/data/postmaster.pid"))


def test_a_worker_that_cannot_start_stops_the_service(home: Path) -> None:
    """Settings and database are valid: only a worker opens the metrics port."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with running(home, CREATORVAULT_METRICS__PORT=str(other.getsockname()[1])) as run:
            assert run.left() == 1

    assert "Address already in use" in run.printed
    assert "worker.cannot_start" in run.printed
    assert not list(home.glob("postgres/data/postmaster.pid"))


def test_production_refuses_to_start_and_lists_all_problems(home: Path) -> None:
    with running(home, CREATORVAULT_ENV="production") as run:
        assert run.left() == 1

    assert "DATABASE_URL is not set" in run.printed
    assert "nobody could sign in" in run.printed
    assert "nothing could be encrypted" in run.printed


def test_with_better_auth_it_says_why_there_is_no_token(home: Path) -> None:
    with running(home, BETTER_AUTH_URL="https://app.example.com") as run:
        printed = run.until("Ctrl-C stops it.")

    assert "curl" not in printed
    assert "/try" not in printed
    assert "No token for development: every issuer that is set (BETTER_AUTH_URL" in printed
    assert "set BETTER_AUTH_SECRET too" in printed


def test_production_prints_no_token(home: Path, fresh_database: Database) -> None:
    environ = environment_of(fresh_database, home) | {"CREATORVAULT_ENV": "production"}
    with running(home, **environ) as run:
        run.until("is ready")
        assert "curl" not in run.printed
        assert "/try" not in run.printed
        assert httpx.get(f"{run.address}/try").status_code == 404
        assert httpx.get(f"{run.address}/health/ready").json()["status"] == "ready"
