"""SQL of operators, across all tenants: only metadata, since their login is granted nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from advanced_alchemy.filters import LimitOffset, OrderBy
from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    Subquery,
    cast,
    delete,
    func,
    null,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import load_only, registry
from sqlmodel import col

from creatorvault.admin.models import Operator, TenantErasure
from creatorvault.admin.schemas import TenantQuery, VaultQuery
from creatorvault.audit.models import AuditKey
from creatorvault.core.database.migrations import APPLIED, HISTORY, Standing, is_known, standing
from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.database.tenant_data import Erased, TenantData
from creatorvault.core.identifiers import TenantId, UserId
from creatorvault.crypto.models import VaultKey
from creatorvault.tenants.models import Tenant, TenantStatus, Vault
from creatorvault.tenants.resolution import TenantName

READABLE: Final[tuple[Any, ...]] = (
    col(Vault.tenant_id),
    col(Vault.user_id),
    col(Vault.revision),
    col(Vault.idea_count),
    col(Vault.sealed_bytes),
    col(Vault.key_version),
    col(Vault.created_at),
    col(Vault.changed_at),
)
MIGRATIONS: Final = text(APPLIED)
HISTORY_OF_MIGRATIONS: Final = text(HISTORY)
KEYS: Final = """
    SELECT id, key_id, key_hash, scopes, expires_at, revoked_at FROM operators WHERE key_hash LIKE 'sha256:%'
    ORDER BY revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) DESC, created_at DESC LIMIT $1
"""
"""At most $1 keys of the current format, valid ones first, then newest first."""

type Columns = Row[Any]


def _figures() -> Subquery:
    usage = (
        select(
            col(Vault.tenant_id),
            func.count(col(Vault.user_id)).label("vaults"),
            func.sum(col(Vault.idea_count)).label("ideas"),
            func.sum(col(Vault.sealed_bytes)).label("sealed_bytes"),
            func.max(col(Vault.key_version)).label("newest_key_version"),
            func.max(col(Vault.changed_at)).label("last_activity"),
        )
        .group_by(col(Vault.tenant_id))
        .subquery()
    )
    # In PostgreSQL sums of bigint are numeric.
    sums = [
        cast(func.coalesce(usage.c[name], 0), BigInteger).label(name)
        for name in ("vaults", "ideas", "sealed_bytes", "newest_key_version")
    ]
    own = Tenant.__table__.columns  # type: ignore[attr-defined]  # SQLModel gives every table model its table
    statement: Select[*tuple[Any, ...]] = (
        select(*own, *sums, usage.c.last_activity, col(TenantErasure.not_before).label("erasable_from"))
        .select_from(Tenant)
        .outerjoin(usage, usage.c.tenant_id == col(Tenant.tenant_id))
        .outerjoin(TenantErasure, col(TenantErasure.tenant_id) == col(Tenant.tenant_id))
    )
    return statement.subquery("figures")


class TenantFigures:
    """A tenant with sums over its vaults. Mapped to a subquery, so that it is filtered and sorted like a table."""


_FIGURES: Final = _figures()
registry().map_imperatively(TenantFigures, _FIGURES, primary_key=[_FIGURES.c.tenant_id])


class _OfAllTenants[ModelT: Any, SessionT: ReadSession = ReadSession](ScopedRepository[ModelT, SessionT]):
    """Rows without a scope: of the two locks operators have the second, grants and policies of their login."""

    def __init__(self, session: SessionT) -> None:
        super().__init__(session, true())


class TenantFiguresRepository(_OfAllTenants[TenantFigures]):
    model_type = TenantFigures

    async def page(self, query: TenantQuery) -> tuple[Sequence[TenantFigures], int]:
        """Returns a page in the requested order, and the total number."""
        last_activity = func.coalesce(_FIGURES.c.last_activity, _FIGURES.c.created_at)
        return await self.get_many_and_count(
            OrderBy(last_activity if query.sort == "last_activity" else query.sort, query.order),
            OrderBy("tenant_id", query.order),
            LimitOffset(query.limit, query.offset),
            **query.model_dump(include={"status", "kind", "realm", "external_id"}, exclude_none=True),
        )


class VaultFiguresRepository(_OfAllTenants[Vault]):
    """Vaults, with the columns that the operators' login may read."""

    model_type = Vault
    loader_options = [load_only(*READABLE, raiseload=True)]

    async def page(self, query: VaultQuery) -> tuple[Sequence[Vault], int]:
        """Returns a page, most recently changed first, and the total number."""
        return await self.get_many_and_count(
            *(OrderBy(name, "desc") for name in ("changed_at", "tenant_id", "user_id")),
            LimitOffset(query.limit, query.offset),
            **query.model_dump(include={"tenant_id", "user_id", "key_version"}, exclude_none=True),
        )


class OperatorRepository(_OfAllTenants[Operator]):
    model_type = Operator


class AdminRepository[SessionT: ReadSession = ReadSession](_OfAllTenants[Tenant, SessionT]):
    """Tenants, and what operators change of them."""

    model_type = Tenant

    async def locked(self: "AdminRepository[WriteSession]", tenant_id: TenantId) -> Tenant | None:
        """Locks the tenant until the transaction ends; its creators are not blocked. None if missing or erased."""
        return await self.get_one_or_none(tenant_id=tenant_id, with_for_update={"key_share": True})

    async def create(self: "AdminRepository[WriteSession]", name: TenantName) -> bool:
        """Returns False if the tenant already exists."""
        row = Tenant(tenant_id=name.id, kind=name.kind, realm=name.realm, external_id=name.external_id)
        statement = insert(Tenant).values(row.model_dump()).on_conflict_do_nothing().returning(col(Tenant.tenant_id))
        return (await self.session.execute(statement)).scalar_one_or_none() is not None

    async def erasure(self, tenant_id: TenantId) -> TenantErasure | None:
        statement = select(TenantErasure).where(col(TenantErasure.tenant_id) == tenant_id)
        return (await self.session.execute(statement)).scalar_one_or_none()

    async def ask_for_erasure(self: "AdminRepository[WriteSession]", erasure: TenantErasure) -> None:
        self.session.add(erasure)
        await self.session.flush()

    async def forget_erasure(self: "AdminRepository[WriteSession]", tenant_id: TenantId) -> None:
        await self.session.execute(delete(TenantErasure).where(col(TenantErasure.tenant_id) == tenant_id))

    async def locked_users(self: "AdminRepository[WriteSession]", tenant_id: TenantId) -> Sequence[UserId]:
        """Returns the users of the tenant's vaults. Changes of these vaults wait until the transaction ends."""
        statement = select(col(Vault.user_id)).where(col(Vault.tenant_id) == tenant_id).with_for_update()
        return [UserId(user_id) for user_id in (await self.session.execute(statement)).scalars()]

    async def erase(self: "AdminRepository[WriteSession]", tenant_id: TenantId, data: TenantData) -> Mapping[str, int]:
        """Deletes or empties the tenant's rows as declared by the apps. Returns the numbers deleted, by name."""
        counts: Counter[str] = Counter()
        for table in data.tables:
            own = col(table.model.tenant_id) == tenant_id  # type: ignore[attr-defined]  # a column of each table here
            if isinstance(table, Erased):
                if table.first is not None:
                    await self.session.execute(text(table.first))
                result = await self.session.execute(delete(table.model).where(own))
                if table.counted_as is not None:
                    counts[table.counted_as] += result.rowcount  # type: ignore[attr-defined]  # of a DELETE it is a CursorResult
            elif table.emptied:
                await self.session.execute(update(table.model).where(own).values(**table.emptied))
        return counts

    async def root_keys(self) -> Sequence[Columns]:
        """Returns what each root key wraps: keys of vaults, and the key of the audit log."""
        wrapped = union_all(
            select(col(VaultKey.root_key_id), col(VaultKey.created_at), col(VaultKey.tenant_id)),
            select(col(AuditKey.root_key_id), col(AuditKey.created_at), null()),
        ).subquery()
        statement: Select[*tuple[Any, ...]] = (
            select(
                wrapped.c.root_key_id,
                func.count(wrapped.c.tenant_id).label("vault_keys"),
                (func.count() - func.count(wrapped.c.tenant_id)).label("audit_keys"),
                func.min(wrapped.c.created_at).label("oldest"),
                func.max(wrapped.c.created_at).label("newest"),
            )
            .group_by(wrapped.c.root_key_id)
            .order_by(wrapped.c.root_key_id)
        )
        return (await self.session.execute(statement)).all()

    async def tenants_by_status(self) -> dict[str, int]:
        statement = select(col(Tenant.status), func.count(col(Tenant.tenant_id))).group_by(col(Tenant.status))
        counted = dict((await self.session.execute(statement)).all())
        return {status: counted.get(status, 0) for status in TenantStatus}

    async def usage(self) -> Columns:
        """Returns the usage of all tenants."""
        statement: Select[*tuple[Any, ...]] = select(
            func.count(col(Vault.tenant_id)).label("vaults"),
            func.coalesce(func.sum(col(Vault.idea_count)), 0).label("ideas"),
            func.coalesce(func.sum(col(Vault.sealed_bytes)), 0).label("sealed_bytes"),
        )
        return (await self.session.execute(statement)).one()

    async def standing(self) -> Standing:
        applied = (await self.session.scalars(MIGRATIONS)).all()
        history = () if is_known(applied) else (await self.session.execute(HISTORY_OF_MIGRATIONS)).all()
        return standing(applied, [(revision, oldest) for revision, oldest in history])
