"""Which root-key provider the settings ask for."""

from creatorvault.crypto.rootkeys import RootKeyProvider, RootKeyring
from creatorvault.settings import EncryptionSettings, SettingsError


def root_key_provider(settings: EncryptionSettings) -> RootKeyProvider:
    """Raises SettingsError without root keys, RootKeysInvalid when they cannot be read, OSError for a missing file."""
    if settings.root_keys is not None:
        return RootKeyring.parse(settings.root_keys.reveal())
    if settings.root_keys_file is not None:
        # A byte that is not text makes an invalid entry, which is reported by its position.
        return RootKeyring.parse(settings.root_keys_file.read_text(encoding="utf-8", errors="replace"))
    raise SettingsError(["no root key: set CREATORVAULT_ROOT_KEYS or CREATORVAULT_ROOT_KEYS_FILE"])
