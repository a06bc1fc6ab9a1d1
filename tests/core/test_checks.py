"""System checks, with a real database if needed."""

from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from creatorvault.management.checks import Installation, Level, Message, found_by
from creatorvault.management.checks_of_database import database_check
from creatorvault.management.checks_of_settings import settings_check, unusable
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import Settings
from tests.application import environment_of, settings_of
from tests.postgres import Database
from tests.schema import migrate

RANDOM = "Zk3vQ9xT1mB7wR5yH2nJ8cL4dF6gS0aP"


def ids(messages: list[Message]) -> list[str]:
    return [message.id for message in messages]


def test_the_letter_in_the_id_determines_the_level() -> None:
    assert Message("core.E001", "").level is Level.ERROR
    assert Message("core.W001", "").level is Level.WARNING


async def test_messages_are_in_the_order_of_the_checks(settings: Settings) -> None:
    async def first(installation: Installation) -> list[Message]:
        return [Message("a.W001", "")]

    async def second(installation: Installation) -> list[Message]:
        return [Message("a.E001", ""), Message("a.W002", "")]

    assert ids(await found_by([second, first], Installation(settings, deploy=False))) == ["a.E001", "a.W002", "a.W001"]


def test_each_invalid_setting_is_one_error() -> None:
    assert ids(unusable(SettingsError(["one", "two"]))) == ["core.E001", "core.E001"]


async def test_development_settings_pass() -> None:
    settings = load_settings({"BETTER_AUTH_SECRET": RANDOM})

    assert await settings_check(Installation(settings, deploy=False)) == []


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"ALLOWED_ORIGINS": "*", "CREATORVAULT_SERVER__ALLOW_CREDENTIALS": "false"}, "core.W001"),
        ({"BETTER_AUTH_SECRET": "secret" * 8}, "core.W002"),
    ],
)
async def test_unwise_settings_are_warnings(environ: dict[str, str], found: str) -> None:
    assert ids(await settings_check(Installation(load_settings(environ), deploy=False))) == [found]


async def test_deploy_checks_development_settings_as_production() -> None:
    found = await settings_check(Installation(load_settings({}), deploy=True))

    assert ids(found) == ["core.E001", "core.E001", "core.E001", "core.W003", "core.W004"]


async def test_settings_ready_for_production_pass() -> None:
    environ = {
        "CREATORVAULT_ENV": "production",
        "DATABASE_URL": "postgres://app@db.example/ideas?sslmode=verify-full",
        "BETTER_AUTH_SECRET": RANDOM,
        "CREATORVAULT_ROOT_KEYS": "one:" + "A" * 43 + "=",
        "CREATORVAULT_SERVER__BEHIND_TLS": "true",
        "ALLOWED_ORIGINS": "https://app.example,http://localhost:3000",
    }

    assert await settings_check(Installation(load_settings(environ), deploy=True)) == []


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"DATABASE_URL": "postgres://app@db.example/x"}, ["core.E016"]),
        ({"DATABASE_URL": "postgres://app@db.example/x?sslmode=disable"}, ["core.E016"]),
        ({"DATABASE_URL": "postgres://app@db.example/x?sslmode=allow"}, ["core.E016"]),
        ({"DATABASE_URL": "postgres://app@db.example/x?sslmode=prefer"}, ["core.E016"]),
        ({"DATABASE_URL": "postgres://app@10.0.0.1/x"}, ["core.E016"]),
        ({"DATABASE_URL": "postgres://app@127.0.0.1,db.example/x"}, ["core.E016"]),
        ({"DATABASE_URL": "postgres://app@a.example,b.example/x"}, ["core.E016", "core.E016"]),
        ({"DATABASE_URL": "postgres://app@db.example/x?sslmode=require"}, ["core.W016"]),
        ({"DATABASE_URL": "postgres://app@db.example/x?ssl=true&channel_binding=require"}, ["core.W016"]),
        ({"DATABASE_URL": "postgres://app@db.example/x?sslmode=verify-full"}, []),
        ({"DATABASE_URL": "postgres://app@127.0.0.1/x"}, []),
        ({"DATABASE_URL": "postgres://app@localhost/x"}, []),
        ({"DATABASE_URL": "postgres://app@[::1]/x"}, []),
        ({"DATABASE_URL": "postgres://app@/x?host=/run/postgresql"}, []),
        ({"DATABASE_URL": "postgres://app@/x"}, []),
        ({"DATABASE_URL": "postgres://app@db/x", "CREATORVAULT_SERVER__PRIVATE_HOSTS": "db,cache"}, []),
        ({"DATABASE_URL": "postgres://app@dbx/x", "CREATORVAULT_SERVER__PRIVATE_HOSTS": "db"}, ["core.E016"]),
        (
            {"DATABASE_URL": "postgres://a@localhost/x", "DATABASE_OWNER_URL": "postgres://o@db.example/x"},
            ["core.E016"],
        ),
        (
            {"DATABASE_URL": "postgres://a@localhost/x", "DATABASE_OPERATOR_URL": "postgres://o@db.example/x"},
            ["core.E016"],
        ),
        ({"CREATORVAULT_LIMITS__STORAGE_URL": "redis://cache.example"}, ["core.E016"]),
        ({"CREATORVAULT_LIMITS__STORAGE_URL": "rediss://cache.example?ssl_cert_reqs=none"}, ["core.W016"]),
        ({"CREATORVAULT_LIMITS__STORAGE_URL": "rediss://cache.example"}, []),
        ({"CREATORVAULT_LIMITS__STORAGE_URL": "valkey://localhost:6379/0"}, []),
        ({"CREATORVAULT_LIMITS__STORAGE_URL": "unix:///run/valkey.sock"}, []),
    ],
)
async def test_deploy_requires_tls_to_other_hosts(
    environ: dict[str, str], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGHOST", raising=False)
    deployed = await settings_check(Installation(load_settings(environ), deploy=True))

    assert [id_ for id_ in ids(deployed) if id_.endswith("016")] == found


async def test_deploy_warns_about_a_front_end_without_tls() -> None:
    settings = load_settings({"ALLOWED_ORIGINS": "http://app.example"})

    assert "core.W005" in ids(await settings_check(Installation(settings, deploy=True)))


async def test_a_migrated_database_with_a_restricted_login_passes(settings: Settings) -> None:
    assert await database_check(Installation(settings, deploy=True)) == []


async def test_without_a_database_there_are_no_messages(settings: Settings) -> None:
    bare = replace(settings, database=replace(settings.database, url=None))

    assert await database_check(Installation(bare, deploy=False)) == []


async def test_a_database_that_does_not_answer_is_an_error_without_its_address(settings: Settings) -> None:
    url = Secret("postgresql+asyncpg://app:hunter2@127.0.0.1:1/ideas")
    away = replace(settings, database=replace(settings.database, url=url, owner_url=url))

    (message,) = await database_check(Installation(away, deploy=False))

    assert message.id == "core.E002"
    assert "hunter2" not in message.text


async def test_a_database_behind_the_migrations_is_an_error(fresh_database: Database, home: Path) -> None:
    migrate(fresh_database, "-1", down=True)

    installation = Installation(settings_of(environment_of(fresh_database, home)), deploy=False)

    assert ids(await database_check(installation)) == ["core.E003"]


async def test_an_empty_database_is_a_warning(
    fresh_database: Database, fresh_sql: asyncpg.Connection, home: Path
) -> None:
    await fresh_sql.execute("DROP TABLE alembic_version")

    installation = Installation(settings_of(environment_of(fresh_database, home)), deploy=False)

    assert ids(await database_check(installation)) == ["core.W006"]


@pytest.mark.parametrize(
    ("login", "found"),
    [
        ("postgres", ["core.E005"]),
        ("creatorvault_owner", ["core.W007", "core.E006"]),
        ("stranger", ["core.E006"]),
    ],
)
async def test_a_login_with_too_many_or_too_few_privileges_is_found(
    fresh_database: Database, fresh_sql: asyncpg.Connection, home: Path, login: str, found: list[str]
) -> None:
    await fresh_sql.execute("DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    environ = environment_of(fresh_database, home) | {"DATABASE_URL": fresh_database.url(login)}

    assert ids(await database_check(Installation(settings_of(environ), deploy=False))) == found


async def test_an_old_server_is_an_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creatorvault.management.checks_of_database.OLDEST", 99)

    assert ids(await database_check(Installation(settings, deploy=False))) == ["core.E004"]
