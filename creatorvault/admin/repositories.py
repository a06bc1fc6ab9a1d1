"""SQL of operators, across all tenants: only metadata, since their login is granted nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Subquery, delete, func, null, select, text, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from creatorvault.admin.models import Operator, TenantErasure
from creatorvault.admin.schemas import TenantQuery, VaultQuery
from creatorvault.audit.models import AuditKey
from creatorvault.core.database.migrations import APPLIED, HISTORY, Standing, is_known, standing
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.database.tenant_data import Erased, TenantData
from creatorvault.core.identifiers import TenantId, UserId
from creatorvault.crypto.models import VaultKey
from creatorvault.tenants.models import Tenant, TenantStatus, Vault
from creatorvault.tenants.resolution import TenantName

MIGRATIONS: Final = text(APPLIED)
HISTORY_OF_MIGRATIONS: Final = text(HISTORY)
KEYS: Final = """
    SELECT id, key_id, key_hash, scopes, expires_at, revoked_at FROM operators WHERE key_hash LIKE 'sha256:%'
    ORDER BY revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) DESC, created_at DESC LIMIT $1
"""
"""At most $1 keys of the current format, valid ones first, then newest first."""

type Columns = Row[Any]


class AdminRepository[SessionT: ReadSession = ReadSession]:
    """Methods that write require a WriteSession, as those of `ScopedRepository` do."""

    def __init__(self, session: SessionT) -> None:
        self._session = session

    async def tenants(self, query: TenantQuery) -> tuple[Sequence[Columns], int]:
        """Returns a page and the total number."""
        usage = _usage()
        statement = _tenants(usage).where(*_of_tenants(query))
        order = {
            "created_at": col(Tenant.created_at),
            "ideas": func.coalesce(usage.c.ideas, 0),
            "sealed_bytes": func.coalesce(usage.c.sealed_bytes, 0),
            "last_activity": func.coalesce(usage.c.last_activity, col(Tenant.created_at)),
        }[query.sort]
        return await self._page(statement, (order, col(Tenant.tenant_id)), query.order, query.limit, query.offset)

    async def tenant(self, tenant_id: TenantId) -> Columns | None:
        statement = _tenants(_usage(tenant_id)).where(col(Tenant.tenant_id) == tenant_id)
        row: Columns | None = (await self._session.execute(statement)).one_or_none()
        return row

    async def vaults(self, query: VaultQuery) -> tuple[Sequence[Columns], int]:
        """Returns a page and the total number."""
        statement: Select[*tuple[Any, ...]] = select(
            col(Vault.tenant_id),
            col(Vault.user_id),
            col(Vault.revision),
            col(Vault.idea_count).label("ideas"),
            col(Vault.sealed_bytes),
            col(Vault.key_version),
            col(Vault.created_at),
            col(Vault.changed_at).label("last_activity"),
        ).where(*_of_vaults(query))
        order = (col(Vault.changed_at), col(Vault.tenant_id), col(Vault.user_id))
        return await self._page(statement, order, "desc", query.limit, query.offset)

    async def locked(self: "AdminRepository[WriteSession]", tenant_id: TenantId) -> Tenant | None:
        """Locks the tenant until the transaction ends; its creators are not blocked. None if missing or erased."""
        statement = select(Tenant).where(col(Tenant.tenant_id) == tenant_id).with_for_update(key_share=True)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def create(self: "AdminRepository[WriteSession]", name: TenantName) -> bool:
        """Returns False if the tenant already exists."""
        row = Tenant(tenant_id=name.id, kind=name.kind, realm=name.realm, external_id=name.external_id)
        statement = insert(Tenant).values(row.model_dump()).on_conflict_do_nothing().returning(col(Tenant.tenant_id))
        return (await self._session.execute(statement)).scalar_one_or_none() is not None

    async def change(self: "AdminRepository[WriteSession]", tenant: Tenant, **values: Any) -> None:
        """Sets only these columns."""
        for name, value in values.items():
            setattr(tenant, name, value)
        await self._session.flush()

    async def erasure(self, tenant_id: TenantId) -> TenantErasure | None:
        statement = select(TenantErasure).where(col(TenantErasure.tenant_id) == tenant_id)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def ask_for_erasure(self: "AdminRepository[WriteSession]", erasure: TenantErasure) -> None:
        self._session.add(erasure)
        await self._session.flush()

    async def forget_erasure(self: "AdminRepository[WriteSession]", tenant_id: TenantId) -> None:
        await self._session.execute(delete(TenantErasure).where(col(TenantErasure.tenant_id) == tenant_id))

    async def locked_users(self: "AdminRepository[WriteSession]", tenant_id: TenantId) -> Sequence[UserId]:
        """Returns the users of the tenant's vaults. Changes of these vaults wait until the transaction ends."""
        statement = select(col(Vault.user_id)).where(col(Vault.tenant_id) == tenant_id).with_for_update()
        return [UserId(user_id) for user_id in (await self._session.execute(statement)).scalars()]

    async def erase(self: "AdminRepository[WriteSession]", tenant_id: TenantId, data: TenantData) -> Mapping[str, int]:
        """Deletes or empties the tenant's rows as declared by the apps. Returns the numbers deleted, by name."""
        counts: Counter[str] = Counter()
        for table in data.tables:
            own = col(table.model.tenant_id) == tenant_id  # type: ignore[attr-defined]  # a column of each table here
            if isinstance(table, Erased):
                if table.first is not None:
                    await self._session.execute(text(table.first))
                result = await self._session.execute(delete(table.model).where(own))
                if table.counted_as is not None:
                    counts[table.counted_as] += result.rowcount  # type: ignore[attr-defined]  # of a DELETE it is a CursorResult
            elif table.emptied:
                await self._session.execute(update(table.model).where(own).values(**table.emptied))
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
        return (await self._session.execute(statement)).all()

    async def tenants_by_status(self) -> dict[str, int]:
        statement = select(col(Tenant.status), func.count(col(Tenant.tenant_id))).group_by(col(Tenant.status))
        counted = dict((await self._session.execute(statement)).all())
        return {status: counted.get(status, 0) for status in TenantStatus}

    async def usage(self) -> Columns:
        """Returns the usage of all tenants."""
        statement: Select[*tuple[Any, ...]] = select(
            func.count(col(Vault.tenant_id)).label("vaults"),
            func.coalesce(func.sum(col(Vault.idea_count)), 0).label("ideas"),
            func.coalesce(func.sum(col(Vault.sealed_bytes)), 0).label("sealed_bytes"),
        )
        return (await self._session.execute(statement)).one()

    async def standing(self) -> Standing:
        applied = (await self._session.scalars(MIGRATIONS)).all()
        history = () if is_known(applied) else (await self._session.execute(HISTORY_OF_MIGRATIONS)).all()
        return standing(applied, [(revision, oldest) for revision, oldest in history])

    async def _page(
        self, statement: Select[*tuple[Any, ...]], by: Sequence[Any], order: str, limit: int, offset: int
    ) -> tuple[Sequence[Columns], int]:
        ordered = statement.order_by(*(column.desc() if order == "desc" else column.asc() for column in by))
        rows = (await self._session.execute(ordered.limit(limit).offset(offset))).all()
        total = (await self._session.execute(select(func.count()).select_from(statement.subquery()))).scalar_one()
        return rows, int(total)


async def operator_with_id(session: ReadSession, operator_id: UUID) -> Operator | None:
    return (await session.execute(select(Operator).where(col(Operator.id) == operator_id))).scalar_one_or_none()


async def operator_with_key(session: ReadSession, key_id: str) -> Operator | None:
    return (await session.execute(select(Operator).where(col(Operator.key_id) == key_id))).scalar_one_or_none()


async def operators(session: ReadSession) -> Sequence[Operator]:
    return (await session.execute(select(Operator).order_by(col(Operator.created_at)))).scalars().all()


def _usage(tenant_id: TenantId | None = None) -> Subquery:
    statement = select(
        col(Vault.tenant_id),
        func.count(col(Vault.user_id)).label("vaults"),
        func.sum(col(Vault.idea_count)).label("ideas"),
        func.sum(col(Vault.sealed_bytes)).label("sealed_bytes"),
        func.max(col(Vault.key_version)).label("newest_key_version"),
        func.max(col(Vault.changed_at)).label("last_activity"),
    ).group_by(col(Vault.tenant_id))
    return (statement if tenant_id is None else statement.where(col(Vault.tenant_id) == tenant_id)).subquery()


def _tenants(usage: Subquery) -> Select[Any]:
    own = Tenant.__table__.columns  # type: ignore[attr-defined]  # SQLModel gives every table model its table
    numbers = [
        func.coalesce(usage.c[name], 0).label(name)
        for name in ("vaults", "ideas", "sealed_bytes", "newest_key_version")
    ]
    joined = select(*own, *numbers, usage.c.last_activity, col(TenantErasure.not_before).label("erasable_from"))
    return (
        joined.select_from(Tenant)
        .outerjoin(usage, usage.c.tenant_id == col(Tenant.tenant_id))
        .outerjoin(TenantErasure, col(TenantErasure.tenant_id) == col(Tenant.tenant_id))
    )


def _of_tenants(query: TenantQuery) -> list[ColumnElement[bool]]:
    given = {"status": query.status, "kind": query.kind, "realm": query.realm, "external_id": query.external_id}
    return [col(getattr(Tenant, name)) == value for name, value in given.items() if value is not None]


def _of_vaults(query: VaultQuery) -> list[ColumnElement[bool]]:
    given = {"tenant_id": query.tenant_id, "user_id": query.user_id, "key_version": query.key_version}
    return [col(getattr(Vault, name)) == value for name, value in given.items() if value is not None]
