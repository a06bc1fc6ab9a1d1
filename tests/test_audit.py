"""The audit of the locked dependencies, with a vulnerability service on loopback that implements OSV's protocol."""

import json
import re
import subprocess
import sys
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.schema import unmeasured

ROOT = Path(__file__).parent.parent
NOBODY = "http://127.0.0.1:1"


class Service(ThreadingHTTPServer):
    """Reports one vulnerability in each of the packages in `vulnerable`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.vulnerable: set[str] = set()
        self.asked: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/query"


class Answers(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        package = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]
        self.server.asked.add(package["name"])
        affected = {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "99.0"}]}]}
        known = {"vulns": [{"id": "TEST-2026-1", "summary": "Bad", "affected": [affected]}]}
        body = json.dumps(known if package["name"] in self.server.vulnerable else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
        """Suppresses the log."""


@pytest.fixture
def service() -> Generator[Service]:
    with Service() as service:
        thread = Thread(target=service.serve_forever)
        thread.start()
        yield service
        service.shutdown()
        thread.join()


def audited(osv_url: str, *options: str) -> tuple[int, str]:
    """PyPI is behind a proxy that nobody runs, so the other service is asked."""
    environ = {**unmeasured(), "PIP_AUDIT_OSV_URL": osv_url, "HTTPS_PROXY": NOBODY, "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, ".ci/audit.py", *options]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_every_locked_dependency_is_looked_up(service: Service) -> None:
    status, said = audited(service.url)

    assert status == 0
    assert said.count(" 0 vulnerabilities.") == 1
    assert {"litestar", "cryptography", "asyncpg", "pytest"} <= service.asked


def test_a_vulnerable_dependency_fails_the_build_and_is_named(service: Service) -> None:
    service.vulnerable = {"litestar"}

    status, said = audited(service.url)

    assert status == 1
    assert "TEST-2026-1 (fixed in 99.0)" in said


def test_without_a_service_it_reports_that_nothing_was_audited() -> None:
    status, said = audited(f"{NOBODY}/v1/query")

    assert status == 0
    assert said.count("NOT AUDITED") == 1
    assert "pypi: " in said
    assert "osv: " in said


def test_strict_makes_that_a_failure() -> None:
    assert audited(f"{NOBODY}/v1/query", "--strict")[0] == 1


def test_the_audited_lock_has_what_production_has() -> None:
    def locked(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))

    assert len(locked("requirements.lock")) > 20
    assert locked("requirements.lock") <= locked("requirements-dev.lock")
