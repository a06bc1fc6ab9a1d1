"""Providers of root keys, each in its own file, and their selection from the settings."""

from typing import TYPE_CHECKING

from creatorvault.crypto.errors import RootKeysInvalid
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.crypto.providers.keyring import KEYRING, RootKeyring
from creatorvault.crypto.providers.transit import Transit
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import AWS_KMS, TRANSIT, EncryptionSettings

if TYPE_CHECKING:
    from creatorvault.crypto.providers.protocol import RootKeyProvider


def root_key_provider(settings: EncryptionSettings) -> RootKeys:
    """Returns all configured providers. Does not connect; `async with` closes what requests have opened.

    Raises SettingsError without a root key that wraps, RootKeysInvalid if root keys cannot be parsed, OSError for a
    missing file.
    """
    providers: dict[str, RootKeyProvider] = {}
    keyring, wraps_with = root_keyring(settings), settings.root_key_id
    if keyring is not None:
        providers[KEYRING] = keyring
        wraps_with = wraps_with or keyring.first
        if "/" not in wraps_with and wraps_with not in keyring:
            raise SettingsError([f"encryption.root_key_id: there is no root key {wraps_with} in the keyring"])
    if wraps_with is None:
        raise SettingsError(["no root key: set CREATORVAULT_ROOT_KEYS or CREATORVAULT_ROOT_KEYS_FILE"])
    if settings.transit_url is not None:
        providers[TRANSIT] = Transit(settings, wraps_with)
    if settings.kms_region is not None:
        providers[AWS_KMS] = _aws_kms(settings, wraps_with)
    return RootKeys(providers, wraps_with)


def root_keyring(settings: EncryptionSettings) -> RootKeyring | None:
    """Returns None if no root key is in the environment or a file. Raises as `root_key_provider`."""
    if settings.root_keys is not None:
        return _parsed(settings.root_keys.reveal(), "CREATORVAULT_ROOT_KEYS")
    if settings.root_keys_file is not None:
        # A byte that is not ASCII makes an entry invalid, which is reported by its position.
        text = settings.root_keys_file.read_text(encoding="utf-8", errors="replace")
        return _parsed(text, "CREATORVAULT_ROOT_KEYS_FILE")
    return None


def _parsed(text: str, setting: str) -> RootKeyring:
    try:
        return RootKeyring.parse(text)
    except RootKeysInvalid as error:
        raise error.given_in(setting) from None


def _aws_kms(settings: EncryptionSettings, wraps_with: str) -> "RootKeyProvider":
    try:
        from creatorvault.crypto.providers.aws_kms import AwsKms  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError:
        raise SettingsError(["encryption.kms_region needs boto3: install creatorvault[aws]"]) from None
    return AwsKms(settings, wraps_with)
