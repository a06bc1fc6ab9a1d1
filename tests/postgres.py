"""PostgreSQL for tests: one temporary cluster per run, one cloned database per worker."""

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

# The data is temporary, so nothing is forced to disk. The server logs as PostgreSQL does by default, and not as the
# embedded one, since deployments have their own servers.
OPTIONS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "500",
    "log_min_error_statement": "error",
    "log_error_verbosity": "default",
}


@dataclass(frozen=True)
class Database:
    """A database of the cluster, with the addresses of the four logins."""

    name: str
    socket: str

    def url(self, role: str) -> str:
        return f"postgresql://{role}@/{self.name}?host={self.socket}"

    @property
    def runtime_url(self) -> str:
        """The login of the application: neither owner nor superuser, so row-level security applies to it."""
        return self.url(RUNTIME)

    @property
    def owner_url(self) -> str:
        """The login that runs migrations."""
        return self.url(OWNER)

    @property
    def operator_url(self) -> str:
        """The login of the admin API, which sees every tenant, but no ciphertext."""
        return self.url(OPERATOR)

    @property
    def superuser_url(self) -> str:
        """The login of an attacker with full access; row-level security does not apply to it."""
        return self.url("postgres")


@dataclass(frozen=True)
class Cluster:
    """All fields are text, so that the first process can pass it to its workers."""

    folder: str
    programs: str
    socket: str

    started: ClassVar[dict[str, EmbeddedPostgres]] = {}

    @classmethod
    def start(cls) -> Self:
        home = Path(tempfile.mkdtemp(prefix="creatorvault-tests-"))
        home.chmod(0o755)  # so that the account of the server can access it when run as root
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
        """Creates an empty database that belongs to the owner."""
        self.run(f'CREATE DATABASE "{name}" OWNER {OWNER}')
        return self.database(name)

    def clone(self, name: str, template: str = TEMPLATE) -> Database:
        # As files, since otherwise every block is written to the log as well.
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY OWNER {OWNER}')
        return self.database(name)

    def drop(self, database: Database) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')

    def run(self, sql: str, database: str = "postgres") -> str:
        """Runs SQL as the superuser; the output is unaligned rows without a header."""
        url = self.database(database).superuser_url
        return self.program("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql)

    def program(self, name: str, *arguments: str) -> str:
        """Runs one of PostgreSQL's programs and returns its output."""
        command = [str(Path(self.programs) / name), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
