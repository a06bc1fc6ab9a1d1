"""Process-wide objects of the crypto app."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.crypto.pseudonyms import pseudonyms_of
from creatorvault.settings.sections import Settings


@dataclass(slots=True)
class CryptoParts:
    root_keys: RootKeys
    keyring: Keyring


@asynccontextmanager
async def crypto_parts(parts: Parts) -> AsyncGenerator[CryptoParts]:
    """Raises SettingsError or RootKeysInvalid if there is no root key."""
    encryption = parts[Settings].encryption
    async with root_key_provider(encryption) as root_keys:
        keyring = Keyring(root_keys, encryption.rotate_after_revisions, cache_seconds=encryption.key_cache_seconds)
        try:
            yield CryptoParts(root_keys, keyring)
        finally:
            await keyring.aclose()


@asynccontextmanager
async def pseudonyms(parts: Parts) -> AsyncGenerator[Pseudonyms]:
    """Pseudonyms of callers, with a key that only this app can derive."""
    yield pseudonyms_of(parts[Settings].encryption)
