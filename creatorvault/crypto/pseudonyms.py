"""The key of the pseudonyms in logs (core.telemetry.pseudonyms)."""

from typing import Final

from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.crypto.cipher import derive_purpose_key
from creatorvault.crypto.errors import LostKey
from creatorvault.crypto.providers import root_keyring
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import EncryptionSettings

PURPOSE: Final = "root/pseudonyms"


def pseudonyms_of(settings: EncryptionSettings, root_key_id: str | None = None) -> Pseudonyms:
    """Derives the key from `encryption.pseudonym_key`, or else from the first root key of the keyring; or from the
    given root key of the keyring.

    A remote provider does not derive keys, and the service starts while it is away, and without a database: so the key
    comes from the settings. It is the same in all processes and after restarts. When another root key is put first,
    callers get new pseudonyms. Raises LostKey if there is no such root key, SettingsError if there is no key at all,
    and RootKeysInvalid.
    """
    if settings.pseudonym_key is not None and root_key_id is None:
        return Pseudonyms(derive_purpose_key(settings.pseudonym_key.reveal().encode(), PURPOSE))
    keyring = root_keyring(settings)
    if keyring is not None:
        return Pseudonyms(keyring.derive(PURPOSE, root_key_id))
    if root_key_id is not None:
        raise LostKey(root_key_id=root_key_id)
    raise SettingsError(["no key for pseudonyms: set CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY"])
