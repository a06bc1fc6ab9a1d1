"""The key of the pseudonyms in logs (core.telemetry.pseudonyms)."""

from typing import Final

from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.crypto.rootkeys import RootKeyProvider

PURPOSE: Final = "root/pseudonyms"


async def pseudonyms_of(provider: RootKeyProvider, root_key_id: str | None = None) -> Pseudonyms:
    """Derives the key from the root key that wraps, or from an earlier one that is still listed.

    It is the same in all processes and after restarts, and need not be stored or configured. When another root
    key is put first, callers get new pseudonyms. Raises LostKey if there is no such root key.
    """
    return Pseudonyms(await provider.derive(PURPOSE, root_key_id))
