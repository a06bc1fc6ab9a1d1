"""Checks of the root keys and of their providers. `crypto.E001` also prevents the service from starting."""

import os
from collections.abc import AsyncGenerator

from creatorvault.core.errors import Alert, CreatorVaultError
from creatorvault.crypto.envelope import KEY_BYTES
from creatorvault.crypto.errors import RootKeysInvalid, RootKeyUnavailable
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.providers.protocol import KeyWrapper, RootKeyProvider
from creatorvault.management.checks import Installation, Message
from creatorvault.settings.reader import SettingsError


async def root_keys_check(installation: Installation) -> list[Message]:
    """Returns nothing if no root key is set or its file cannot be opened: the settings check reports that."""
    encryption = installation.settings.encryption
    if encryption.root_keys is None and encryption.root_keys_file is None and encryption.root_key_id is None:
        return []
    try:
        provider = root_key_provider(encryption)
    except RootKeysInvalid as error:
        return [Message("crypto.E001", f"The root keys cannot be read: {error}.", "creatorvault keys generate")]
    except SettingsError as error:
        return [Message("crypto.E001", f"{problem}.") for problem in error.problems]
    except OSError:
        return []
    async with provider:
        return [*await usability(provider), *[message async for message in reachability(provider)]]


async def usability(provider: KeyWrapper) -> list[Message]:
    """Wraps a throw-away key and unwraps it again."""
    key, bound = os.urandom(KEY_BYTES), b"creatorvault/check/v1"
    try:
        unwrapped = await provider.unwrap(*await provider.wrap(key, bound), bound)
    except CreatorVaultError as error:
        return [Message("crypto.E002", f"The root key cannot be used: {why(error)}.", "Is its provider reachable?")]
    if unwrapped != key:
        return [Message("crypto.E003", "What the root key wraps does not unwrap to the same key.", "Use another one.")]
    return []


async def reachability(provider: RootKeyProvider) -> AsyncGenerator[Message]:
    """Also asks providers whose root keys only unwrap."""
    for health in await provider.health():
        if health.reason is not None:
            text = f"No root key of {health.provider} can be used: {health.reason}."
            yield Message("crypto.E004", text, "What it has wrapped cannot be opened: see docs/keys.md")


def why(error: CreatorVaultError) -> str:
    """Returns why a root key cannot be used, for operators only: clients learn nothing of it."""
    if isinstance(error, RootKeyUnavailable):
        return f"{error.root_key_id}: {error.reason}"
    if isinstance(error, Alert):
        return f"{error.ids['root_key_id']}: {error.alarm}"
    return error.detail
