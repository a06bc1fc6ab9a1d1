"""The command `creatorvault` on the command line."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from litestar import Litestar

from creatorvault import __version__
from creatorvault.__main__ import main, root
from creatorvault.core.openapi.document import rendered
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.management.upgrade import DatabaseUnreachable, addresses
from creatorvault.settings.loading import load_settings
from tests.application import environment_of
from tests.factories import sorted_by_insertion
from tests.postgres import Cluster, Database

type Command = Callable[..., Result]

NAMES = (
    *(
        "audit",
        "check",
        "database",
        "history",
        "import",
        "keys",
        "openapi",
        "operators",
        "pseudonym",
        "receipts",
        "routes",
        "run",
        "seed",
    ),
    *("shell", "token", "version", "worker"),
)


@pytest.fixture
def command(fresh_database: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `creatorvault …` on a migrated database; keyword arguments change its environment."""

    def run(*arguments: str, **overrides: str) -> Result:
        environ = environment_of(fresh_database, home) | overrides
        for name in [name for name in os.environ if name.startswith(("CREATORVAULT_", "DATABASE_", "BETTER_AUTH_"))]:
            monkeypatch.delenv(name)
        return CliRunner().invoke(root, arguments, env=environ, prog_name="creatorvault")

    return run


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Database]:
    database = cluster.create("empty")
    yield database
    cluster.drop(database)


def test_help_lists_built_in_commands_and_those_of_the_apps(command: Command) -> None:
    shown = command("--help").output.partition(" Commands ")[2]

    # A line of the table has a name and its description, or continues the description above.
    assert set(re.findall(r"^│ ([a-z-]+)  +\S", shown, re.MULTILINE)) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_help_of_a_command_needs_no_settings(command: Command, name: str) -> None:
    assert command(name, "--help", PORT="broken").exit_code == 0


@pytest.mark.parametrize("arguments", [("database", "upgrade"), ("openapi",), ("routes",), ("run",), ("shell",)])
def test_invalid_settings_are_reported_as_messages(command: Command, arguments: tuple[str, ...]) -> None:
    result = command(*arguments, PORT="broken")

    assert result.exit_code == 1
    assert "PORT: Expected `int`" in result.output
    assert "Traceback" not in result.output


def test_invalid_root_keys_are_reported_as_messages(command: Command) -> None:
    result = command("run", CREATORVAULT_ROOT_KEYS="nonsense")

    assert result.exit_code == 1
    assert "crypto.E001: The root keys cannot be read: root key entry 1" in result.output


def test_keys_are_generated_even_with_invalid_settings(command: Command) -> None:
    result = command("keys", "generate", PORT="broken")

    assert result.exit_code == 0
    RootKeyring.parse(result.output.splitlines()[-1])


def test_routes_prints_each_path_with_its_methods(command: Command) -> None:
    lines = command("routes").output.splitlines()

    assert "GET     /health/ready" in lines
    assert "PATCH   /api/v1/{user_id:str}/ideas/{idea_id:str}" in lines


@pytest.mark.parametrize("arguments", [("version",), ("--version",)])
def test_version_prints_the_version_without_settings(command: Command, arguments: tuple[str, ...]) -> None:
    assert command(*arguments, PORT="broken").output == f"creatorvault {__version__}\n"


def test_openapi_prints_the_document_of_the_application(command: Command, app: Litestar) -> None:
    assert command("openapi").output == rendered(app)


@pytest.mark.usefixtures("mended_python")
def test_check_passes_for_a_valid_installation(command: Command) -> None:
    result = command("check", BETTER_AUTH_SECRET="Zk3vQ9xT1mB7wR5yH2nJ8cL4dF6gS0aP")

    assert result.output == "0 errors, 0 warnings.\n"
    assert result.exit_code == 0


@pytest.mark.usefixtures("mended_python")
def test_check_prints_problems_with_id_and_hint_and_fails(command: Command) -> None:
    result = command("check", "--deploy", ALLOWED_ORIGINS="http://app.example")

    assert (
        "warning core.W005: The front end http://app.example is served without TLS.\n  ALLOWED_ORIGINS\n"
        in result.output
    )
    assert result.exit_code == 0

    result = command("check", BETTER_AUTH_SECRET="short")

    assert "error core.E001: issuer shared-secret: its secret has 5 bytes" in result.output
    assert result.output.endswith("1 errors, 0 warnings.\n")
    assert result.exit_code == 1


def test_check_finds_a_python_that_normalises_in_quadratic_time(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creatorvault.management.checks_of_python.normalised", sorted_by_insertion)

    checked, deployed = command("check"), command("check", "--deploy")

    assert "warning core.W008: This Python normalises text in quadratic time" in checked.output
    assert checked.exit_code == 0
    assert "error core.E013: This Python normalises text in quadratic time" in deployed.output
    assert deployed.exit_code == 1


def test_check_runs_the_checks_of_the_apps(command: Command) -> None:
    assert "error crypto.E001" in command("check", CREATORVAULT_ROOT_KEYS="nonsense").output


def test_upgrade_migrates_and_grants_the_runtime_role_repeatedly(
    command: Command, empty: Database, cluster: Cluster
) -> None:
    cluster.run('DO $$ BEGIN CREATE ROLE "an \'odd"" login" LOGIN; EXCEPTION WHEN duplicate_object THEN END $$')
    login = empty.url("an%20'odd%22%20login")

    results = [command("database", "upgrade", DATABASE_URL=login, DATABASE_OWNER_URL=empty.owner_url) for _ in "12"]

    for result in results:
        assert "The database is at head." in result.output
    assert command("check", DATABASE_URL=login, DATABASE_OWNER_URL=empty.owner_url).exit_code == 0


def test_downgrade_reverts_everything_and_upgrade_restores_it(command: Command) -> None:
    assert command("database", "downgrade", "base").exit_code == 0
    assert "core.W006" in command("check").output or "core.E003" in command("check").output
    assert command("database", "upgrade").exit_code == 0
    assert command("database", "downgrade").exit_code == 0
    assert "core.E003" in command("check").output


def test_the_migrations_match_the_models(command: Command) -> None:
    assert command("database", "check").exit_code == 0


def test_check_of_the_database_fails_when_a_migration_is_missing(command: Command) -> None:
    command("database", "downgrade")

    result = command("database", "check")

    assert result.exit_code == 1
    assert "not up to date" in result.output


def test_make_migrations_writes_a_dated_file(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        "creatorvault.management.commands.database.command.revision",
        lambda config, message, autogenerate: written.append((message, autogenerate)),
    )

    assert command("database", "make-migrations", "-m", "add colours").exit_code == 0
    assert command("database", "make-migrations", "-m", "move", "--empty").exit_code == 0
    assert written == [("add colours", True), ("move", False)]


def test_an_unavailable_database_is_waited_for_and_then_named(command: Command) -> None:
    away = "postgresql://app:hunter2@127.0.0.1:1/ideas"

    result = command(
        "database", "upgrade", DATABASE_URL=away, DATABASE_OWNER_URL=away, CREATORVAULT_DATABASE__STARTUP_SECONDS="0.6"
    )

    assert result.exit_code == 1
    assert "Waiting for the database" in result.output
    assert "the database refuses app" in result.output
    assert "hunter2" not in result.output


def test_a_login_that_is_refused_is_not_waited_for(command: Command, fresh_database: Database) -> None:
    result = command("database", "upgrade", DATABASE_OWNER_URL=fresh_database.url("nobody"))

    assert result.exit_code == 1
    assert "Waiting" not in result.output


def test_without_a_database_there_is_no_address() -> None:
    with pytest.raises(DatabaseUnreachable, match="DATABASE_URL is not set"):
        addresses(load_settings({}).database)


def test_a_port_in_use_is_named(command: Command) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        result = command("run", "--port", str(other.getsockname()[1]))

    assert result.exit_code == 1
    assert "cannot listen on 127.0.0.1:" in result.output


def test_the_plain_shell_awaits_with_wait(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def interact(banner: str, local: dict[str, object]) -> None:
        seen.update(local)
        exec("from sqlalchemy import text; one = wait(session.scalar(text('SELECT 1'))); wait(session.close())", local)
        seen["one"] = local["one"]

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("code.interact", interact)

    assert command("shell").exit_code == 0
    assert seen["one"] == 1
    assert {"app", "settings", "session", "wait"} <= seen.keys()


def test_shell_prefers_ipython(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, object]] = []
    monkeypatch.setattr("IPython.start_ipython", lambda argv, user_ns: started.append(user_ns))

    assert command("shell").exit_code == 0
    assert {"app", "settings", "session"} <= started[0].keys()


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["creatorvault", "--help"])

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 0
    assert "Usage: creatorvault" in capsys.readouterr().out


def test_a_new_process_reports_invalid_settings() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "creatorvault", "check"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "CREATORVAULT_ENV": "production"},
    )

    assert done.returncode == 1
    assert done.stdout.count("core.E001") == 3
