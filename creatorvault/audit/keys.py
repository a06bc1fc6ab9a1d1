"""The key that proves events. Made on first use, kept wrapped beside the vault keys; it opens no content."""

import os
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from creatorvault.audit.models import AuditKey
from creatorvault.crypto.cipher import derive_purpose_key
from creatorvault.crypto.envelope import KEY_BYTES, context
from creatorvault.crypto.rootkeys import RootKeyProvider

VERSION: Final = 1
WRAP_CONTEXT: Final = context(b"creatorvault/audit-key/v1", VERSION.to_bytes(4))
STORED: Final = select(col(AuditKey.root_key_id), col(AuditKey.wrapped)).where(col(AuditKey.version) == VERSION)
_CREATED: Final = "creatorvault.audit.created"


class AuditKeys:
    """One per process."""

    def __init__(self, provider: RootKeyProvider) -> None:
        self._provider = provider
        self._key: bytes | None = None

    async def chain(self, session: AsyncSession) -> bytes:
        return derive_purpose_key(await self._root(session), "audit/chain")

    async def addresses(self, session: AsyncSession, day: str) -> bytes:
        """Another key each day, so that pseudonyms of two days say nothing about one another."""
        return derive_purpose_key(await self._root(session), f"audit/address/{day}")

    async def _root(self, session: AsyncSession) -> bytes:
        """Raises what the provider raises. A key that this transaction makes is kept for it alone: it may roll back."""
        if self._key is not None:
            return self._key
        created: bytes | None = session.info.get(_CREATED)
        if created is not None:
            return created
        row = (await session.execute(STORED)).one_or_none()
        if row is None:
            key = os.urandom(KEY_BYTES)
            if await self._store(session, key):
                session.info[_CREATED] = key
                return key
            row = (await session.execute(STORED)).one()
        self._key = await self._provider.unwrap(*row, WRAP_CONTEXT)
        return self._key

    async def _store(self, session: AsyncSession, key: bytes) -> bool:
        """Whether this is the key now. Waits for another transaction that is just storing one."""
        root_key_id, wrapped = await self._provider.wrap(key, WRAP_CONTEXT)
        row = AuditKey(version=VERSION, root_key_id=root_key_id, wrapped=wrapped)
        statement = insert(AuditKey).values(row.model_dump()).on_conflict_do_nothing().returning(col(AuditKey.version))
        return (await session.execute(statement)).scalar_one_or_none() is not None
