"""A fresh PostgreSQL server: no role of the service exists yet, and logins need passwords."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.guides.service import PRINTED_ADDRESS
from tests.postgres import OPERATOR, OWNER, RUNTIME, Cluster

PRINTED_DATABASE: Final = "127.0.0.1:5432/creatorvault"
HBA: Final = "local all postgres trust\nlocal all all scram-sha-256\n"


@contextmanager
def fresh_server() -> Iterator[Cluster]:
    server = Cluster.start()
    try:
        server.run("DROP DATABASE creatorvault")
        server.run(f"DROP ROLE {OWNER}, {RUNTIME}, {OPERATOR}")
        (Path(server.folder) / "data" / "pg_hba.conf").write_text(HBA)
        server.run("SELECT pg_reload_conf()")
        yield server
    finally:
        server.stop()


def here(text: str, server: Cluster, database: str = "creatorvault", port: int = 8000) -> str:
    """Returns the text of a guide with printed addresses replaced by those of this machine."""
    address = f"/{database}?host={server.socket}"
    return text.replace(PRINTED_DATABASE, address).replace(PRINTED_ADDRESS, f"127.0.0.1:{port}")
