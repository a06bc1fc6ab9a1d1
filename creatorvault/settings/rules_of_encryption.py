"""Rules for the settings of root keys and their providers, in addition to `creatorvault.settings.rules`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from creatorvault.settings.origins import is_plain_http, normal_address, refused
from creatorvault.settings.reader import UNREAD, read_file
from creatorvault.settings.sections import AWS_KMS, TRANSIT, EncryptionSettings

SECRET_BYTES: Final = 32


def unsafe_encryption(encryption: EncryptionSettings, *, production: bool) -> Iterator[str]:
    file = encryption.root_keys_file
    if encryption.root_keys is not None and file is not None:
        yield "both CREATORVAULT_ROOT_KEYS and CREATORVAULT_ROOT_KEYS_FILE are set: which one holds?"
    if file is not None:
        yield from _secret_file("CREATORVAULT_ROOT_KEYS_FILE", file)
    if encryption.pseudonym_key is not None and len(encryption.pseudonym_key) < SECRET_BYTES:
        found = len(encryption.pseudonym_key)
        yield f"CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY has {found} bytes, and needs at least {SECRET_BYTES}"
    yield from _wrapping(encryption)
    yield from _transit(encryption, production=production)
    yield from _aws_kms(encryption, production=production)


def missing_encryption(encryption: EncryptionSettings) -> Iterator[str]:
    """For production; development generates a keyring."""
    if encryption.root_keys is not None or encryption.root_keys_file is not None:
        return
    if encryption.root_key_id is None:
        yield (
            "neither CREATORVAULT_ROOT_KEYS nor CREATORVAULT_ROOT_KEYS_FILE is set, and encryption.root_key_id names "
            "no other root key: nothing could be encrypted"
        )
    elif "/" not in encryption.root_key_id:
        yield f"encryption.root_key_id: there is no keyring with the root key {encryption.root_key_id}"
    if encryption.root_key_id is not None and encryption.pseudonym_key is None:
        yield "CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY is not set: without a keyring, pseudonyms in logs have no key"


def _wrapping(encryption: EncryptionSettings) -> Iterator[str]:
    provider = (encryption.root_key_id or "").partition("/")[0]
    if provider == TRANSIT and encryption.transit_url is None:
        yield "encryption.root_key_id names a key of Transit, and encryption.transit_url is not set"
    if provider == AWS_KMS and encryption.kms_region is None:
        yield "encryption.root_key_id names a key of AWS KMS, and encryption.kms_region is not set"


def _transit(encryption: EncryptionSettings, *, production: bool) -> Iterator[str]:
    token, file = encryption.transit_token, encryption.transit_token_file
    if encryption.transit_url is not None:
        yield from _address("encryption.transit_url", encryption.transit_url, production=production)
        if (token is None) == (file is None):
            yield "set either CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN or encryption.transit_token_file"
    elif token is not UNREAD and (token is not None or file is not None):
        name = "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN" if file is None else "encryption.transit_token_file"
        yield f"{name} says nothing without encryption.transit_url"
    if file is not None:
        yield from _secret_file("encryption.transit_token_file", file)
    if encryption.transit_ca_file is not None and (reason := _unreadable(encryption.transit_ca_file)):
        yield f"encryption.transit_ca_file: {encryption.transit_ca_file}: {reason}"


def _aws_kms(encryption: EncryptionSettings, *, production: bool) -> Iterator[str]:
    if encryption.kms_endpoint_url is not None:
        yield from _address("encryption.kms_endpoint_url", encryption.kms_endpoint_url, production=production)
        if encryption.kms_region is None:
            yield "encryption.kms_endpoint_url says nothing without encryption.kms_region"


def _address(name: str, url: str, *, production: bool) -> Iterator[str]:
    if reason := refused(normal_address, url):
        yield f"{name}: {reason}"
    elif production and is_plain_http(url):
        yield f"{name}: {url!r} is plain http: anybody on the way could read vault keys"


def _secret_file(name: str, file: Path) -> Iterator[str]:
    if reason := _unreadable(file):
        yield f"{name}: {file}: {reason}"
    else:
        if file.stat().st_mode & 0o007:
            yield f"{name}: everybody may open {file}: chmod 0600 it"
        if not read_file(file).strip():
            yield f"{name}: {file} is empty"


def _unreadable(file: Path) -> str | None:
    try:
        read_file(file)
    except ValueError as error:
        return str(error)
    return None
