"""Key rows of one vault. Those of other vaults cannot be selected."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision
from creatorvault.crypto.cipher import Wrap
from creatorvault.crypto.models import VaultKey


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    version: KeyVersion
    root_key_id: str
    wrapped: bytes
    first_revision: VaultRevision
    carried: bytes | None


class VaultKeyRepository[SessionT: ReadSession = ReadSession]:
    def __init__(self, session: SessionT, vault: VaultId) -> None:
        self._session = session
        self._vault = vault

    async def all(self) -> Sequence[WrappedKey]:
        """Returns all keys, oldest version first."""
        statement = (
            select(
                col(VaultKey.version),
                col(VaultKey.root_key_id),
                col(VaultKey.wrapped),
                col(VaultKey.first_revision),
                col(VaultKey.carried),
            )
            .where(
                col(VaultKey.tenant_id) == self._vault.tenant_id,
                col(VaultKey.user_id) == self._vault.user_id,
            )
            .order_by(col(VaultKey.version))
        )
        return [
            WrappedKey(
                version=KeyVersion(version),
                root_key_id=root_key_id,
                wrapped=wrapped,
                first_revision=VaultRevision(first_revision),
                carried=carried,
            )
            for version, root_key_id, wrapped, first_revision, carried in await self._session.execute(statement)
        ]

    async def has(self, version: KeyVersion, first_revision: VaultRevision, wrap: Wrap) -> bool:
        """Whether the row of that version exists, with all values that its wrapped key is bound to."""
        statement = select(col(VaultKey.version)).where(
            col(VaultKey.tenant_id) == self._vault.tenant_id,
            col(VaultKey.user_id) == self._vault.user_id,
            col(VaultKey.version) == version,
            col(VaultKey.first_revision) == first_revision,
            col(VaultKey.root_key_id) == wrap.root_key_id,
            col(VaultKey.wrapped) == wrap.wrapped,
        )
        return (await self._session.execute(statement)).first() is not None

    async def add(self: "VaultKeyRepository[WriteSession]", key: WrappedKey) -> None:
        """Raises IntegrityError when the vault has a key of that version already."""
        self._session.add(
            VaultKey(
                tenant_id=self._vault.tenant_id,
                user_id=self._vault.user_id,
                version=key.version,
                root_key_id=key.root_key_id,
                wrapped=key.wrapped,
                first_revision=key.first_revision,
                carried=key.carried,
            )
        )
        await self._session.flush()
