"""The installation without Docker, command by command in a separate root folder; then the commands of its units."""

import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from tests.application import ROOT_KEYS
from tests.guides.blocks import ROOT, claimed
from tests.guides.root_folder import findings, root_folder, under
from tests.guides.service import await_ready, folder_with_environment
from tests.guides.shell import session
from tests.ports import free_port
from tests.postgres import Cluster, Database

CODE, ACCOUNT, SECRETS, UNITS, START, LATER, CHECK = claimed(__file__)
OF_THE_MACHINE: Final = {"core.E013"}
pytestmark = pytest.mark.xdist_group("guides")


@dataclass(frozen=True)
class Installed:
    folder: Path
    environ: dict[str, str]

    def unit(self, name: str) -> Path:
        return self.folder / "etc/systemd/system" / name

    def values(self, name: str, setting: str) -> list[str]:
        return re.findall(rf"^{setting}=(.*)$", self.unit(name).read_text(), re.MULTILINE)

    def variables(self, name: str) -> dict[str, str]:
        """Returns the environment that systemd sets (systemd.exec(5)): from files, then from the unit."""
        files = [Path(file).read_text() for file in self.values(name, "EnvironmentFile")]
        [credential] = self.values(name, "LoadCredential")
        credentials = str(Path(credential.partition(":")[2]).parent)
        lines = "".join(files).splitlines() + [
            line.replace("%d", credentials) for line in self.values(name, "Environment")
        ]
        return dict(shlex.split(line)[0].split("=", 1) for line in lines)

    def start(self, name: str, log: Path, **more: str) -> subprocess.Popen[bytes]:
        [command], [folder] = self.values(name, "ExecStart"), self.values(name, "WorkingDirectory")
        environ = {"PATH": self.environ["PATH"], **self.variables(name), **more}
        with log.open("wb") as stream:
            return subprocess.Popen(shlex.split(command), cwd=folder, env=environ, stdout=stream, stderr=stream)


@pytest.fixture(scope="module")
def empty(cluster: Cluster) -> Iterator[Database]:
    database = cluster.create(f"installed_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="module")
def installed(empty: Database) -> Iterator[Installed]:
    with folder_with_environment() as (folder, environ):
        environ.update(root_folder(folder, environ["PATH"]))
        for name in ("creatorvault", "migrations"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("litestar.toml", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "root_keys").write_text(ROOT_KEYS)
        (folder / "creatorvault.env").write_text(
            "CREATORVAULT_ENV=production\n"
            f"CREATORVAULT_ROOT_KEYS_FILE='{folder}/root_keys'\n"
            f"DATABASE_URL={empty.runtime_url}\nDATABASE_OWNER_URL={empty.owner_url}\n"
            f"DATABASE_OPERATOR_URL={empty.operator_url}\n"
            "ALLOWED_ORIGINS=https://app.example.com\nBETTER_AUTH_URL=https://app.example.com\n"
        )
        blocks = [CODE, ACCOUNT, SECRETS, UNITS, START]
        session("bash", [replace(block, text=under(folder, block.text)) for block in blocks], folder, environ)
        (folder / "opt/creatorvault/.venv").symlink_to(sys.prefix)
        yield Installed(folder, environ)


def test_the_account_cannot_log_in(installed: Installed) -> None:
    assert re.search(
        r"^creatorvault:.*:/usr/sbin/nologin$", (installed.folder / "etc/passwd").read_text(), re.MULTILINE
    )


def test_only_root_can_read_secrets_and_the_service_has_no_owner_url(installed: Installed) -> None:
    secrets = installed.folder / "etc/creatorvault"

    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    for name in ("root_keys", "environment", "owner"):
        assert stat.S_IMODE((secrets / name).stat().st_mode) == 0o600, name
    assert "DATABASE_OWNER_URL" not in installed.variables("creatorvault.service")
    assert "DATABASE_OWNER_URL" in installed.variables("creatorvault-migrate.service")


@pytest.mark.parametrize("name", ["creatorvault.service", "creatorvault-migrate.service"])
def test_systemd_verifies_the_units(installed: Installed, name: str) -> None:
    assert findings(installed.unit(name)) == []


def test_the_service_is_enabled_at_boot(installed: Installed) -> None:
    wanted = installed.unit("multi-user.target.wants/creatorvault.service")

    assert wanted.readlink().match("etc/systemd/system/creatorvault.service")


def test_the_units_migrate_and_serve_and_commands_work(installed: Installed) -> None:
    log, port = installed.folder / "log", free_port()
    assert installed.start("creatorvault-migrate.service", log).wait() == 0, log.read_text()
    service = installed.start("creatorvault.service", log, PORT=str(port))
    try:
        await_ready(service, port, log)
        later = [replace(block, text=under(installed.folder, block.text)) for block in (LATER, CHECK)]
        done = subprocess.run(
            ["bash", "-c", f"set -e\n{later[0].text}\nset +e\n{later[1].text}"],
            env=installed.environ,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        service.terminate()
        assert service.wait() == 0
    assert set(re.findall(r"^error (\S+):", done.stdout, re.MULTILINE)) <= OF_THE_MACHINE, done.stdout + done.stderr
    assert "warnings." in done.stdout
