"""Unusable folders, files, databases and terminals: one line, and no traceback."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from creatorvault.__main__ import root
from tests.application import environment_of
from tests.commands import INHERITED
from tests.ports import free_port
from tests.postgres import Database
from tests.schema import unmeasured

ROOT = Path(__file__).parents[2]


def creatorvault(*arguments: str, **environ: str) -> Result:
    """Runs in this process, since another one takes seconds to start on a busy machine."""
    ours = ("CREATORVAULT_", "DATABASE_", "BETTER_AUTH_")
    without = dict.fromkeys((name for name in os.environ if name.startswith(ours)), None)
    return CliRunner().invoke(root, arguments, env=without | environ, prog_name="creatorvault")


def refused(done: Result, *names: str) -> None:
    where = f"{done.exit_code}: {done.stderr[:800]!r}"
    assert done.exit_code != 0, where
    assert re.fullmatch(r"Error: [^\n]+\n", done.stderr), where
    assert any(name in done.stderr for name in names), where
    assert "hunter2" not in done.stderr + done.stdout


def test_an_unusable_home_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "damaged" / "secrets").mkdir(parents=True)
    (tmp_path / "damaged" / "secrets" / "better-auth-secret").write_bytes(b"\xff\xfe")
    homes = (
        "/proc/nowhere",
        str(tmp_path / "file"),
        str(tmp_path / "file" / "x"),
        "/dev/null",
        str(tmp_path / "damaged"),
    )
    for home in (*homes, str(tmp_path / ("x" * 300)), "~nobody-at-all"):
        refused(creatorvault("token", "--user", "ada", CREATORVAULT_HOME=home), "CREATORVAULT_HOME")


def test_an_unusable_file_of_root_keys_is_named(tmp_path: Path, fresh_database: Database) -> None:
    environ = environment_of(fresh_database, tmp_path)
    del environ["CREATORVAULT_ROOT_KEYS"]
    files = {
        "empty": b"",
        "binary": bytes(range(256)),
        "base64": b"one:hunter2",
        "short": b"one:AAAA",
        "large": b"x" * 2**21,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "open").write_text("one:" + "A" * 43 + "=")
    (tmp_path / "open").chmod(0o644)
    for name in (*files, "open", "missing", "."):
        done = creatorvault("operators", "list", **environ, CREATORVAULT_ROOT_KEYS_FILE=str(tmp_path / name))
        refused(done, "CREATORVAULT_ROOT_KEYS_FILE")


def test_an_invalid_settings_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\x00\xfe")
    (tmp_path / "large").write_text("# " + "x" * 2**21)
    (tmp_path / "nested").write_text("a = " + "[" * 100_000)
    (tmp_path / "words").write_text("what is this")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("/nowhere")
    for name in ("folder", "binary", "large", "nested", "words", "pipe", "dangling", "missing"):
        file = tmp_path / name
        monkeypatch.setattr("creatorvault.settings.loading._settings_file", lambda file=file: file)
        result = CliRunner().invoke(root, ("database", "roles"), prog_name="creatorvault")
        assert result.exit_code == 1
        assert re.fullmatch(rf"Error: {file}: [^\n]+\n", result.stderr), result.stderr


def listening(answer: Callable[[socket.socket], None]) -> int:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            connection, _ = server.accept()
            with suppress(OSError), connection:
                answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    return int(server.getsockname()[1])


def close_at_once(connection: socket.socket) -> None:
    """Closes the connection without a response."""


def speak_http(connection: socket.socket) -> None:
    connection.recv(64)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def refuse_tls(connection: socket.socket) -> None:
    connection.recv(8)
    connection.sendall(b"N")


def test_an_address_without_a_database_behind_it_is_reported(tmp_path: Path) -> None:
    for port, query in (
        (free_port(), ""),
        (listening(close_at_once), ""),
        (listening(close_at_once), "?sslmode=disable"),
        (listening(speak_http), ""),
        (listening(speak_http), "?sslmode=disable"),
        (listening(refuse_tls), "?sslmode=require"),
        (listening(refuse_tls), "?sslmode=verify-full"),
    ):
        url = f"postgresql://app:hunter2@127.0.0.1:{port}/x{query}"
        environ = {
            "DATABASE_URL": url,
            "CREATORVAULT_HOME": str(tmp_path),
            "CREATORVAULT_DATABASE__STARTUP_SECONDS": "0.1",
        }
        refused(creatorvault("database", "upgrade", **environ), "the database refuses app")
        refused(creatorvault("operators", "list", **environ), "the database")


def test_a_missing_login_or_database_is_reported(fresh_database: Database, home: Path) -> None:
    environ = environment_of(fresh_database, home)
    stranger = fresh_database.url("nobody")
    nowhere = fresh_database.owner_url.replace(fresh_database.name, "nowhere")
    for url in (stranger, nowhere):
        for command in (
            ("database", "upgrade"),
            ("database", "downgrade"),
            ("database", "check"),
            ("operators", "list"),
        ):
            refused(creatorvault(*command, **(environ | {"DATABASE_OWNER_URL": url})), "nobody", "nowhere")


def test_a_missing_revision_is_reported(fresh_database: Database, home: Path) -> None:
    environ = environment_of(fresh_database, home)
    for direction in ("upgrade", "downgrade"):
        for revision in ("nonsense", "head+7", "a:b"):
            done = creatorvault("database", direction, revision, **environ)
            assert done.exit_code == 1, revision
            assert re.fullmatch(r"Error: [^\n]+\n", done.stderr), (direction, revision, done.stderr[-600:])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine has no /dev/full")
def test_unwritable_output_is_reported(tmp_path: Path) -> None:
    command = f"{sys.executable} -m creatorvault"
    environ = unmeasured() | {"CREATORVAULT_HOME": str(tmp_path)}
    for line, status, said in (
        (f"{command} openapi > /dev/full", 1, "Error: standard output: No space left on device\n"),
        (f"{command} version > /dev/full", 1, "Error: standard output: No space left on device\n"),
        (f"{command} version >&-", 1, "Error: standard output is closed: send it to a file or to /dev/null\n"),
        (f"{command} openapi | head -1", 0, ""),
        (f"{command} --help | true", 0, ""),
    ):
        done = subprocess.run(["sh", "-c", line], check=False, capture_output=True, text=True, cwd=ROOT, env=environ)
        assert (done.returncode, done.stderr) == (status, said), line


@pytest.fixture
def interruptible() -> Generator[None]:
    """Restores SIGINT: a background job starts with SIGINT ignored, and its children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_a_command_with_one_line(tmp_path: Path) -> None:
    url = f"postgresql://app@127.0.0.1:{free_port()}/x"
    environ = INHERITED | {"CREATORVAULT_HOME": str(tmp_path), "DATABASE_URL": url}
    process = subprocess.Popen(
        [sys.executable, "-um", "creatorvault", "database", "upgrade"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environ,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Waiting")
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)

    assert process.returncode == 130
    assert said.strip() == "Error: interrupted"


def test_without_dependencies_each_program_says_what_to_run_first(tmp_path: Path) -> None:
    bare = [
        sys.executable,
        "-ISc",
        "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_module(sys.argv[2], {}, '__main__')",
    ]
    for module in ("creatorvault", "benchmarks", "benchmarks.faults", "benchmarks.abuse", "benchmarks.micro_corpus"):
        done = subprocess.run([*bare, str(ROOT), module], check=False, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 1, module
        assert re.fullmatch(r"Error: [^\n]*make \.venv/installed[^\n]*\n", done.stderr), (module, done.stderr)


def test_benchmarks_without_their_baseline_say_what_to_run_first() -> None:
    if (ROOT / ".venv-bench").exists():
        pytest.skip("the baseline is installed in this checkout")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--only", "list"], check=False, capture_output=True, text=True, cwd=ROOT
    )

    assert (done.returncode, done.stderr) == (
        1,
        "Error: the baseline is not installed. Run: make .venv-bench/installed\n",
    )
