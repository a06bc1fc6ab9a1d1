"""A request that is sent twice is done once (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import context, time_part
from creatorvault.idempotency.errors import InFlight, KeyInvalid
from creatorvault.idempotency.repositories import StoredResultRepository, claim

DOMAIN: Final = b"creatorvault/idempotency/v2"
PURPOSE: Final = "idempotency"
KEPT_FOR: Final = timedelta(hours=24)
WELL_FORMED: Final = re.compile(r"[\x21-\x7e]{1,255}")


class StoredResult(msgspec.Struct, frozen=True):
    """What is sealed: a digest of the request, and what the answer has that is not in the request.

    Not the answer itself. It would be a copy of an idea, which the creator may have overwritten or deleted since.
    """

    request: bytes
    added: msgspec.Raw


_decoder: Final = msgspec.json.Decoder(StoredResult)


class IdempotencyKey:
    """One key of one vault, claimed for this transaction.

    Usage: `claimed` before the vault is locked, then `earlier` and `keep` with its cipher.
    """

    def __init__(self, session: WriteSession, vault: VaultId, key: str) -> None:
        self._session = session
        self._vault = vault
        self._key = key

    @classmethod
    async def claimed(cls, session: WriteSession, vault: VaultId, header: str | None) -> "IdempotencyKey | None":
        """None without a key. Raises KeyInvalid, and InFlight while another transaction holds the same key."""
        if header is None:
            return None
        if not WELL_FORMED.fullmatch(header):
            raise KeyInvalid("it must have 1 to 255 printable ASCII characters and no blanks")
        if not await claim(session, vault, header):
            raise InFlight
        return cls(session, vault, header)

    async def earlier[T](self, cipher: VaultCipher, request: bytes, kind: type[T]) -> T | None:
        """What the first answer had beside the request, or None for a first time.

        Raises KeyInvalid when the key was used for another request, and Tampered for what is not ours.
        """
        name = cipher.name_of(self._key)
        found = await StoredResultRepository(self._session, self._vault).find(name, datetime.now(UTC))
        if found is None:
            return None
        sealed, expires_at = found
        kept = cipher.for_purpose(PURPOSE).open_json(sealed, self._context(name, expires_at), _decoder)
        if kept.request != _digest(request):
            raise KeyInvalid("it was used before, for a request with another body")
        return msgspec.json.decode(kept.added, type=kind)

    async def keep(self, cipher: VaultCipher, request: bytes, added: object) -> None:
        name, now = cipher.name_of(self._key), datetime.now(UTC)
        kept = StoredResult(_digest(request), msgspec.Raw(msgspec.json.encode(added)))
        sealed = cipher.for_purpose(PURPOSE).seal_json(kept, self._context(name, now + KEPT_FOR))
        await StoredResultRepository(self._session, self._vault).keep(name, sealed, now + KEPT_FOR, now)

    def _context(self, name: bytes, expires_at: datetime) -> bytes:
        return context(DOMAIN, self._vault.tenant_id.bytes, self._vault.user_id.encode(), name, time_part(expires_at))


def _digest(request: bytes) -> bytes:
    return hashlib.sha256(request).digest()
