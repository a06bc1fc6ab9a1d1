"""The erasure of one vault and its rows in every table, within its scope; and what is of no tenant."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, inspect, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from sqlmodel import SQLModel, col

from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.database.tenant_data import Erased, TenantTable
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.crypto.envelope import context
from creatorvault.crypto.models import VaultKey
from creatorvault.erasure.models import ErasedVault, ErasureState, VaultErasure
from creatorvault.tenants.models import Tenant, TenantKind, TenantStatus, Vault, VaultStatus
from creatorvault.tenants.repositories import vault_scope

DOMAIN: Final = b"creatorvault/erased-vault/v1"
STREAMED: Final = 1_000

type Place = tuple[Any, ...]
"""The rest of a primary key after the scope's columns."""


class TenantRow(NamedTuple):
    kind: str
    status: str


class Batch(NamedTuple):
    """`after` is where the next batch begins, or None if this was the last one."""

    deleted: int
    after: Place | None


class DestroyedKey(NamedTuple):
    version: int
    root_key_id: str
    wrapped: bytes


def hash_of(vault: VaultId) -> bytes:
    return sha256(context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode())).digest()


async def erase_rows(
    session: AsyncSession | async_scoped_session[AsyncSession],
    table: TenantTable,
    own: ColumnElement[bool],
    *more: ColumnElement[bool],
) -> int:
    """Deletes or empties the rows of a scope as their app has declared. Returns the number of deleted rows."""
    if isinstance(table, Erased):
        if table.first is not None:
            await session.execute(text(table.first))
        result = await session.execute(delete(table.model).where(own, *more))
        deleted: int = result.rowcount  # type: ignore[attr-defined]  # of a DELETE it is a CursorResult
        return deleted
    if table.emptied:
        await session.execute(update(table.model).where(own).values(**table.emptied))
    return 0


async def announce(
    session: AsyncSession | async_scoped_session[AsyncSession],
    vaults: Sequence[VaultId],
    now: datetime,
    *,
    unfinished: bool = False,
) -> None:
    """Tells every process to forget the vaults, after the commit."""
    rows = [
        ErasedVault(vault=hash_of(vault), tenant=vault.tenant_id, erased_at=now, unfinished=unfinished).model_dump()
        for vault in vaults
    ]
    if rows:
        await session.execute(insert(ErasedVault).on_conflict_do_nothing(), rows)


class VaultErasureRepository[SessionT: ReadSession = ReadSession](ScopedRepository[VaultErasure, SessionT]):
    """One vault, its tenant and its erasure. Rows are always locked in this order: tenant, vault, erasure."""

    model_type = VaultErasure

    def __init__(self, session: SessionT, vault: VaultId) -> None:
        super().__init__(session, vault_scope(VaultErasure, vault))
        self._vault = vault
        self._own_tenant = col(Tenant.tenant_id) == vault.tenant_id
        self._own_vault = vault_scope(Vault, vault)

    async def tenant(self) -> TenantRow | None:
        statement = select(col(Tenant.kind), col(Tenant.status)).where(self._own_tenant)
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else TenantRow(*row)

    async def locked_tenant(self: "VaultErasureRepository[WriteSession]") -> TenantRow | None:
        """Locks a personal tenant, which the runtime login may end. Organizations are not locked."""
        statement = select(col(Tenant.kind), col(Tenant.status)).where(self._own_tenant)
        row = (await self.session.execute(statement.with_for_update(key_share=True))).one_or_none()
        return await self.tenant() if row is None else TenantRow(*row)

    async def vault(self) -> Vault | None:
        return await self._the_vault(lock=False)

    async def locked_vault(self: "VaultErasureRepository[WriteSession]") -> Vault | None:
        """Locks the vault's row: its changes wait until the transaction ends."""
        return await self._the_vault(lock=True)

    async def find(self) -> VaultErasure | None:
        return await self.get_one_or_none()

    async def locked(self: "VaultErasureRepository[WriteSession]") -> VaultErasure | None:
        return await self.get_one_or_none(with_for_update=True)

    async def ask(self: "VaultErasureRepository[WriteSession]", erasure: VaultErasure) -> None:
        """Replaces an earlier request."""
        await self.withdraw()
        self.session.add(erasure)
        await self.session.flush()

    async def withdraw(self: "VaultErasureRepository[WriteSession]") -> None:
        await self.session.execute(delete(VaultErasure).where(self.scope))

    async def set_vault_status(self: "VaultErasureRepository[WriteSession]", status: VaultStatus | None) -> None:
        await self.session.execute(update(Vault).where(self._own_vault).values(status=status))

    async def key_count(self) -> int:
        statement = select(func.count()).select_from(VaultKey).where(vault_scope(VaultKey, self._vault))
        count: int = (await self.session.execute(statement)).scalar_one()
        return count

    async def destroy_keys(self: "VaultErasureRepository[WriteSession]") -> Sequence[DestroyedKey]:
        """Returns the deleted rows, by version."""
        columns = (col(VaultKey.version), col(VaultKey.root_key_id), col(VaultKey.wrapped))
        statement = delete(VaultKey).where(vault_scope(VaultKey, self._vault)).returning(*columns)
        return sorted(DestroyedKey(*row) for row in (await self.session.execute(statement)).all())

    async def mark_destroyed(
        self: "VaultErasureRepository[WriteSession]", now: datetime, *, whole_tenant: bool
    ) -> None:
        """From the commit on, every process refuses the vault, and soon forgets what it remembers of it."""
        await self.set_vault_status(VaultStatus.DESTROYED)
        if whole_tenant:
            await self.session.execute(update(Tenant).where(self._own_tenant).values(status=TenantStatus.ERASED.value))
        await announce(self.session, [self._vault], now, unfinished=True)

    async def mark_finished(self: "VaultErasureRepository[WriteSession]") -> None:
        own = col(ErasedVault.vault) == hash_of(self._vault)
        await self.session.execute(update(ErasedVault).where(own).values(unfinished=False))

    async def erase_batch(
        self: "VaultErasureRepository[WriteSession]", table: TenantTable, after: Place | None, most: int
    ) -> Batch:
        """Deletes the next rows by the order of the primary key, so that none of those deleted before is read again."""
        own = self._scope_of(table)
        scoped = {"tenant_id", "user_id"}
        rest = [column for column in inspect(table.model).primary_key if column.name not in scoped]
        if isinstance(table, Erased) and rest:
            place = tuple_(*rest)
            ahead = [] if after is None else [place > tuple_(*after)]
            statement = select(*rest).where(own, *ahead).order_by(*rest).offset(most - 1).limit(1)
            last = (await self.session.execute(statement)).one_or_none()
            until = [] if last is None else [place <= tuple_(*last)]
            return Batch(
                await erase_rows(self.session, table, own, *ahead, *until), None if last is None else tuple(last)
            )
        return Batch(await erase_rows(self.session, table, own), None)

    async def _the_vault(self, *, lock: bool) -> Vault | None:
        statement = select(Vault).where(self._own_vault)
        if lock:
            statement = statement.with_for_update()
        vault: Vault | None = (await self.session.execute(statement)).scalar_one_or_none()
        return vault

    def _scope_of(self, table: TenantTable) -> ColumnElement[bool]:
        if has_users(table):
            return vault_scope(table.model, self._vault)
        own: ColumnElement[bool] = col(table.model.tenant_id) == self._vault.tenant_id  # type: ignore[attr-defined]  # a column of each table here
        return own


def name_of(model: type[SQLModel]) -> str:
    """Returns the name of its table, with the schema."""
    name: str = model.__table__.fullname  # type: ignore[attr-defined]  # SQLModel gives every table model its table
    return name


def has_users(table: TenantTable) -> bool:
    """Whether its rows are of single vaults, and not of the tenant as a whole."""
    return "user_id" in table.model.model_fields


class UnfinishedErasures:
    """The erasures of one tenant that a process may have left, for the runtime login in the tenant's context."""

    def __init__(self, session: WriteSession, tenant_id: TenantId) -> None:
        self._session = session
        self._own = col(VaultErasure.tenant_id) == tenant_id
        self._tenant_id = tenant_id

    async def claim(self, now: datetime, until: datetime) -> Sequence[VaultId]:
        """Returns those that nobody works on. Of several processes one gets each."""
        idle = and_(
            self._own, col(VaultErasure.state) == ErasureState.ERASING.value, col(VaultErasure.leased_until) < now
        )
        statement = update(VaultErasure).where(idle).values(leased_until=until).returning(col(VaultErasure.user_id))
        return [VaultId(self._tenant_id, UserId(user)) for user in (await self._session.execute(statement)).scalars()]

    async def drop_receipts(self, before: datetime) -> None:
        """Deletes what was finished before."""
        finished = and_(self._own, col(VaultErasure.state) == ErasureState.ERASED.value)
        await self._session.execute(delete(VaultErasure).where(finished, col(VaultErasure.finished_at) < before))

    async def forget(self, vaults: Iterable[bytes]) -> None:
        await self._session.execute(delete(ErasedVault).where(col(ErasedVault.vault).in_(list(vaults))))


async def living_vaults(session: ReadSession, tenant_id: TenantId | None) -> AsyncGenerator[Sequence[VaultId]]:
    """Yields the vaults that are not destroyed, of tenants that are not erased: of one tenant, or of all, for the
    operators' login.
    """
    statement = (
        select(col(Vault.tenant_id), col(Vault.user_id))
        .join(Tenant, col(Tenant.tenant_id) == col(Vault.tenant_id))
        .where(
            col(Vault.status).is_distinct_from(VaultStatus.DESTROYED.value),
            col(Tenant.status) != TenantStatus.ERASED.value,
        )
    )
    if tenant_id is not None:
        statement = statement.where(col(Vault.tenant_id) == tenant_id, col(Tenant.tenant_id) == tenant_id)
    result = await session.stream(statement, execution_options={"yield_per": STREAMED})
    async for rows in result.partitions():
        yield [VaultId(TenantId(tenant), UserId(user_id)) for tenant, user_id in rows]


def is_personal(tenant: TenantRow) -> bool:
    return tenant.kind == TenantKind.PERSONAL
