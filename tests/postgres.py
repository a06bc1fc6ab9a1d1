"""The PostgreSQL that tests run on: one throw-away cluster per run, one database per worker, cloned."""

import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Final, Self

from creatorvault.management.postgres import EmbeddedPostgres

OWNER: Final = "creatorvault_owner"
RUNTIME: Final = "creatorvault_app"
OPERATOR: Final = "creatorvault_operator_app"
TEMPLATE: Final = "template_creatorvault"

# Nothing here outlives the run, so nothing is forced to disk. What the server logs is what PostgreSQL logs as it
# ships, and not what the embedded one is told to: deployments bring servers of their own.
OPTIONS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "log_min_error_statement": "error",
    "log_error_verbosity": "default",
}


@dataclass(frozen=True)
class Database:
    """A database of the cluster, as each of the four logins addresses it."""

    name: str
    socket: str

    def url(self, role: str) -> str:
        return f"postgresql://{role}@/{self.name}?host={self.socket}"

    @property
    def runtime_url(self) -> str:
        """The login of the application: neither owner nor superuser, so row-level security binds it."""
        return self.url(RUNTIME)

    @property
    def owner_url(self) -> str:
        """The login that migrates."""
        return self.url(OWNER)

    @property
    def operator_url(self) -> str:
        """The login of the admin API: it sees every tenant, and no ciphertext."""
        return self.url(OPERATOR)

    @property
    def superuser_url(self) -> str:
        """The login of an attacker with the run of the server; row-level security does not bind it."""
        return self.url("postgres")


@dataclass(frozen=True)
class Cluster:
    """Plain text in every field, so that the run's first process can hand it to its workers."""

    folder: str
    programs: str
    socket: str

    started: ClassVar[dict[str, EmbeddedPostgres]] = {}

    @classmethod
    def start(cls) -> Self:
        home = Path(tempfile.mkdtemp(prefix="creatorvault-tests-"))
        home.chmod(0o755)  # so that the account which root lends the server may pass
        server = EmbeddedPostgres(home, OPTIONS)
        server.start()
        folder = str(server.place.folder)
        cls.started[folder] = server
        return cls(folder=folder, programs=str(server.bin), socket=str(server.place.socket))

    def stop(self) -> None:
        self.started.pop(self.folder).stop()
        shutil.rmtree(Path(self.folder).parent)

    def database(self, name: str) -> Database:
        return Database(name, self.socket)

    def create(self, name: str) -> Database:
        """An empty database that belongs to the owner."""
        self.run(f'CREATE DATABASE "{name}" OWNER {OWNER}')
        return self.database(name)

    def clone(self, name: str, template: str = TEMPLATE) -> Database:
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER {OWNER}')
        return self.database(name)

    def drop(self, database: Database) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')

    def run(self, sql: str, database: str = "postgres") -> str:
        """Runs SQL as the superuser; the output is unaligned rows without a header."""
        url = self.database(database).superuser_url
        return self.program("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql)

    def program(self, name: str, *arguments: str) -> str:
        """The output of one of PostgreSQL's own programs."""
        command = [str(Path(self.programs) / name), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
