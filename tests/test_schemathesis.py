"""The running service against its own document: every check and every phase of schemathesis, without a failure."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.application import environment_of
from tests.factories import claims_of, token_of
from tests.postgres import Database

ROOT: Final = Path(__file__).parent.parent
CREATOR: Final = "schemathesis"
IN_CI: Final = bool(os.environ.get("CI"))
EXAMPLES: Final = 700 if IN_CI else 25
"""For each operation; the phases of coverage and state come on top."""

CASES: Final = 5000 if IN_CI else 300


@pytest.fixture
def service(fresh_database: Database, tmp_path: Path) -> Generator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    variables = os.environ | environment_of(fresh_database, tmp_path) | {"PORT": str(port), "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "creatorvault", "run"]
    process = subprocess.Popen(command, env=variables, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_for(process, address)
        yield address
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/health/ready", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the service did not start")


def test_the_service_does_what_its_document_says(service: str, tmp_path: Path) -> None:
    variables = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.fuzzing.hooks",
        "SCHEMATHESIS_USER": CREATOR,
        "SCHEMATHESIS_TOKEN": token_of(claims_of(CREATOR)),
        "PYTHONPATH": str(ROOT),
    }
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "tests/fuzzing/schemathesis.toml")),
        *("run", f"{service}/openapi.json", "--no-color", "--max-examples", str(EXAMPLES), "--seed", "1"),
        *("--generation-database", "none", "--continue-on-failure"),
    ]

    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "WARNINGS" not in said, said
    found = re.search(r"(\d+) generated, (\d+) passed", said)
    assert found, said
    generated, passed = map(int, found.groups())
    assert generated == passed
    assert generated >= CASES
    assert all(f"✅  {phase}" in said for phase in ("Examples", "Coverage", "Fuzzing", "Stateful")), said
