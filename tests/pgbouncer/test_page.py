"""The configuration in docs/operations/pgbouncer.md."""

import re
from pathlib import Path

from tests.application import environment_of, open_house
from tests.guides.blocks import ROOT
from tests.pgbouncer.bouncer import KEEPS_STATEMENTS, NEWER, PASSWORD, USERS, bouncer_before, documented, version
from tests.ports import free_port
from tests.postgres import Database

TEXT = (ROOT / NEWER.page).read_text(encoding="utf-8")
PLACES_OF_THE_TESTS = ("unix_socket_dir", "auth_file")


def test_the_two_blocks_differ_only_in_prepared_statements() -> None:
    newer, older = documented(statements=True), documented(statements=False)

    assert newer["pgbouncer"].pop("max_prepared_statements") == "200"
    assert newer == older


async def test_the_printed_configuration_serves_at_the_printed_address(fresh_database: Database, home: Path) -> None:
    """Only ports and paths are adapted to this machine, so the login has to give its password."""
    statements = version() >= KEEPS_STATEMENTS
    [url] = re.findall(r"`DATABASE_URL=(.*?)`", TEXT)
    [switch] = set(re.findall(r"`(CREATORVAULT_\w+)=false`", TEXT))
    shown = documented(statements=statements)
    port = str(free_port())
    settings = {name: text for name, text in shown["pgbouncer"].items() if name not in PLACES_OF_THE_TESTS}
    server = shown["databases"]["creatorvault"]
    server = server.replace("127.0.0.1", fresh_database.socket).replace(
        "dbname=creatorvault", f"dbname={fresh_database.name}"
    )
    environ = environment_of(fresh_database, home) | {
        "DATABASE_URL": url.replace("…", PASSWORD).replace(settings["listen_port"], port),
        switch: str(statements).lower(),
    }

    with bouncer_before(
        fresh_database,
        statements=statements,
        databases={"creatorvault": server},
        listed=re.sub(r'"[^"]*"\n', f'"{PASSWORD}"\n', USERS.text),
        **settings | {"listen_port": port},
    ):
        async with open_house(environ, fresh_database) as house:
            assert (await house.client.get("/health/ready")).status_code == 200
            assert (await house.creator().post({"title": "through PgBouncer"})).status_code == 201
