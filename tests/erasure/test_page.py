"""The commands of docs/erasure.md, run unchanged against a service."""

import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.application import PATIENT
from tests.factories import Creator
from tests.faults.clients import ask
from tests.faults.service import Service
from tests.guides.blocks import claimed
from tests.postgres import Cluster, Database

pytestmark = pytest.mark.xdist_group("run")

ERASE, VERIFY = claimed(__file__)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"page_{uuid4().hex}")
    yield database
    cluster.drop(database)


def run(text: str, folder: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(
        ["/bin/sh", "-ec", text], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
async def test_the_page_erases_and_verifies(database: Database, tmp_path: Path) -> None:
    for name in (".venv", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    service = Service(tmp_path, database.runtime_url, database.owner_url, **PATIENT)
    ada = Creator(None, f"user-{uuid4()}")  # type: ignore[arg-type]  # its requests are sent by `ask`
    await service.start()
    try:
        ideas = f"/api/v1/{ada.user_id}/ideas"
        assert (await ask(service.port, "POST", ideas, ada.headers, {"title": "x"})).status == 201
        url = f"http://127.0.0.1:{service.port}"
        environ = {**service.environment, "TOKEN": ada.token, "URL": url, "PYTHONPATH": str(ROOT)}
        shown = run(ERASE.text, tmp_path, environ)
        verified = run(VERIFY.text, tmp_path, environ)
        assert (await ask(service.port, "GET", ideas, ada.headers)).status == 403
    finally:
        await service.stop()

    assert '"state":"erased"' in shown
    assert "The receipt is valid" in verified
    assert f'"user_id": "{ada.user_id}"' in verified
