"""Secrets and databases that development generates."""

import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from creatorvault.management import postgres_place as embedded_place
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import Environment, Settings


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    return load_settings({"CREATORVAULT_HOME": str(tmp_path / "home")})


def test_secrets_are_generated_once_and_stored(bare: Settings) -> None:
    first = with_development_secrets(bare)

    assert first == with_development_secrets(bare)
    assert first.auth.issuers[0].secret
    assert first.encryption.root_keys


def test_secrets_are_readable_only_by_the_owner(bare: Settings) -> None:
    with_development_secrets(bare)
    folder = bare.home / "secrets"

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {
        "better-auth-secret": 0o600,
        "root-keys": 0o600,
    }


def test_two_installations_share_no_secret(bare: Settings, tmp_path: Path) -> None:
    other = replace(bare, home=tmp_path / "other")

    assert with_development_secrets(bare).encryption != with_development_secrets(other).encryption


def test_processes_that_start_concurrently_share_the_secrets(bare: Settings) -> None:
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(with_development_secrets, [bare] * 16))

    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert len(list((bare.home / "secrets").iterdir())) == 2


def test_the_slower_process_uses_the_secret_of_the_faster(bare: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    faster = with_development_secrets(bare)
    monkeypatch.setattr(Path, "exists", lambda path: False)

    assert with_development_secrets(bare) == faster


def test_secrets_that_are_set_are_not_generated(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "CREATORVAULT_HOME": str(tmp_path / "home"),
            "BETTER_AUTH_URL": "http://localhost:3000",
            "CREATORVAULT_ROOT_KEYS": "one:" + "A" * 43 + "=",
        }
    )

    assert with_development_secrets(settings) == settings
    assert not (tmp_path / "home").exists()


def test_production_generates_nothing(bare: Settings) -> None:
    production = replace(bare, environment=Environment.PRODUCTION)

    assert with_development_secrets(production) == production
    with pytest.raises(SettingsError, match="no embedded database"), with_database(production, print):
        pytest.fail("production got a database")


def test_a_database_that_is_set_is_used(tmp_path: Path) -> None:
    settings = load_settings({"CREATORVAULT_HOME": str(tmp_path), "DATABASE_URL": "postgres://app@db.example/ideas"})

    with with_database(settings, print) as given:
        assert given == settings


def test_without_an_address_the_embedded_database_is_started(bare: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(embedded_place, "SHARED", Path(folder))
        with with_database(bare, said.append) as settings:
            assert settings.database.url != settings.database.owner_url

    assert bool(said) == (os.geteuid() == 0)  # pytest's folders are private: as root the files are elsewhere
