"""The commands of docs/export.md, against a running service."""

import asyncio
import shutil
import subprocess
import zipfile
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest

from tests.application import House
from tests.core.test_connections import serving
from tests.factories import Creator
from tests.guides.blocks import claimed

PLAIN, AGE, PASSPHRASE = claimed(__file__)


async def run(house: House, creator: Creator, folder: Path, script: str) -> None:
    """Runs a block of the page in bash, with the variables that it uses."""
    async with serving(house) as connect:
        peer = await connect()
        host, port = peer.writer.get_extra_info("peername")
        variables = {
            "SERVICE": f"http://{host}:{port}",
            "TOKEN": creator.token,
            "USER_ID": creator.user_id,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }
        process = await asyncio.create_subprocess_exec(
            "bash", "-euc", script, cwd=folder, env=variables, stderr=subprocess.PIPE
        )
        _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


@pytest.fixture
def needs_programs() -> None:
    for program in ("curl", "age"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


@pytest.mark.usefixtures("needs_programs")
async def test_the_commands_give_whole_files(house: House, ada: Creator, tmp_path: Path) -> None:
    await ada.idea("Of the page", notes="again " * 800)
    await run(house, ada, tmp_path, PLAIN.text)

    lines = (tmp_path / "vault.jsonl").read_bytes().splitlines()
    assert lines[-1].startswith(b'{"type":"end","ideas":1')
    with zipfile.ZipFile(tmp_path / "vault.zip") as archive:
        assert archive.testzip() is None


@pytest.mark.usefixtures("needs_programs")
async def test_age_opens_what_was_encrypted_for_its_key(house: House, ada: Creator, tmp_path: Path) -> None:
    await ada.idea("Of the page")
    await run(house, ada, tmp_path, AGE.text)

    assert b"Of the page" not in (tmp_path / "vault.jsonl.age").read_bytes()
    assert b"Of the page" in (tmp_path / "vault.jsonl").read_bytes()


@pytest.mark.usefixtures("needs_programs")
async def test_a_passphrase_is_sent_in_the_body(house: House, ada: Creator, tmp_path: Path) -> None:
    await ada.idea("Of the page")
    await run(house, ada, tmp_path, PASSPHRASE.text)

    data = (tmp_path / "vault.zip.age").read_bytes()
    assert pyrage.passphrase.decrypt(data, "correct horse battery staple").startswith(b"PK")
