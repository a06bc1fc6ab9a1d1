"""A PostgreSQL of the benchmark's own, as it is durable by default, with one database for each service."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.content import ROOT_KEYS, SECRET
from benchmarks.processes import cpu_seconds
from creatorvault.audit.upgrade import prepare_audit_log
from creatorvault.management.postgres import EmbeddedPostgres
from creatorvault.management.upgrade import upgrade
from creatorvault.settings.loading import load_settings

OWNER: Final = "creatorvault_owner"
RUNTIME: Final = "creatorvault_app"
CONNECTIONS: Final = 200
"""All services stand on it at the same time."""


class Cluster:
    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="creatorvault-bench-"))
        self.home.chmod(0o755)  # so that the account which root lends the server may pass
        self._server = EmbeddedPostgres(self.home, {"max_connections": str(CONNECTIONS)})
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        shutil.rmtree(self.home)

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process_id)

    @property
    def process_id(self) -> int:
        """Of the server's first process."""
        pid_file = self._server.place.folder / "data" / "postmaster.pid"
        return int(pid_file.read_text().split()[0])

    def leave_processor(self) -> None:
        """Moves PostgreSQL, which has inherited the processors of this process, to the others if there are any.

        Its new connections inherit those of its first process.
        """
        own, all_of_them = os.sched_getaffinity(0), set(range(os.cpu_count() or 1))
        os.sched_setaffinity(self.process_id, all_of_them - own or all_of_them)

    @property
    def socket(self) -> str:
        return str(self._server.place.socket)

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={self.socket}"

    def create(self, database: str, template: str | None = None) -> None:
        self._run(f"CREATE DATABASE {database} OWNER {OWNER}" + (f" TEMPLATE {template}" if template else ""))

    def environment(self, database: str) -> dict[str, str]:
        """Of our service: no rate limits, room for a large corpus, and as many connections and as much patience as the
        others have, so that a busy machine makes no errors; everything else as it ships.
        """
        return {
            "CREATORVAULT_ENV": "development",
            "CREATORVAULT_HOME": str(self.home / "home"),
            "CREATORVAULT_ROOT_KEYS": ROOT_KEYS,
            "CREATORVAULT_LIMITS__ENABLED": "false",
            "CREATORVAULT_DATABASE__POOL_SIZE": "20",
            "CREATORVAULT_DATABASE__POOL_WAIT_SECONDS": "20",
            "CREATORVAULT_DATABASE__CONNECT_SECONDS": "20",
            "CREATORVAULT_DATABASE__STATEMENT_SECONDS": "20",
            "CREATORVAULT_DATABASE__LOCK_SECONDS": "20",
            "CREATORVAULT_DATABASE__IDLE_IN_TRANSACTION_SECONDS": "20",
            "CREATORVAULT_DATABASE__ANSWER_SECONDS": "25",
            "CREATORVAULT_SEARCH__CORPUS_BYTES": str(2**30),
            "CREATORVAULT_SEARCH__VAULT_BYTES": str(2**29),
            "CREATORVAULT_LOGGING__FORMAT": "json",
            "BETTER_AUTH_SECRET": SECRET,
            "DATABASE_URL": self.url(RUNTIME, database),
            "DATABASE_OWNER_URL": self.url(OWNER, database),
        }

    def migrate(self, database: str) -> None:
        apart(_upgrade, self.environment(database))

    def allow_tables(self, database: str) -> None:
        """To the runtime login, which the baseline makes its own table with."""
        self._run(f"GRANT CREATE ON SCHEMA public TO {RUNTIME}", database)

    def commit_without_flush(self, database: str) -> None:
        """Its connections respond before the write-ahead log is on the disk: a crash loses the last commits."""
        self._run(f"ALTER DATABASE {database} SET synchronous_commit = off")

    def checkpoint(self) -> None:
        """What seeding wrote is not written while requests are timed."""
        self._run("CHECKPOINT")

    def _run(self, sql: str, database: str = "postgres") -> None:
        psql = str(self._server.bin / "psql")
        subprocess.run([psql, "-Xq", "-d", self.url("postgres", database), "-c", sql], check=True)


def _upgrade(environment: Mapping[str, str]) -> None:
    upgrade(load_settings(environment), [prepare_audit_log], say=lambda _: None)


def started(function: Any, *arguments: Any) -> Any:
    process = get_context("fork").Process(target=function, args=arguments)
    process.start()
    return process


def finished(process: Any) -> None:
    process.join()
    if process.exitcode:
        raise SystemExit(f"{process} failed")


def apart(function: Any, *arguments: Any) -> None:
    """In a process of its own."""
    finished(started(function, *arguments))
