"""Upgrade step, run as the owner: creates the first key that signs receipts."""

from msgspec.structs import replace

from creatorvault.core.database.sessions import Database
from creatorvault.crypto.providers import root_key_provider
from creatorvault.erasure.signing.receipt_keys import store_new_key
from creatorvault.erasure.signing.repositories import ReceiptKeyRepository
from creatorvault.settings.sections import Settings


async def prepare_receipts(settings: Settings) -> None:
    """Does nothing if there is a key; needs a root key only if there is none.

    Raises SettingsError or RootKeysInvalid if there is no usable root key.
    """
    database = Database(replace(settings.database, url=settings.database.owner_url))
    try:
        async with database.writing() as session:
            if await ReceiptKeyRepository(session).signing() is None:
                await store_new_key(session, root_key_provider(settings.encryption))
    finally:
        await database.close()
