"""The keys that sign receipts. They belong to no tenant."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlmodel import col

from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.erasure.models import ReceiptKey


class ReceiptKeyRepository[SessionT: ReadSession = ReadSession]:
    def __init__(self, session: SessionT) -> None:
        self._session = session

    async def signing(self) -> tuple[str, str, bytes] | None:
        """Returns the id, the root key's id and the wrap of the newest key that is not retired."""
        columns = (col(ReceiptKey.kid), col(ReceiptKey.root_key_id), col(ReceiptKey.wrapped))
        statement = select(*columns).where(col(ReceiptKey.retired_at).is_(None))
        row = (
            await self._session.execute(statement.order_by(col(ReceiptKey.created_at).desc()).limit(1))
        ).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    async def public_keys(self) -> Sequence[bytes]:
        statement = select(col(ReceiptKey.public_key)).order_by(col(ReceiptKey.created_at).desc())
        return (await self._session.execute(statement)).scalars().all()

    async def retire_all(self: "ReceiptKeyRepository[WriteSession]") -> None:
        in_use = col(ReceiptKey.retired_at).is_(None)
        await self._session.execute(update(ReceiptKey).where(in_use).values(retired_at=func.now()))

    async def add(self: "ReceiptKeyRepository[WriteSession]", key: ReceiptKey) -> None:
        self._session.add(key)
        await self._session.flush()
