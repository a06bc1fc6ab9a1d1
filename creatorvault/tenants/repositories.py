"""The rows of one tenant and one vault, and the database context under which row-level security lets them be seen."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, TextClause, and_, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.identifiers import KeyVersion, TenantId, VaultId, VaultRevision
from creatorvault.tenants.models import Tenant, TenantStatus, Vault
from creatorvault.tenants.resolution import TenantName

# `set_config(…, true)` lasts until the transaction ends: a plain SET would stay on the connection and reach the next
# tenant through a transaction-pooling proxy.
#
# One round trip sets the context and reads under it. Rows are looked up for the tenant id that set_config returns, so
# not before the context is set; seen out of order they would be missing, never foreign.
CONTEXT: Final = """
    WITH context (tenant_id) AS MATERIALIZED (
        SELECT set_config('app.tenant_id', :tenant_id, true)
    )
"""
ENTER: Final[TextClause] = text(
    CONTEXT  # noqa: S608  # made of constants only
    + """
    SELECT tenants.status, vaults.revision, vaults.idea_count, vaults.key_version
    FROM context
    LEFT JOIN LATERAL (
        SELECT status FROM tenants WHERE tenants.tenant_id = context.tenant_id::uuid
    ) AS tenants ON true
    LEFT JOIN LATERAL (
        SELECT revision, idea_count, key_version FROM vaults
        WHERE vaults.tenant_id = context.tenant_id::uuid AND vaults.user_id = :user_id
    ) AS vaults ON true
    """
)
ENTER_TO_WRITE: Final[TextClause] = text(
    CONTEXT  # noqa: S608  # made of constants only
    + """
    SELECT tenants.status, tenants.idea_quota, tenants.byte_quota, tenants.vault_idea_quota, tenants.vault_byte_quota
    FROM context
    LEFT JOIN LATERAL (
        SELECT * FROM tenants WHERE tenants.tenant_id = context.tenant_id::uuid
    ) AS tenants ON true
    """
)


class VaultState(NamedTuple):
    """What reading needs. `status` is None before the tenant's first write, the rest before the vault's."""

    status: TenantStatus | None
    revision: VaultRevision | None
    idea_count: int | None
    key_version: KeyVersion | None


class TenantState(NamedTuple):
    """What writing needs. `status` is None before the tenant's first write; a quota is None where none is set."""

    status: TenantStatus | None
    idea_quota: int | None
    byte_quota: int | None
    vault_idea_quota: int | None
    vault_byte_quota: int | None


class Usage(NamedTuple):
    ideas: int
    sealed_bytes: int


class VaultRepository[SessionT: ReadSession = ReadSession](ScopedRepository[Vault, SessionT]):
    model_type = Vault

    def __init__(self, session: SessionT, vault: VaultId) -> None:
        super().__init__(session, vault_scope(Vault, vault))
        self._vault = vault
        self._context = {"tenant_id": str(vault.tenant_id)}

    async def enter(self) -> VaultState:
        """Makes this the tenant of the transaction; tenant and vault as its snapshot sees them."""
        return VaultState(*(await self.session.execute(ENTER, {**self._context, "user_id": self._vault.user_id})).one())

    async def enter_to_write(self) -> TenantState:
        """Makes this the tenant of the transaction."""
        return TenantState(*(await self.session.execute(ENTER_TO_WRITE, self._context)).one())

    async def provision(self: "VaultRepository[WriteSession]", tenant: TenantName) -> bool:
        """Makes the tenant's row; False if another request does so at this moment, which this one then waits for."""
        row = Tenant(tenant_id=tenant.id, kind=tenant.kind, realm=tenant.realm, external_id=tenant.external_id)
        statement = insert(Tenant).values(row.model_dump()).on_conflict_do_nothing().returning(col(Tenant.tenant_id))
        return (await self.session.execute(statement)).scalar_one_or_none() is not None

    async def locked(self: "VaultRepository[WriteSession]") -> Vault:
        """The vault's row, locked until the transaction ends and made on first use."""
        statement = self.statement.with_for_update()
        vault: Vault | None = (await self.session.execute(statement)).scalar_one_or_none()
        if vault is None:
            row = Vault(tenant_id=self._vault.tenant_id, user_id=self._vault.user_id)
            await self.session.execute(insert(Vault).values(row.model_dump()).on_conflict_do_nothing())
            vault = (await self.session.execute(statement)).scalar_one()
        return vault

    async def usage_of_tenant(self) -> Usage:
        """Of all its vaults. Who asks waits for the others to commit, so that no two take the last place."""
        await self.session.execute(select(func.pg_advisory_xact_lock(self._vault.tenant_id.int % 2**63)))
        statement = select(
            func.coalesce(func.sum(col(Vault.idea_count)), 0), func.coalesce(func.sum(col(Vault.sealed_bytes)), 0)
        ).where(col(Vault.tenant_id) == self._vault.tenant_id)
        ideas, sealed_bytes = (await self.session.execute(statement)).one()
        return Usage(int(ideas), int(sealed_bytes))


class TenantUsage(NamedTuple):
    vaults: int
    ideas: int
    sealed_bytes: int


class TenantRepository(ScopedRepository[Vault]):
    """One tenant's row and all of its vaults, for those who look after it."""

    model_type = Vault

    def __init__(self, session: ReadSession, tenant_id: TenantId) -> None:
        super().__init__(session, col(Vault.tenant_id) == tenant_id)
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

    async def vaults(self, limit: int, offset: int) -> Sequence[Vault]:
        """The latest changed first."""
        order = (col(Vault.changed_at).desc(), col(Vault.user_id))
        statement = self.statement.order_by(*order).limit(limit).offset(offset)
        return (await self.session.execute(statement)).scalars().all()


def vault_scope(model: Any, vault: VaultId) -> ColumnElement[bool]:
    """The rows of one vault in a table that has `tenant_id` and `user_id`."""
    return and_(col(model.tenant_id) == vault.tenant_id, col(model.user_id) == vault.user_id)
