"""The rows of one tenant and one vault."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, WriteSession, run
from creatorvault.core.http.paging import ListQuery
from creatorvault.core.identifiers import KeyVersion, TenantId, VaultId, VaultRevision
from creatorvault.tenants.models import Tenant, TenantStatus, Vault, VaultStatus
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.statements.vault import TENANT


class TenantState(NamedTuple):
    """`status` is None before the tenant's first write; a quota or the root key is None if it is not set."""

    status: TenantStatus | None
    idea_quota: int | None
    byte_quota: int | None
    vault_idea_quota: int | None
    vault_byte_quota: int | None
    root_key_id: str | None
    owner_export: bool


NO_TENANT: Final = TenantState(None, None, None, None, None, None, owner_export=False)


class Counters(NamedTuple):
    """The vault's locked row. `key_version` is 0 if there is no key. `status` is None if the vault is in use."""

    revision: VaultRevision
    idea_count: int
    sealed_bytes: int
    key_version: KeyVersion
    status: VaultStatus | None


class Usage(NamedTuple):
    ideas: int
    sealed_bytes: int


class VaultRepository[SessionT: ReadSession = ReadSession](ScopedRepository[Vault, SessionT]):
    model_type = Vault

    def __init__(self, session: SessionT, vault: VaultId) -> None:
        super().__init__(session, vault_scope(Vault, vault))
        self.vault = vault
        self._counters = self.columns(
            col(Vault.revision),
            col(Vault.idea_count),
            col(Vault.sealed_bytes),
            col(Vault.key_version),
            col(Vault.status),
        )

    async def tenant(self) -> TenantState:
        rows = await run(self.session, TENANT, str(self.vault.tenant_id))
        return TenantState(*rows[0]) if rows else NO_TENANT

    async def provision(self: "VaultRepository[WriteSession]", tenant: TenantName) -> bool:
        """Creates the tenant's row. Waits for a concurrent request that creates it, and then returns False."""
        row = Tenant(tenant_id=tenant.id, kind=tenant.kind, realm=tenant.realm, external_id=tenant.external_id)
        statement = insert(Tenant).values(row.model_dump()).on_conflict_do_nothing().returning(col(Tenant.tenant_id))
        return (await self.session.execute(statement)).scalar_one_or_none() is not None

    async def counters(self) -> Counters | None:
        """Returns the vault's row, which is not locked."""
        row = (await self.session.execute(self._counters)).one_or_none()
        return None if row is None else Counters(*row)

    async def locked(self: "VaultRepository[WriteSession]") -> Counters | None:
        """Returns the vault's row, locked until the transaction ends, or None if there is no such vault yet."""
        row = (await self.session.execute(self._counters.with_for_update())).one_or_none()
        return None if row is None else Counters(*row)

    async def locked_or_made(self: "VaultRepository[WriteSession]") -> Counters:
        """Creates the row and returns it as `locked`. Waits for a concurrent request that creates it."""
        row = Vault(tenant_id=self.vault.tenant_id, user_id=self.vault.user_id)
        await self.session.execute(insert(Vault).values(row.model_dump()).on_conflict_do_nothing())
        return Counters(*(await self.session.execute(self._counters.with_for_update())).one())

    async def set_key_version(self: "VaultRepository[WriteSession]", version: KeyVersion) -> None:
        """`changed_at` stays: it is the time of the creator's last change."""
        await self.session.execute(update(Vault).where(self.scope).values(key_version=version))

    async def usage_of_tenant(self) -> Usage:
        """Returns the usage of all its vaults. Waits until concurrent callers commit, so that no two exceed a quota."""
        await self.session.execute(select(func.pg_advisory_xact_lock(self.vault.tenant_id.int % 2**63)))
        statement = select(
            func.coalesce(func.sum(col(Vault.idea_count)), 0), func.coalesce(func.sum(col(Vault.sealed_bytes)), 0)
        ).where(col(Vault.tenant_id) == self.vault.tenant_id)
        ideas, sealed_bytes = (await self.session.execute(statement)).one()
        return Usage(int(ideas), int(sealed_bytes))


class TenantUsage(NamedTuple):
    vaults: int
    ideas: int
    sealed_bytes: int


class MemberPlace(NamedTuple):
    """Where a member stands in a list."""

    changed_at: datetime
    user_id: str


class TenantRepository(ScopedRepository[Vault]):
    """One tenant's row and all of its vaults that are not destroyed, for its administrators."""

    model_type = Vault

    def __init__(self, session: ReadSession, tenant_id: TenantId) -> None:
        in_use = col(Vault.status).is_distinct_from(VaultStatus.DESTROYED.value)
        super().__init__(session, and_(col(Vault.tenant_id) == tenant_id, in_use))
        self._tenant_id = tenant_id

    async def row(self) -> Tenant:
        statement = select(Tenant).where(col(Tenant.tenant_id) == self._tenant_id)
        return (await self.session.execute(statement)).scalar_one()

    async def usage(self) -> TenantUsage:
        ideas, sealed_bytes = (
            func.coalesce(func.sum(column), 0) for column in (col(Vault.idea_count), col(Vault.sealed_bytes))
        )
        statement = self.columns(func.count(col(Vault.user_id)), ideas, sealed_bytes)
        return TenantUsage(*map(int, (await self.session.execute(statement)).one()))

    async def vaults(self, query: ListQuery, after: MemberPlace | None) -> tuple[Sequence[Vault], int]:
        """Returns a page, most recently changed first, and the total number."""
        return await self.descending(MemberPlace._fields, after, query.rows_wanted, query.offset)


def vault_scope(model: Any, vault: VaultId) -> ColumnElement[bool]:
    """The rows of one vault in a table that has `tenant_id` and `user_id`."""
    return and_(col(model.tenant_id) == vault.tenant_id, col(model.user_id) == vault.user_id)
