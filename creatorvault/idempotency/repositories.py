"""Stored results of one vault."""

import hashlib
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.identifiers import VaultId
from creatorvault.idempotency.models import StoredResultRow
from creatorvault.tenants.repositories import vault_scope


class StoredResultRepository(ScopedRepository[StoredResultRow]):
    model_type = StoredResultRow

    def __init__(self, session: WriteSession, vault: VaultId) -> None:
        super().__init__(session, vault_scope(StoredResultRow, vault))
        self._vault = vault

    async def find(self, name: bytes, now: datetime) -> tuple[bytes, datetime] | None:
        """Returns the sealed result and its expiration time."""
        statement = self.columns(col(StoredResultRow.answer), col(StoredResultRow.expires_at)).where(
            col(StoredResultRow.name) == name, col(StoredResultRow.expires_at) > now
        )
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else (row.answer, row.expires_at)

    async def store(self, name: bytes, answer: bytes, expires_at: datetime, now: datetime) -> None:
        """Also deletes expired results, including an earlier one of the same name."""
        await self.delete_expired(now)
        await self.session.execute(
            insert(StoredResultRow).values(
                tenant_id=self._vault.tenant_id,
                user_id=self._vault.user_id,
                name=name,
                answer=answer,
                expires_at=expires_at,
            )
        )

    async def delete_expired(self, now: datetime) -> None:
        await self.session.execute(delete(StoredResultRow).where(self.scope, col(StoredResultRow.expires_at) <= now))


async def claim(session: WriteSession, vault: VaultId, key: str) -> bool:
    """Returns whether this transaction has acquired the key's advisory lock, which is held until it ends."""
    name = hashlib.sha256(b"\0".join((vault.tenant_id.bytes, vault.user_id.encode(), key.encode()))).digest()
    number = int.from_bytes(name[:8], signed=True)
    claimed: bool = (await session.execute(select(func.pg_try_advisory_xact_lock(number)))).scalar_one()
    return claimed
