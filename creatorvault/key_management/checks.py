"""Checks whether the service can unwrap all keys in the database."""

from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sessions import run
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.crypto.errors import RootKeysInvalid
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.providers.protocol import KeyState
from creatorvault.key_management.statements.keys import LEFT
from creatorvault.management.checks import Installation, Message
from creatorvault.settings.reader import SettingsError

HINT = "Put it back, or restore the keys. `creatorvault keys status` shows which root keys are needed."


async def needed_root_keys_check(installation: Installation) -> list[Message]:
    """Needs the operators' login. Returns nothing if it cannot query the keys: other checks say why."""
    try:
        provider = root_key_provider(installation.settings.encryption)
    except (OSError, RootKeysInvalid, SettingsError):
        return []
    database = operators_database(installation.settings.database)
    if database is None:
        return []
    try:
        async with provider as root_keys, database.reading() as session:
            stored = await run(session, LEFT)
            described = await root_keys.describe([root_key_id for root_key_id, *_ in stored])
    except (ServiceUnavailable, *DRIVER_ERRORS):
        return []
    finally:
        await database.close()
    missing = {key.id for key in described if key.state is KeyState.MISSING}
    return [
        Message("key_management.E001", f"{count} vault keys need the root key {root_key_id}, which is missing.", HINT)
        for root_key_id, count, *_ in stored
        if root_key_id in missing
    ]
