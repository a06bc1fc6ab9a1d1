"""Every command and every setting with invalid values: one line that names it, and no traceback."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import rich_click as click
from click.testing import CliRunner, Result

from creatorvault.__main__ import root
from creatorvault.settings.reader import variables
from creatorvault.settings.sections import GroupLimits, IssuerSettings, Settings
from creatorvault.transfer.fastapi.parameters import DatabaseAddress
from tests import bad_values
from tests.application import environment_of
from tests.bad_values import HIDDEN, of_file, of_parameter, of_setting
from tests.postgres import Database
from tests.thoroughness import sampled

type Command = Callable[..., Result]

LOADS_SETTINGS = ("database", "roles")
"""A command that loads all settings, without network access."""

NEEDS_NO_SETTINGS = {("keys", "generate"), ("version",)}
SECRET_SETTINGS = {
    *bad_values.SECRETS,
    "encryption.root_keys",
    "encryption.root_keys_file",
    "encryption.pseudonym_key",
    "encryption.transit_token",
}


def commands(group: click.Group = root, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def kinds() -> Iterator[tuple[str, str, object]]:
    """Yields the variable of each setting, its path, and its type."""
    for variable, path in variables(Settings):
        kind: Any = Settings
        for name in path:
            kind = next(field.type for field in msgspec.structs.fields(kind) if field.name == name)
        yield variable, ".".join(path), kind


@pytest.fixture
def command(worker_database: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    for name in [name for name in os.environ if name.startswith(("CREATORVAULT_", "DATABASE_", "BETTER_AUTH_"))]:
        monkeypatch.delenv(name)
    # Distributed mode refuses the address of the operators' replica, whatever it is.
    environ = environment_of(worker_database, home) | {"CREATORVAULT_DATABASE__DISTRIBUTED": "false"}

    def never(*_: object) -> int:
        raise AssertionError("it serves")

    monkeypatch.setattr("creatorvault.management.commands.run.serve", never)

    def run(*arguments: str, bare: bool = False, **overrides: str) -> Result:
        # Set as arguments: an environment variable cannot contain a NUL or a lone surrogate.
        given = overrides if bare else environ | overrides
        monkeypatch.setattr("creatorvault.settings.loading.load_settings.__defaults__", (given, None))
        return CliRunner().invoke(root, arguments, prog_name="creatorvault", catch_exceptions=True)

    return run


def refused(result: Result, *names: str, lines: int = 1) -> None:
    """Expects one line on standard error that names one of `names`; up to `lines` if a value breaks several rules."""
    said = result.stderr
    where = f"{names}: {said[:600]!r} {result.exception!r}"
    assert result.exit_code in {1, 2}, where
    assert isinstance(result.exception, SystemExit), where
    assert re.fullmatch(rf"(Error: [^\n]+\n){{1,{lines}}}", said), where
    assert any(name in said for name in names), where
    assert "Traceback" not in said + result.stdout, where
    assert HIDDEN not in said + result.stdout, where
    assert len(said) < 1000, where
    assert said.replace("\n", "").isprintable(), where


@pytest.mark.no_cover
def test_every_setting_in_the_environment(command: Command) -> None:
    for variable, path, kind in kinds():
        bad = of_setting(path, kind)
        assert len(bad) >= 10, variable
        for value in sampled(bad):
            short = {"database.url": "DATABASE_URL", "database.owner_url": "DATABASE_OWNER_URL"}
            short |= {"database.operator_url": "DATABASE_OPERATOR_URL", "server.allowed_origins": "ALLOWED_ORIGINS"}
            short |= {"encryption.root_keys_file": "ROOT_KEYS_FILE", "database.replica_url": "DATABASE_REPLICA_URL"}
            short |= {"database.operator_replica_url": "DATABASE_OPERATOR_REPLICA_URL"}
            short |= {"database.listen_url": "DATABASE_LISTEN_URL"}
            result = command(*LOADS_SETTINGS, **{"CREATORVAULT_ROOT_KEYS": "", variable: value})
            refused(result, variable, path, short.get(path, variable))


@pytest.mark.no_cover
def test_every_setting_in_the_file(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "litestar.toml"
    monkeypatch.setattr("creatorvault.settings.loading._settings_file", lambda: file)
    for variable, path, kind in kinds():
        *section, name = path.split(".")
        bad = (
            *of_file(kind),
            *(['"postgresql://u:hunter2@db/x"'] if path in SECRET_SETTINGS - {"encryption.root_keys_file"} else []),
        )
        assert len(bad) >= 10, variable
        for value in sampled(bad):
            header = f"[{section[0]}]\n" if section else ""
            file.write_text(f"{header}{name} = {value}\n")
            refused(command(*LOADS_SETTINGS, bare=True), path)


def test_bad_fields_of_issuers_and_groups_are_named(command: Command) -> None:
    for variable, kind, sound in (
        ("CREATORVAULT_AUTH__ISSUERS", IssuerSettings, {"name": "a", "kind": "shared-secret", "secret": "k" * 48}),
        ("CREATORVAULT_LIMITS__GROUPS", GroupLimits, {"name": "ideas", "reads": 1, "writes": 1}),
    ):
        for field in msgspec.structs.fields(kind):
            values: tuple[Any, ...] = (
                "a\0b",
                "a\x1bb",
                "a\udcffb",
                "x" * 70_000,
                -1,
                1.5,
                True,
                [],
                [[]],
                {},
                [1],
                10**30,
            )
            for value in values:
                if field.name in {"audiences", "algorithms", "admin_roles"} and value == []:
                    continue  # an empty list
                text = json.dumps([{**sound, field.name: value}])
                refused(
                    command(*LOADS_SETTINGS, **{variable: text}),
                    f"[0].{field.name}",
                    "issuer a",
                    lines=1 + (field.name == "secret"),
                )


def test_bad_values_of_short_variable_names_are_named(command: Command) -> None:
    for name in ("HOST", "PORT", "LOG_LEVEL", "CREATORVAULT_ENV", "CREATORVAULT_HOME", "BETTER_AUTH_SECRET"):
        for value in bad_values.TEXTS:
            refused(command(*LOADS_SETTINGS, **{name: value}), name)
    for value in bad_values.TOKENS[:2]:
        refused(command(*LOADS_SETTINGS, BETTER_AUTH_SECRET=value), "shared-secret")
    for name in (
        "CREATORVAULT_SERVER__PORTS",
        "CREATORVAULT_\udcff",
        "CREATORVAULT_\x1b[31m",
        f"CREATORVAULT_{'X' * 100_000}",
    ):
        refused(command(*LOADS_SETTINGS, **{name: "1"}), "CREATORVAULT_")


def test_bad_addresses_of_better_auth_are_named(command: Command) -> None:
    for name in ("BETTER_AUTH_URL", "BETTER_AUTH_AUDIENCE", "BETTER_AUTH_JWKS_URL", "BETTER_AUTH_ALGORITHMS"):
        bad: tuple[str, ...] = bad_values.TEXTS
        if name.endswith("_URL"):
            bad = (
                *bad,
                "x",
                "https://",
                "ftp://a.example",
                f"https://u:{HIDDEN}@a.example",
                "//a.example",
            )
        for value in bad:
            environ = {"BETTER_AUTH_URL": "https://auth.example", name: value}
            refused(command(*LOADS_SETTINGS, **environ), name, "issuer better-auth", lines=2)


def test_invalid_root_keys_are_named(command: Command) -> None:
    for value in (*bad_values.KEYS, "one:" + "A" * 43 + "=,one:" + "B" * 43 + "="):
        refused(command("audit", "verify", CREATORVAULT_ROOT_KEYS=value), "CREATORVAULT_ROOT_KEYS")


def test_every_command_reports_invalid_settings(command: Command) -> None:
    for path, found in commands():
        if path in NEEDS_NO_SETTINGS or path == ("check",):
            continue
        required = [*NEEDED.get(path, ()), *(word for parameter in found.params for word in sound(parameter))]
        for value in (*bad_values.WHOLE, "0", "65536"):
            refused(command(*path, *required, CREATORVAULT_SERVER__PORT=value), "CREATORVAULT_SERVER__PORT")


NEEDED: dict[tuple[str, ...], tuple[str, ...]] = {("keys", "rotate"): ("--all",)}
"""Options of which a command needs one."""


def sound(parameter: click.Parameter) -> tuple[str, ...]:
    """Returns arguments that make a command valid."""
    if not parameter.required:
        return ()
    value = "ada"
    if isinstance(parameter.type, DatabaseAddress):
        value = "postgresql://app@127.0.0.1:1/x"
    if isinstance(parameter.type, click.Choice):
        value = parameter.type.choices[0]
    if isinstance(parameter.type, click.Path):
        value = __file__
    return (value,) if isinstance(parameter, click.Argument) else (parameter.opts[-1], value)


def test_bad_options_and_arguments_of_every_command_are_named(command: Command, tmp_path: Path) -> None:
    files = {name: str(tmp_path / name) for name in ("empty-line", "binary", "words", "long", "missing", "utf-16")}
    (tmp_path / "empty-line").write_bytes(b"\n")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "words").write_text("what is this")
    (tmp_path / "long").write_text("x" * 1_000_000)
    (tmp_path / "utf-16").write_text("a b c", encoding="utf-16")
    asked = 0
    for path, found in commands():
        for parameter in found.params:
            if parameter.name == "help":
                continue
            bad = of_parameter(parameter, files)
            assert len(bad) >= 10, (path, parameter.name)
            option, others = parameter.opts[-1], [other for other in found.params if other is not parameter]
            needed = [word for other in others for word in sound(other)]
            for value in bad:
                given = ["--", value] if isinstance(parameter, click.Argument) else [f"{option}={value}"]
                refused(command(*path, *needed, *given), *parameter.opts, (parameter.name or "").upper())
                asked += 1
    assert asked > 200


def test_every_command_refuses_unknown_words(command: Command) -> None:
    for path, _ in commands():
        for words in (("--nonsense",), ("-Z",), ("a", "b", "c"), ("\udcff", "b", "c"), (f"--{bad_values.LONG}",)):
            if path == ("database", "downgrade") and words[0].startswith("-"):
                continue  # -1 is a revision, and so is any text that begins with it
            refused(command(*path, *words), "No such option", "extra argument", "Missing option", "Invalid")
    for unknown in (("nonsense",), ("database", "nonsense"), ("--nonsense",), ("\x1b[31m",), (bad_values.LONG,)):
        refused(command(*unknown), "No such")


def test_a_bug_is_one_line_and_a_traceback_with_the_option(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError(HIDDEN)

    monkeypatch.setattr("creatorvault.management.commands.database.role_statements", broken)

    refused(command("database", "roles"), "unexpected ValueError")
    assert isinstance(command("--traceback", "database", "roles").exception, ValueError)
