"""The key that pseudonyms in logs are made with (core.telemetry.pseudonyms)."""

from typing import Final

from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.crypto.rootkeys import RootKeyProvider

PURPOSE: Final = "root/pseudonyms"


async def pseudonyms_of(provider: RootKeyProvider, root_key_id: str | None = None) -> Pseudonyms:
    """From the root key that wraps, or from an earlier one that is still listed.

    All processes and restarts find the same one, and nothing has to be stored or configured for it. When another root
    key is put in front, callers get new pseudonyms. Raises LostKey when there is no such root key.
    """
    return Pseudonyms(await provider.derive(PURPOSE, root_key_id))
