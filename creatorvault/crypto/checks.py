"""Checks of the root keys. `crypto.E001` also prevents the service from starting."""

import os

from creatorvault.core.errors import CreatorVaultError
from creatorvault.crypto.envelope import KEY_BYTES
from creatorvault.crypto.errors import RootKeysInvalid
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.rootkeys import KeyWrapper
from creatorvault.management.checks import Installation, Message


async def root_keys_check(installation: Installation) -> list[Message]:
    """Returns nothing if no root key is set or its file cannot be opened: the settings check reports that."""
    encryption = installation.settings.encryption
    if encryption.root_keys is None and encryption.root_keys_file is None:
        return []
    try:
        provider = root_key_provider(encryption)
    except RootKeysInvalid as error:
        return [Message("crypto.E001", f"The root keys cannot be read: {error}.", "creatorvault keys generate")]
    except OSError:
        return []
    return await usability(provider)


async def usability(provider: KeyWrapper) -> list[Message]:
    """Wraps a throw-away key and unwraps it again."""
    key, bound = os.urandom(KEY_BYTES), b"creatorvault/check/v1"
    try:
        unwrapped = await provider.unwrap(*await provider.wrap(key, bound), bound)
    except CreatorVaultError as error:
        return [Message("crypto.E002", f"The root key cannot be used: {error.detail}.", "Is its provider reachable?")]
    if unwrapped != key:
        return [Message("crypto.E003", "What the root key wraps does not unwrap to the same key.", "Use another one.")]
    return []
