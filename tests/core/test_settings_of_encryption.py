"""Rules for the settings of root keys and their providers."""

import base64
import os
from pathlib import Path
from typing import Final

import pytest

from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError

ROOT_KEYS: Final = {"CREATORVAULT_ROOT_KEYS": f"one:{base64.b64encode(os.urandom(32)).decode()}"}
PRODUCTION: Final = {
    "CREATORVAULT_ENV": "production",
    "DATABASE_URL": "postgresql://app:hunter2@db.example/creatorvault",
    "BETTER_AUTH_SECRET": "k" * 16 + "0123456789abcdef",
}
TRANSIT: Final = {
    "CREATORVAULT_ENCRYPTION__TRANSIT_URL": "https://vault.example:8200/",
    "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN": "token",
    "CREATORVAULT_ENCRYPTION__ROOT_KEY_ID": "transit/creatorvault",
}
KMS: Final = {
    "CREATORVAULT_ENCRYPTION__KMS_REGION": "eu-central-1",
    "CREATORVAULT_ENCRYPTION__ROOT_KEY_ID": "aws-kms/arn:aws:kms:eu-central-1:123456789012:key/mrk-1",
}
PSEUDONYMS: Final = {"CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY": "p" * 32}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return list(caught.value.problems)


@pytest.mark.parametrize("environ", [ROOT_KEYS, TRANSIT | PSEUDONYMS, KMS | PSEUDONYMS, ROOT_KEYS | TRANSIT])
def test_each_provider_is_enough_in_production(environ: dict[str, str]) -> None:
    settings = load_settings(PRODUCTION | environ)

    assert settings.encryption.transit_url in {None, "https://vault.example:8200"}


def test_without_a_keyring_production_needs_a_key_for_pseudonyms() -> None:
    assert problems(PRODUCTION | TRANSIT) == [
        "CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY is not set: without a keyring, pseudonyms in logs have no key"
    ]


def test_production_needs_a_root_key_that_wraps() -> None:
    [problem] = problems(PRODUCTION | PSEUDONYMS)
    assert problem.startswith("neither CREATORVAULT_ROOT_KEYS nor CREATORVAULT_ROOT_KEYS_FILE is set")
    [problem] = problems(PRODUCTION | PSEUDONYMS | {"CREATORVAULT_ENCRYPTION__ROOT_KEY_ID": "one"})
    assert problem == "encryption.root_key_id: there is no keyring with the root key one"


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (
            {"CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY": "short"},
            "CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY has 5 bytes, and needs at least 32",
        ),
        (
            {"CREATORVAULT_ENCRYPTION__ROOT_KEY_ID": "transit/key"},
            "encryption.root_key_id names a key of Transit, and encryption.transit_url is not set",
        ),
        (
            {"CREATORVAULT_ENCRYPTION__ROOT_KEY_ID": "aws-kms/key"},
            "encryption.root_key_id names a key of AWS KMS, and encryption.kms_region is not set",
        ),
        (
            {"CREATORVAULT_ENCRYPTION__TRANSIT_URL": "https://vault.example"},
            "set either CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN or encryption.transit_token_file",
        ),
        (
            {"CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN": "token"},
            "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN says nothing without encryption.transit_url",
        ),
        (
            {"CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN_FILE": "/nowhere/token"},
            "encryption.transit_token_file: /nowhere/token: No such file or directory",
        ),
        (
            TRANSIT | {"CREATORVAULT_ENCRYPTION__TRANSIT_URL": "ftp://vault.example"},
            "encryption.transit_url: 'ftp://vault.example' is not an address like https://app.example.com",
        ),
        (
            TRANSIT | {"CREATORVAULT_ENCRYPTION__TRANSIT_CA_FILE": "/nowhere/ca.pem"},
            "encryption.transit_ca_file: /nowhere/ca.pem: No such file or directory",
        ),
        (
            {"CREATORVAULT_ENCRYPTION__KMS_ENDPOINT_URL": "https://kms.example"},
            "encryption.kms_endpoint_url says nothing without encryption.kms_region",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(environ: dict[str, str], problem: str) -> None:
    assert problem in problems(environ)


def test_keys_do_not_travel_in_clear_text_in_production() -> None:
    for environ in (
        TRANSIT | PSEUDONYMS | {"CREATORVAULT_ENCRYPTION__TRANSIT_URL": "http://vault.example:8200"},
        KMS | PSEUDONYMS | {"CREATORVAULT_ENCRYPTION__KMS_ENDPOINT_URL": "http://vault.example:8200"},
    ):
        [problem] = problems(PRODUCTION | environ)
        assert problem.endswith("is plain http: anybody on the way could read vault keys")
        load_settings(environ)
    load_settings(PRODUCTION | TRANSIT | PSEUDONYMS | {"CREATORVAULT_ENCRYPTION__TRANSIT_URL": "http://127.0.0.1:8200"})


def test_the_file_of_a_token_is_private(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("token")
    environ = TRANSIT | {
        "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN": "",
        "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN_FILE": str(file),
        "CREATORVAULT_ENCRYPTION__TRANSIT_CA_FILE": str(file),
    }
    file.chmod(0o600)
    assert load_settings(environ).encryption.transit_token_file == file
    file.chmod(0o644)
    assert problems(environ) == [f"encryption.transit_token_file: everybody may open {file}: chmod 0600 it"]


@pytest.mark.parametrize(
    "root_key_id",
    ["UPPER", "a" * 33, "transit/", "transit/a/b", "transit/..", "aws-kms/alias/key", "elsewhere/key", "/"],
)
def test_an_id_that_is_none_is_refused(root_key_id: str) -> None:
    [problem] = problems(ROOT_KEYS | {"CREATORVAULT_ENCRYPTION__ROOT_KEY_ID": root_key_id})

    assert problem.startswith("CREATORVAULT_ENCRYPTION__ROOT_KEY_ID: Expected")
