"""The rows of one tenant and one vault, and the database context under which row-level security lets them be seen."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, TextClause, and_, bindparam, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision
from creatorvault.core.repositories import ScopedRepository
from creatorvault.settings import DatabaseSettings
from creatorvault.tenants.models import Tenant, TenantKind, Vault

# `set_config(…, true)` lasts until the transaction ends: a plain SET would stay on the connection and reach the next
# tenant through a transaction-pooling proxy. The time limits go with it, since such a proxy passes no start-up options.
SET_CONTEXT = """
    SELECT set_config('app.tenant_id', :tenant_id, true),
           set_config('statement_timeout', :statement_timeout, true),
           set_config('lock_timeout', :lock_timeout, true),
           set_config('idle_in_transaction_session_timeout', :idle_timeout, true)
"""
CONTEXT: TextClause = text(SET_CONTEXT)
# One round trip sets the context and reads the vault. The vault is looked up for the tenant id that set_config
# returns, so it cannot be looked up before the context is set; seen out of order it would be missing, never foreign.
CONTEXT_AND_VAULT: TextClause = text(
    f"""
    WITH context (tenant_id) AS MATERIALIZED ({SET_CONTEXT})
    SELECT vaults.revision, vaults.idea_count, vaults.key_version
    FROM context LEFT JOIN LATERAL (
        SELECT revision, idea_count, key_version FROM vaults
        WHERE vaults.tenant_id = context.tenant_id::uuid AND vaults.user_id = :user_id
    ) AS vaults ON true
    """  # noqa: S608  # made of constants only
).bindparams(bindparam("user_id"))


class VaultState(NamedTuple):
    revision: VaultRevision
    idea_count: int
    key_version: KeyVersion


class VaultRepository(ScopedRepository[Vault]):
    model_type = Vault

    def __init__(self, session: AsyncSession, vault: VaultId, limits: DatabaseSettings) -> None:
        super().__init__(session, vault_scope(Vault, vault))
        self._vault = vault
        self._context = {
            "tenant_id": str(vault.tenant_id),
            "statement_timeout": _milliseconds(limits.statement_seconds),
            "lock_timeout": _milliseconds(limits.lock_seconds),
            "idle_timeout": _milliseconds(limits.idle_in_transaction_seconds),
        }

    async def enter(self) -> VaultState | None:
        """Makes this the tenant of the transaction. The vault as its snapshot sees it, or None if there is none."""
        row = (await self.session.execute(CONTEXT_AND_VAULT, {**self._context, "user_id": self._vault.user_id})).one()
        return None if row.revision is None else VaultState(*row)

    async def enter_locked(self, kind: TenantKind) -> Vault:
        """Makes this the tenant of the transaction and locks the vault's row, which is made on first use."""
        await self.session.execute(CONTEXT, self._context)
        locked = self.statement.with_for_update()
        vault: Vault | None = (await self.session.execute(locked)).scalar_one_or_none()
        if vault is None:
            await self._provision(kind)
            vault = (await self.session.execute(locked)).scalar_one()
        return vault

    async def _provision(self, kind: TenantKind) -> None:
        """Both rows, unless another request makes them at this moment: then this one waits for it to commit."""
        tenant = Tenant(tenant_id=self._vault.tenant_id, kind=kind)
        vault = Vault(tenant_id=self._vault.tenant_id, user_id=self._vault.user_id)
        for row in (tenant, vault):
            await self.session.execute(insert(type(row)).values(row.model_dump()).on_conflict_do_nothing())


def vault_scope(model: Any, vault: VaultId) -> ColumnElement[bool]:
    """The rows of one vault in a table that has `tenant_id` and `user_id`."""
    return and_(col(model.tenant_id) == vault.tenant_id, col(model.user_id) == vault.user_id)


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
