"""`creatorvault check --deploy` and production accept only a runtime login without dangerous privileges."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from creatorvault.__main__ import root
from tests.application import environment_of
from tests.factories import sorted_by_insertion
from tests.ports import free_port
from tests.postgres import Cluster, Database

type Deployed = Callable[..., Result]

PRODUCTION: Final = {
    "CREATORVAULT_ENV": "production",
    "BETTER_AUTH_SECRET": "Zk3vQ9xT1mB7wR5yH2nJ8cL4dF6gS0aP",
    "CREATORVAULT_SERVER__BEHIND_TLS": "true",
    "ALLOWED_ORIGINS": "https://app.example",
}
MADE: Final = "CREATE ROLE {login} LOGIN; GRANT creatorvault_runtime TO {login}; "
DANGEROUS: Final = {
    "a superuser": ("core.E005", MADE + "ALTER ROLE {login} SUPERUSER"),
    "one that row-level security does not bind": ("core.E005", MADE + "ALTER ROLE {login} BYPASSRLS"),
    "one that can become such a role": (
        "core.E005",
        MADE + "CREATE ROLE {login}_admin BYPASSRLS; GRANT {login}_admin TO {login}",
    ),
    "the owner of the database": ("core.E007", MADE + "ALTER DATABASE {database} OWNER TO {login}"),
    "the owner of a table": ("core.E007", MADE + "ALTER TABLE ideas OWNER TO {login}"),
    "one that can become the owner": (
        "core.E007",
        MADE + "ALTER ROLE {login} NOINHERIT; GRANT creatorvault_owner TO {login}",
    ),
    "a member of the operators' role": ("core.E011", MADE + "GRANT creatorvault_operator TO {login}"),
}


@pytest.fixture
def deployed(fresh_database: Database, home: Path, monkeypatch: pytest.MonkeyPatch, mended_python: None) -> Deployed:
    """A command of a deployment that serves as the given login."""

    def command(login: str, *words: str) -> Result:
        for name in [name for name in os.environ if name.startswith(("CREATORVAULT_", "DATABASE_", "BETTER_AUTH_"))]:
            monkeypatch.delenv(name)
        environ = environment_of(fresh_database, home) | PRODUCTION | {"DATABASE_URL": fresh_database.url(login)}
        return CliRunner().invoke(root, words, env=environ, prog_name="creatorvault")

    return command


def test_a_restricted_login_is_ready(deployed: Deployed) -> None:
    result = deployed("creatorvault_app", "check", "--deploy")

    assert result.output == "0 errors, 0 warnings.\n"
    assert result.exit_code == 0


def test_a_python_that_normalises_in_quadratic_time_can_serve(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creatorvault.management.checks_of_python.normalised", sorted_by_insertion)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service = deployed("creatorvault_app", "run", "--port", str(taken.getsockname()[1]))

    assert "core.E013" in deployed("creatorvault_app", "check", "--deploy").output
    assert "core.E013" not in service.output
    assert "cannot listen on" in service.output, "what it looks at after all checks"


@pytest.mark.parametrize("kind", DANGEROUS)
def test_a_dangerous_login_is_the_only_error_and_does_not_serve(
    deployed: Deployed, fresh_database: Database, cluster: Cluster, kind: str
) -> None:
    code, statements = DANGEROUS[kind]
    login = f"login_{uuid4().hex}"
    cluster.run(statements.format(login=login, database=fresh_database.name), fresh_database.name)

    result = deployed(login, "check", "--deploy")
    service = deployed(login, "run", "--port", str(free_port()))

    assert result.exit_code == 1
    assert f"error {code}: {login} " in result.output
    assert result.output.endswith("1 errors, 0 warnings.\n")
    assert service.exit_code == 1
    assert f"{code}: {login} " in service.output
