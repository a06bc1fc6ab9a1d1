"""A PgBouncer for tests, configured as in docs/operations/pgbouncer.md, with one connection to the server."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.guides.blocks import claimed
from tests.postgres import OPERATOR, OWNER, RUNTIME, Database

# Debian installs it in a folder that is only in root's PATH.
PROGRAM: Final = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PORT: Final = 6432
KEEPS_STATEMENTS: Final = (1, 21)
"""The first version that supports prepared statements in transaction mode."""

NEWER, USERS, OLDER = claimed(__file__)
PASSWORD: Final = "of-every-login"
OF_THE_TESTS: Final = {
    "listen_addr": "",
    "listen_port": str(PORT),
    "auth_type": "trust",
    "default_pool_size": "1",
    "max_client_conn": "500",
    "log_connections": "0",
    "log_disconnections": "0",
}


def version() -> tuple[int, int]:
    assert PROGRAM is not None
    said = subprocess.run([PROGRAM, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"PgBouncer (\d+)\.(\d+)", said)
    assert found is not None, said
    return int(found[1]), int(found[2])


@dataclass(frozen=True)
class Bouncer:
    """Connects to one server; trusts all clients, like the test server."""

    folder: Path
    database: Database

    def url(self, role: str = RUNTIME, database: Database | None = None) -> str:
        """Returns the address of its database, or of another on the same server."""
        return f"postgresql://{role}@/{(database or self.database).name}?host={self.folder}&port={PORT}"


@contextmanager
def bouncer_before(
    database: Database,
    *,
    statements: bool,
    databases: Mapping[str, str] | None = None,
    listed: str = "",
    **settings: str,
) -> Generator[Bouncer]:
    """Starts one configured as documented, except for test-specific values and `settings`. `listed` are users.

    With `statements` it supports prepared statements, which requires a version that can.
    """
    # Not in the test's folder: the address of a socket has 107 bytes, and the account below needs access to it.
    folder = Path(tempfile.mkdtemp(prefix="bouncer-"))
    # It refuses to run as root, and only the server's account can access the server's socket.
    server = Path(database.socket).stat()
    os.chown(folder, server.st_uid, server.st_gid)
    users = folder / "users"
    users.write_text(listed or "".join(f'"{role}" "{PASSWORD}"\n' for role in (RUNTIME, OWNER, OPERATOR)))
    configuration = documented(statements=statements)
    configuration["databases"] = databases or {"*": f"host={database.socket}"}
    places = {"unix_socket_dir": str(folder), "auth_file": str(users)}
    configuration.read_dict({"pgbouncer": OF_THE_TESTS | places | settings})
    if not statements and version() >= KEEPS_STATEMENTS:
        configuration["pgbouncer"]["max_prepared_statements"] = "0"
    with (folder / "pgbouncer.ini").open("w") as file:
        configuration.write(file)
    process = _start(folder, server, f".s.PGSQL.{configuration['pgbouncer']['listen_port']}")
    try:
        yield Bouncer(folder, database)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def documented(*, statements: bool) -> ConfigParser:
    """Returns the page's pgbouncer.ini for versions that support prepared statements, or for those that do not."""
    configuration = ConfigParser(interpolation=None)
    configuration.read_string((NEWER if statements else OLDER).text)
    return configuration


def _start(folder: Path, account: os.stat_result, listens: str) -> subprocess.Popen[bytes]:
    assert PROGRAM is not None
    with (folder / "log").open("wb") as log:
        uid, gid = (account.st_uid, account.st_gid) if os.geteuid() == 0 else (None, None)
        process = subprocess.Popen(
            [PROGRAM, str(folder / "pgbouncer.ini")],
            stdout=log,
            stderr=log,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
        )
    while process.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(folder / listens)) == 0:
                return process
        time.sleep(0.02)
    raise RuntimeError((folder / "log").read_text())
