"""The key that authenticates events. A database upgrade creates it, wrapped by a root key; it decrypts no content."""

import os
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from creatorvault.audit.errors import AuditKeyMissing
from creatorvault.audit.models import AuditKey
from creatorvault.audit.repositories import add_key_if_missing, wrapped_key
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.http.paging import ListQuery
from creatorvault.core.identifiers import KeyVersion
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.crypto.cipher import derive_purpose_key
from creatorvault.crypto.cursors import Cursors, ServiceSealer
from creatorvault.crypto.envelope import KEY_BYTES, context
from creatorvault.crypto.providers.protocol import RootKeyProvider

log = get_logger(__name__)

VERSION: Final = 1
WRAP_CONTEXT: Final = context(b"creatorvault/audit-key/v1", VERSION.to_bytes(4))


class AuditKeys:
    """One per process. The row is read for each event, since events are rare and a deleted key must not be used."""

    def __init__(self, provider: RootKeyProvider) -> None:
        self._provider = provider
        self._row: Row[str, bytes] | None = None
        self._key = b""

    async def chain(self, session: ReadSession) -> bytes:
        """Raises AuditKeyMissing, and what the provider raises."""
        return derive_purpose_key(await self._root(session), "audit/chain")

    async def addresses(self, session: ReadSession, day: str) -> bytes:
        """Another key each day, so that pseudonyms of two days say nothing about one another. Raises as `chain`."""
        return derive_purpose_key(await self._root(session), f"audit/address/{day}")

    async def roster(self, session: ReadSession) -> bytes:
        """The key of the leaves in rosters of vaults (`erasure.roster`). Raises as `chain`."""
        return derive_purpose_key(await self._root(session), "audit/roster")

    async def cursors[PlaceT: tuple[Any, ...]](
        self,
        session: ReadSession,
        query: ListQuery,
        decoder: msgspec.json.Decoder[PlaceT],
        name: str,
        *scope: bytes,
    ) -> Cursors[PlaceT]:
        """Returns the cursors of a list that is not of one vault, so that no vault key seals them.

        Raises as `chain` if the query has a cursor.
        """
        sealer = None
        if query.cursor is not None:
            key = derive_purpose_key(await self._root(session), "audit/cursors")
            sealer = ServiceSealer(key, KeyVersion(VERSION))
        return Cursors(sealer, query, decoder, name, *scope)

    async def _root(self, session: ReadSession) -> bytes:
        row = await wrapped_key(session, VERSION)
        if row is None:
            log.error("audit.key_missing")
            raise AuditKeyMissing
        if row != self._row:
            self._key = await self._provider.unwrap(*row, WRAP_CONTEXT)
            self._row = row
        return self._key


async def is_stored(session: ReadSession) -> bool:
    return await wrapped_key(session, VERSION) is not None


async def store_new_key(session: WriteSession, provider: RootKeyProvider) -> None:
    """Needs the owner of the table. Where another transaction stores one at the same time, that is the key."""
    root_key_id, wrapped = await provider.wrap(os.urandom(KEY_BYTES), WRAP_CONTEXT)
    await add_key_if_missing(session, AuditKey(version=VERSION, root_key_id=root_key_id, wrapped=wrapped))
