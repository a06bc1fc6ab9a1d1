"""SQL of operators, across all tenants: only metadata, since their login is granted nothing else."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    delete,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import load_only
from sqlmodel import col

from creatorvault.admin.models import TenantErasure
from creatorvault.admin.queries import TenantQuery, VaultQuery
from creatorvault.admin.schemas import RootKeyResponse, TenantResponse
from creatorvault.admin.statements.overview import ROOT_KEYS
from creatorvault.admin.statements.tenants import (
    FEW,
    FIGURES,
    FILTERS,
    LOOKUPS,
    POSITION,
    by_creation,
    by_total,
    count_of,
)
from creatorvault.admin.statements.totals import BEGIN_EMPTY
from creatorvault.core.database.migrations import APPLIED, HISTORY, Standing, is_known, standing
from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, WriteSession, run
from creatorvault.core.database.tenant_data import Erased, TenantData
from creatorvault.core.identifiers import TenantId, UserId
from creatorvault.erasure.repositories import erase_rows
from creatorvault.tenants.models import Tenant, TenantStatus, Vault, hour_of
from creatorvault.tenants.resolution import TenantName

READABLE: Final[tuple[Any, ...]] = (
    col(Vault.tenant_id),
    col(Vault.user_id),
    col(Vault.status),
    col(Vault.revision),
    col(Vault.idea_count),
    col(Vault.sealed_bytes),
    col(Vault.key_version),
    col(Vault.created_at),
    col(Vault.changed_at),
)
MIGRATIONS: Final = text(APPLIED)
HISTORY_OF_MIGRATIONS: Final = text(HISTORY)

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

type Columns = Row[Any]


class OfAllTenants[ModelT: Any, SessionT: ReadSession = ReadSession](ScopedRepository[ModelT, SessionT]):
    """Rows without a scope: of the two locks operators have the second, grants and policies of their login."""

    def __init__(self, session: SessionT) -> None:
        super().__init__(session, true())


type TenantPlace = tuple[datetime | int, UUID]
"""Where a tenant stands in a list: the value by which it is sorted, and its id."""


class ListedTenant(NamedTuple):
    """`value` is that by which the tenant is sorted. It may be one that the response does not show."""

    tenant: TenantResponse
    value: datetime | int


class VaultPlace(NamedTuple):
    """Where a vault stands in a list."""

    changed_at: datetime
    tenant_id: UUID
    user_id: str


class TenantFiguresRepository:
    """Tenants with sums over their vaults, by the statements of `statements.tenants`."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def page(self, query: TenantQuery, after: TenantPlace | None) -> tuple[Sequence[ListedTenant], int]:
        """Returns a page in the requested order, and the total number."""
        given = _given(query)
        names, values, beyond = tuple(given), given.values(), after is not None
        [(total,)] = await run(self._session, count_of(names), *values)
        arguments: list[object] = [query.rows_wanted, query.offset, *values, *(after or ())]
        if query.sort != "created_at":
            await run(self._session, LOOKUPS)
            statement = by_total(query.sort, query.order, names, few=total <= FEW, beyond=beyond)
            rows = await run(self._session, statement, *await self._position(), *arguments)
            return [ListedTenant(_tenant(row[:-1]), row[-1]) for row in rows], total
        rows = await run(self._session, by_creation(query.order, names, beyond=beyond), *arguments)
        figures = {tenant.tenant_id: tenant for tenant in await self._figures([tenant_id for tenant_id, _ in rows])}
        return [ListedTenant(figures[tenant_id], created_at) for tenant_id, created_at in rows], total

    async def one_or_none(self, tenant_id: TenantId) -> TenantResponse | None:
        return next(iter(await self._figures([tenant_id])), None)

    async def _figures(self, ids: Sequence[UUID]) -> Sequence[TenantResponse]:
        return [_tenant(row) for row in await run(self._session, FIGURES, *await self._position(), ids)]

    async def _position(self) -> Sequence[Any]:
        [position] = await run(self._session, POSITION)
        return position


def _given(query: TenantQuery) -> dict[str, str]:
    """Returns what is filtered by, and the values."""
    given: dict[str, str] = query.model_dump(include={*FILTERS}, exclude_none=True)
    if query.q:
        given["begins_or_is" if _ID.fullmatch(query.q) else "begins"] = query.q
    return given


def _tenant(row: Sequence[Any]) -> TenantResponse:
    return TenantResponse(**dict(zip(TenantResponse.__struct_fields__, row, strict=True)))


class VaultFiguresRepository(OfAllTenants[Vault]):
    """Vaults, with the columns that the operators' login may read."""

    model_type = Vault
    loader_options = [load_only(*READABLE, raiseload=True)]

    async def page(self, query: VaultQuery, after: VaultPlace | None) -> tuple[Sequence[Vault], int]:
        """Returns a page, most recently changed first, and the total number. An index has the order by hours."""
        return await self.descending(
            ("changed_hour", *VaultPlace._fields),
            None if after is None else (hour_of(after.changed_at), *after),
            query.rows_wanted,
            query.offset,
            *(() if not query.q else (col(Vault.user_id).op("^@")(query.q),)),
            **query.model_dump(include={"tenant_id", "user_id", "key_version"}, exclude_none=True),
        )


class AdminRepository[SessionT: ReadSession = ReadSession](OfAllTenants[Tenant, SessionT]):
    """Tenants, and what operators change of them."""

    model_type = Tenant

    async def locked(self: "AdminRepository[WriteSession]", tenant_id: TenantId) -> Tenant | None:
        """Locks the tenant until the transaction ends; its creators are not blocked. None if missing or erased."""
        return await self.get_one_or_none(tenant_id=tenant_id, with_for_update={"key_share": True})

    async def create(self: "AdminRepository[WriteSession]", name: TenantName) -> bool:
        """Returns False if the tenant already exists."""
        row = Tenant(tenant_id=name.id, kind=name.kind, realm=name.realm, external_id=name.external_id)
        statement = insert(Tenant).values(row.model_dump()).on_conflict_do_nothing().returning(col(Tenant.tenant_id))
        created = (await self.session.execute(statement)).scalar_one_or_none() is not None
        if created:
            await run(self.session, BEGIN_EMPTY, name.id, row.created_at)
        return created

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
            deleted = await erase_rows(self.session, table, own)
            if isinstance(table, Erased) and table.counted_as is not None:
                counts[table.counted_as] += deleted
        return counts

    async def root_keys(self) -> Sequence[RootKeyResponse]:
        """Returns what each root key wraps: keys of vaults, and the key of the audit log."""
        rows = await run(self.session, ROOT_KEYS)
        return [RootKeyResponse(**dict(zip(RootKeyResponse.__struct_fields__, row, strict=True))) for row in rows]

    async def tenants_by_status(self) -> dict[str, int]:
        """Counts all, and by status only those that are not active, which an index finds."""
        others = [status for status in TenantStatus if status != TenantStatus.ACTIVE]
        grouped = select(col(Tenant.status), func.count()).where(col(Tenant.status).in_(others))
        counted = dict((await self.session.execute(grouped.group_by(col(Tenant.status)))).all())
        total: int = (await self.session.execute(select(func.count()).select_from(Tenant))).scalar_one()
        active: dict[str, int] = {TenantStatus.ACTIVE: total - sum(counted.values())}
        return active | {status: counted.get(status, 0) for status in others}

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
