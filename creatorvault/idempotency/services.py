"""Idempotency keys: a repeated request is executed once (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import context, time_part
from creatorvault.idempotency.errors import InFlight, KeyInvalid, KeyReused
from creatorvault.idempotency.repositories import StoredResultRepository, claim

DOMAIN: Final = b"creatorvault/idempotency/v2"
PURPOSE: Final = "idempotency"
KEPT_FOR: Final = timedelta(hours=24)
WELL_FORMED: Final = re.compile(r"[\x21-\x7e]{1,255}")


class StoredResult(msgspec.Struct, frozen=True):
    """The sealed content: a digest of the request, and the part of the response that is not in the request.

    It is not the response itself, which would be a copy of an idea that may have been changed or deleted since.
    """

    request: bytes
    added: msgspec.Raw


_decoder: Final = msgspec.json.Decoder(StoredResult)


class IdempotencyKey:
    """One key of one vault. `claim` it before the vault is locked, then `replay` the result, or `store` one."""

    def __init__(self, vault: VaultId, header: str) -> None:
        self._vault = vault
        self._key = header

    async def claim(self, session: WriteSession) -> None:
        """Claims the key for this transaction. Raises KeyInvalid, and InFlight if another transaction holds the key."""
        if not WELL_FORMED.fullmatch(self._key):
            raise KeyInvalid("it must have 1 to 255 printable ASCII characters and no blanks")
        if not await claim(session, self._vault, self._key):
            raise InFlight

    async def replay[T](self, session: WriteSession, cipher: VaultCipher, request: bytes, kind: type[T]) -> T | None:
        """Returns the stored result of the first request, or None if this is the first.

        Raises KeyReused if the key was used for another request, and Tampered if the result was not sealed by us.
        """
        name = cipher.name_of(self._key)
        found = await StoredResultRepository(session, self._vault).find(name, datetime.now(UTC))
        if found is None:
            return None
        sealed, expires_at = found
        stored = cipher.for_purpose(PURPOSE).open_json(sealed, result_context(self._vault, name, expires_at), _decoder)
        if stored.request != _digest(request):
            raise KeyReused
        return msgspec.json.decode(stored.added, type=kind)

    async def store(self, session: WriteSession, cipher: VaultCipher, request: bytes, added: object) -> None:
        name, now = cipher.name_of(self._key), datetime.now(UTC)
        result = StoredResult(_digest(request), msgspec.Raw(msgspec.json.encode(added)))
        sealed = cipher.for_purpose(PURPOSE).seal_json(result, result_context(self._vault, name, now + KEPT_FOR))
        await StoredResultRepository(session, self._vault).store(name, sealed, now + KEPT_FOR, now)


def result_context(vault: VaultId, name: bytes, expires_at: datetime) -> bytes:
    return context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode(), name, time_part(expires_at))


def _digest(request: bytes) -> bytes:
    return hashlib.sha256(request).digest()
