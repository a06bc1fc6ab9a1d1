"""Selects the root-key provider from the settings."""

from creatorvault.crypto.errors import RootKeysInvalid
from creatorvault.crypto.rootkeys import RootKeyProvider, RootKeyring
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import EncryptionSettings


def root_key_provider(settings: EncryptionSettings) -> RootKeyProvider:
    """Raises SettingsError without root keys, RootKeysInvalid if they cannot be parsed, OSError for a missing file."""
    if settings.root_keys is not None:
        return _keyring(settings.root_keys.reveal(), "CREATORVAULT_ROOT_KEYS")
    if settings.root_keys_file is not None:
        # A byte that is not ASCII makes an entry invalid, which is reported by its position.
        text = settings.root_keys_file.read_text(encoding="utf-8", errors="replace")
        return _keyring(text, "CREATORVAULT_ROOT_KEYS_FILE")
    raise SettingsError(["no root key: set CREATORVAULT_ROOT_KEYS or CREATORVAULT_ROOT_KEYS_FILE"])


def _keyring(text: str, setting: str) -> RootKeyring:
    try:
        return RootKeyring.parse(text)
    except RootKeysInvalid as error:
        raise error.given_in(setting) from None
