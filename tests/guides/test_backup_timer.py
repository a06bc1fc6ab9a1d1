"""The nightly backup of docs/operations/backups.md: its login, its script and its timer."""

import os
import shlex
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from tests.guides.blocks import claimed
from tests.guides.root_folder import findings, root_folder, under
from tests.guides.server import here
from tests.guides.service import folder_with_environment
from tests.guides.shell import session
from tests.postgres import Cluster, Database

LOGIN, NIGHTLY = claimed(__file__)
LOGIN_NAME: Final = "creatorvault_backup"
EIGHT_DAYS: Final = 8 * 86_400

pytestmark = pytest.mark.xdist_group("guides")


@dataclass(frozen=True)
class Nights:
    folder: Path
    environ: dict[str, str]

    def run(self) -> None:
        """Runs it as the unit does: only with its environment file."""
        lines = (self.folder / "etc/creatorvault/backup").read_text().splitlines()
        unit = (self.folder / "etc/systemd/system/creatorvault-backup.service").read_text()
        program = shlex.split(unit.partition("ExecStart=")[2])[0]
        settings = {"PATH": self.environ["PATH"], **dict(line.split("=", 1) for line in lines)}
        subprocess.run([program], env=settings, check=True)

    def backups(self, kind: str) -> list[Path]:
        return sorted((self.folder / f"var/backups/{kind}").iterdir())


@pytest.fixture(scope="module")
def live(cluster: Cluster) -> Iterator[Database]:
    database = cluster.clone(f"nightly_{uuid4().hex}")
    yield database
    cluster.drop(database)
    cluster.run(f"DROP ROLE IF EXISTS {login_of(database)}")


def login_of(database: Database) -> str:
    """A unique name, since logins belong to the whole cluster, which other processes also use."""
    return f"backup_of_{database.name}"


@pytest.fixture(scope="module")
def nights(cluster: Cluster, live: Database) -> Iterator[Nights]:
    with folder_with_environment() as (folder, environ):
        environ.update(root_folder(folder, f"{cluster.programs}:{environ['PATH']}"))
        environ["SUPERUSER_URL"] = live.superuser_url
        blocks = [
            replace(block, text=under(folder, here(block.text, cluster, live.name)).replace(LOGIN_NAME, login_of(live)))
            for block in (LOGIN, NIGHTLY)
        ]
        session("bash", blocks, folder, environ)
        yield Nights(folder, environ)


def test_a_backup_stores_data_and_keys_separately_for_root_only(nights: Nights, cluster: Cluster) -> None:
    nights.run()

    [data], [keys] = nights.backups("creatorvault"), nights.backups("creatorvault-keys")
    for file, has, has_not in ((data, "public.ideas", "keys.vault_keys"), (keys, "keys.vault_keys", "public.ideas")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        dumped = cluster.program("pg_restore", "--file=-", str(file))
        assert f"COPY {has}" in dumped or f"CREATE TABLE {has}" in dumped
        assert f"CREATE TABLE {has_not}" not in dumped


def test_keys_are_deleted_after_a_week_and_data_is_kept(nights: Nights) -> None:
    old = time.time() - EIGHT_DAYS
    data = nights.folder / "var/backups/creatorvault/data-2026-01-01.dump"
    keys = nights.folder / "var/backups/creatorvault-keys/keys-2026-01-01.dump"
    for file in (data, keys):
        file.touch()
        os.utime(file, (old, old))

    nights.run()

    assert data.exists()
    assert not keys.exists()
    data.unlink()


def test_only_root_can_read_the_password(nights: Nights) -> None:
    assert stat.S_IMODE((nights.folder / "etc/creatorvault/backup").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["creatorvault-backup.service", "creatorvault-backup.timer"])
def test_systemd_verifies_the_units(nights: Nights, name: str) -> None:
    assert findings(nights.folder / "etc/systemd/system" / name) == []


def test_the_timer_is_enabled(nights: Nights) -> None:
    assert (nights.folder / "etc/systemd/system/timers.target.wants/creatorvault-backup.timer").is_symlink()
