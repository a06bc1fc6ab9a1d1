"""The embedded PostgreSQL for development and tests: a real server from a wheel, which needs no configuration."""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

from creatorvault.management.postgres_place import Account, EmbeddedPostgresError, Place, place_for
from creatorvault.management.signals import held_back

__all__ = ("EmbeddedPostgres", "EmbeddedPostgresError")

DATABASE: Final = "creatorvault"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0

SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "log_min_error_statement": "panic",  # do not log statements
    "log_error_verbosity": "terse",  # nor rows, which the DETAIL of a violated constraint contains
    "timezone": "UTC",
}

LOGINS: Final = """
SELECT 'CREATE ROLE creatorvault_owner LOGIN CREATEROLE'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'creatorvault_owner') \\gexec
SELECT 'CREATE ROLE creatorvault_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'creatorvault_app') \\gexec
SELECT 'CREATE ROLE creatorvault_operator_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'creatorvault_operator_app') \\gexec
SELECT 'CREATE DATABASE creatorvault OWNER creatorvault_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'creatorvault') \\gexec
"""


class State(IntEnum):
    """Exit status of pg_isready."""

    READY = 0
    STARTING = 1
    SILENT = 2


class EmbeddedPostgres:
    """A server in `home`, used by any number of processes at the same time: the first starts it, the last stops it.

    It listens on no network address. Its logins have no passwords: the folder of the socket protects them, which has
    mode 0700 and belongs to the account that PostgreSQL runs as, so that only this account and root have access.
    `options` are server settings, for example `{"fsync": "off"}`.
    """

    locale: ClassVar[Sequence[str]] = ("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8")
    """Options of initdb, for the release in the wheel."""

    def __init__(self, home: Path, options: Mapping[str, str] | None = None) -> None:
        self._home = home.absolute()
        self._options = {**SETTINGS, **(options or {})}
        self._place: Place | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._use: int | None = None

    @property
    def place(self) -> Place:
        """The location of the server's files; available after start."""
        if self._place is None:
            raise EmbeddedPostgresError("the embedded PostgreSQL has not been started")
        return self._place

    @property
    def bin(self) -> Path:
        """The folder of `psql`, `pg_dump` and the other programs of the same release."""
        return self.place.programs

    @property
    def owner_url(self) -> str:
        return self._url("creatorvault_owner", DATABASE)

    @property
    def app_url(self) -> str:
        return self._url("creatorvault_app", DATABASE)

    @property
    def operator_url(self) -> str:
        return self._url("creatorvault_operator_app", DATABASE)

    @property
    def superuser_url(self) -> str:
        return self._url("postgres", "postgres")

    def start(self) -> None:
        """Returns when the server is ready and the logins and the database exist. Raises EmbeddedPostgresError."""
        if self._use is not None:
            return
        try:
            self._home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"{self._home}: {error.strerror}: set CREATORVAULT_HOME to another folder"
            ) from None
        self._home = self._home.resolve()
        with self._alone():
            self._place = place_for(self._home)
            try:
                if self._state() is State.SILENT:
                    self._create()
                    self._launch()
                self._await()
                self._run("psql", *self._as_superuser(), "-v", "ON_ERROR_STOP=1", stdin=LOGINS)
                self._use = self._lock_file("postgres.users", fcntl.LOCK_SH)
            except BaseException:  # including Ctrl-C: nothing else would stop the server
                if self._process is not None:
                    self._terminate()
                    self._process = None
                raise

    def stop(self) -> None:
        """Stops the server, unless another process uses it. Open transactions are rolled back."""
        if self._use is None:
            return
        with self._alone():
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._process is not None:
                    self._process.returncode = 0  # it continues to run, and Popen would warn that nobody waited for it
            else:
                self._terminate()
            finally:
                os.close(self._use)
                self._use = self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _url(self, login: str, database: str) -> str:
        return f"postgresql+asyncpg://{login}@/{database}?host={self.place.socket}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Serialises start and stop; the lock is released when the process ends, even if it is killed."""
        lock = self._lock_file("postgres.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(lock)

    def _lock_file(self, name: str, kind: int) -> int:
        try:
            lock = os.open(self._home / name, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise EmbeddedPostgresError(f"{self._home / name}: {error.strerror}") from None
        fcntl.flock(lock, kind)
        return lock

    def _create(self) -> None:
        data, draft = self.place.folder / "data", self.place.folder / "data.new"
        if data.exists():
            return
        shutil.rmtree(draft, ignore_errors=True)  # left by an interrupted start
        self._run(
            "initdb",
            *("--pgdata", str(draft), "--username", "postgres", "--auth-local", "trust", "--auth-host", "reject"),
            *("--encoding", "UTF8", *self.locale),
            *(["--no-sync"] if self._options.get("fsync") == "off" else []),
            as_account=True,
        )
        draft.rename(data)

    def _launch(self) -> None:
        """PostgreSQL gets its own session: Ctrl-C must not stop it before the requests in flight have completed."""
        place = self.place
        options = {**self._options, "unix_socket_directories": str(place.socket)}
        with (place.folder / "log").open("ab") as log, held_back():
            self._process = subprocess.Popen(
                (place.programs / "postgres", "-D", place.folder / "data", *_flags(options)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                user=place.account.uid,
                group=place.account.gid,
                extra_groups=place.account.groups,
            )

    def _await(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._state() is not State.READY:
            gone = self._process is not None and self._process.poll() is not None
            if gone or time.monotonic() > deadline:
                log = self.place.folder / "log"
                end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                raise EmbeddedPostgresError(f"PostgreSQL does not start. The end of {log}:\n{end}")
            time.sleep(0.05)

    def _terminate(self) -> None:
        """SIGINT is PostgreSQL's fast shutdown: it terminates sessions, then writes all data."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(STOP_SECONDS)
        elif self._state() is not State.SILENT:  # otherwise the process id may belong to another process
            file = self.place.folder / "data" / "postmaster.pid"
            os.kill(int(file.read_text().split()[0]), signal.SIGINT)
            deadline = time.monotonic() + STOP_SECONDS
            while file.exists() and time.monotonic() < deadline:
                time.sleep(0.02)

    def _state(self) -> State:
        command = (self.place.programs / "pg_isready", "-q", "-h", self.place.socket, "-U", "postgres")
        return State(subprocess.run(command, check=False, env=_environment()).returncode)

    def _as_superuser(self) -> tuple[str, ...]:
        return ("-X", "-q", "-h", str(self.place.socket), "-U", "postgres", "-d", "postgres")

    def _run(self, program: str, *arguments: str, stdin: str = "", as_account: bool = False) -> None:
        account = self.place.account if as_account else Account()
        done = subprocess.run(
            (self.place.programs / program, *arguments),
            check=False,
            input=stdin,
            capture_output=True,
            text=True,
            cwd="/",
            env=_environment(),
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
        )
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"{program} fails: {done.stderr.strip()}")


def _flags(options: Mapping[str, str]) -> Iterator[str]:
    for name, value in options.items():
        yield from ("-c", f"{name}={value}")


def _environment() -> dict[str, str]:
    """Returns the environment without the caller's PGHOST, PGUSER, PGSERVICE …"""
    return {name: text for name, text in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
