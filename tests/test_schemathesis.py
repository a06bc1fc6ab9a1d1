"""Tests the running service against its document: all checks and phases of schemathesis, without a failure."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.admin.operator_keys import new_key
from creatorvault.admin.scopes import Scope
from tests.application import environment_of
from tests.commands import Command
from tests.factories import claims_of, token_of
from tests.ports import free_port, is_ready
from tests.postgres import Database
from tests.schema import unmeasured
from tests.thoroughness import IN_CI

ROOT: Final = Path(__file__).parent.parent
CREATOR: Final = "schemathesis"
CASES: Final = 5000 if IN_CI else 300
ADMIN: Final = "^/api/v1/admin/"

type Fuzz = Callable[..., int]


@pytest.fixture
def service(fresh_database: Database, tmp_path: Path) -> Generator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    variables = unmeasured() | environment_of(fresh_database, tmp_path) | {"PORT": str(port), "LOG_LEVEL": "WARNING"}
    process = Command[bytes](["run"], env=variables, stdout=subprocess.DEVNULL)
    try:
        _wait_for(process, port)
        yield address
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if is_ready(port):
            return
        time.sleep(0.1)
    raise RuntimeError("the service did not start")


@pytest.fixture
def fuzz(service: str, tmp_path: Path) -> Fuzz:
    """Runs all phases with all checks and returns the number of cases, none of which may fail."""

    def fuzz(*options: str, token: str, examples: int) -> int:
        variables = unmeasured() | {
            "SCHEMATHESIS_HOOKS": "tests.fuzzing.hooks",
            "SCHEMATHESIS_USER": CREATOR,
            "SCHEMATHESIS_TOKEN": token,
            "PYTHONPATH": str(ROOT),
        }
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "tests/fuzzing/schemathesis.toml")),
            *("run", f"{service}/openapi.json", "--no-color", "--max-examples", str(examples), "--seed", "1"),
            *("--generation-database", "none", "--continue-on-failure", *options),
        ]
        done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert "WARNINGS" not in said, said
        found = re.search(r"(\d+) generated, (\d+) passed", said)
        assert found, said
        assert found[1] == found[2], said
        return int(found[1])

    return fuzz


@pytest.mark.longest
def test_the_service_does_what_its_document_says(fuzz: Fuzz) -> None:
    """To a creator who owns an organization, so that no operation but the operators' is out of reach."""
    owner = claims_of(CREATOR) | {"org_id": "org-1", "org_role": "owner"}

    cases = fuzz("--exclude-path-regex", ADMIN, token=token_of(owner), examples=200 if IN_CI else 25)

    assert cases >= CASES


async def test_the_admin_api_conforms_to_its_document(fuzz: Fuzz, fresh_sql: asyncpg.Connection) -> None:
    key = new_key()
    await fresh_sql.execute(
        "INSERT INTO operators (id, name, key_id, key_hash, scopes, created_at) VALUES ($1, 'Olga', $2, $3, $4, now())",
        *(uuid4(), key.key_id, key.hash, [scope.value for scope in Scope]),
    )

    fuzz("--include-path-regex", ADMIN, token=key.text, examples=50 if IN_CI else 10)
