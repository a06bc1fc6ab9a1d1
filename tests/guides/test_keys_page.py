"""The commands of docs/keys.md give the service what it needs in a real OpenBao, and no more."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from creatorvault.crypto.providers import root_key_provider
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import EncryptionSettings
from tests.application import environment_of
from tests.bao import PROGRAM, Bao
from tests.guides.blocks import ROOT, claimed
from tests.guides.service import folder_with_environment
from tests.guides.shell import session
from tests.postgres import Database

ENGINE, TRANSIT, CHECK, KMS = claimed(__file__)
KEY: Final = os.urandom(32)

pytestmark = pytest.mark.xdist_group("guides")


def variables(block: str) -> dict[str, str]:
    """The settings of a block, as variables."""
    return {f"CREATORVAULT_ENCRYPTION__{n.upper()}": v for n, v in tomllib.loads(block)["encryption"].items()}


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    with Bao(tmp_path_factory.mktemp("bao")) as bao:
        yield bao


@pytest.fixture(scope="module")
def token(bao: Bao, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    session("bash", [ENGINE], folder, {"PATH": path, "BAO_ADDR": bao.url, "BAO_TOKEN": bao.token, "HOME": str(folder)})
    return folder / "transit-token"


@pytest.fixture
def settings_for(bao: Bao, token: Path) -> dict[str, str]:
    return variables(TRANSIT.text) | {
        "CREATORVAULT_ENCRYPTION__TRANSIT_URL": bao.url,
        "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN_FILE": str(token),
    }


async def test_the_token_may_use_keys_and_nothing_else(bao: Bao, token: Path, settings_for: dict[str, str]) -> None:
    async with root_key_provider(load_settings(settings_for).encryption) as root_keys:
        assert await root_keys.unwrap(*await root_keys.wrap(KEY, b"here"), b"here") == KEY
        assert [health.is_usable for health in await root_keys.health()] == [True]

    headers = {"X-Vault-Token": token.read_text().strip()}
    for path in ("transit/keys/another", "transit/encrypt/another", "transit/export/encryption-key/creatorvault"):
        answer = httpx.post(f"{bao.url}/v1/{path}", headers=headers, json={"plaintext": ""}, trust_env=False)
        assert answer.status_code == 403, path


def test_the_check_finds_nothing_wrong(fresh_database: Database, home: Path, settings_for: dict[str, str]) -> None:
    with folder_with_environment() as (folder, environ):
        given = environ | environment_of(fresh_database, home) | settings_for
        given |= {"CREATORVAULT_ROOT_KEYS": "", "PYTHONPATH": str(ROOT)}
        printed = session("bash", [CHECK], folder, given)

    assert "crypto." not in printed[CHECK]


def test_the_settings_of_kms_are_read() -> None:
    encryption = load_settings({"CREATORVAULT_ROOT_KEYS": ""} | variables(KMS.text)).encryption

    assert encryption == EncryptionSettings(**tomllib.loads(KMS.text)["encryption"])
