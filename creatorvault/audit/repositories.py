"""Statements for one tenant's chain, and for all chains as an operator."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from creatorvault.audit.chain import BEGINNING
from creatorvault.audit.models import AuditEvent, AuditHead, AuditKey
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.identifiers import TenantId

READ: Final[tuple[Any, ...]] = (
    col(AuditEvent.tenant_id),
    col(AuditEvent.sequence),
    col(AuditEvent.happened_at),
    col(AuditEvent.actor),
    col(AuditEvent.verb),
    col(AuditEvent.targets),
    col(AuditEvent.address),
    col(AuditEvent.outcome),
)
LINKS: Final[tuple[Any, ...]] = (*READ, col(AuditEvent.previous), col(AuditEvent.digest))
ENTER: Final = text("SELECT set_config('app.tenant_id', :tenant_id, true)")
BATCH: Final = 512

type EventColumns = Row[Any]


class Search(Struct, frozen=True, kw_only=True):
    """Filters of events, combined with AND. The newest come first."""

    tenant_id: UUID | None = None
    actor: str | None = None
    verb: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 20
    offset: int = 0


class AuditRepository:
    def __init__(self, session: WriteSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def enter(self) -> None:
        """Sets the tenant context of the transaction, if it is not set yet."""
        await self._session.execute(ENTER, {"tenant_id": str(self._tenant_id)})

    async def locked_head(self) -> AuditHead:
        """Locks the head until the transaction ends; creates it on first use. Requires READ COMMITTED: it may wait."""
        row = AuditHead(tenant_id=self._tenant_id, sequence=0, digest=BEGINNING)
        await self._session.execute(insert(AuditHead).values(row.model_dump()).on_conflict_do_nothing())
        statement = select(AuditHead).where(col(AuditHead.tenant_id) == self._tenant_id).with_for_update()
        head: AuditHead = (
            await self._session.execute(statement, execution_options={"populate_existing": True})
        ).scalar_one()
        return head

    async def append(self, head: AuditHead, event: AuditEvent) -> None:
        """Inserts the event first: the database allows a head to move only to the event that follows it."""
        self._session.add(event)
        await self._session.flush()
        head.sequence = event.sequence
        head.digest = event.digest
        await self._session.flush()


async def wrapped_key(session: ReadSession, version: int) -> Row[str, bytes] | None:
    """The root key's id and the wrap, or None if there is no such key."""
    statement = select(col(AuditKey.root_key_id), col(AuditKey.wrapped)).where(col(AuditKey.version) == version)
    return (await session.execute(statement)).one_or_none()


async def add_key_if_missing(session: WriteSession, key: AuditKey) -> None:
    """Needs the owner of the table."""
    await session.execute(insert(AuditKey).values(key.model_dump()).on_conflict_do_nothing())


async def events(session: ReadSession, search: Search) -> Sequence[EventColumns]:
    """As far as the login may see them: the runtime login its tenant's, the operators' all."""
    statement = (
        select(*READ)
        .where(*_filters(search))
        .order_by(col(AuditEvent.happened_at).desc(), col(AuditEvent.tenant_id), col(AuditEvent.sequence).desc())
        .limit(search.limit)
        .offset(search.offset)
    )
    return (await session.execute(statement)).all()


async def total(session: ReadSession, search: Search) -> int:
    statement = select(func.count(col(AuditEvent.tenant_id))).where(*_filters(search))
    return int((await session.execute(statement)).scalar_one())


async def heads(session: ReadSession) -> Sequence[AuditHead]:
    """Of all tenants, for an operator."""
    return (await session.execute(select(AuditHead).order_by(col(AuditHead.tenant_id)))).scalars().all()


async def links(session: ReadSession) -> AsyncGenerator[EventColumns]:
    """Every event of every tenant, for an operator: chain after chain, each from its beginning."""
    statement = select(*LINKS).order_by(col(AuditEvent.tenant_id), col(AuditEvent.sequence))
    result = await session.stream(statement, execution_options={"yield_per": BATCH})
    async for partition in result.partitions():
        for row in partition:
            yield row


def _filters(search: Search) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if search.tenant_id is not None:
        filters.append(col(AuditEvent.tenant_id) == search.tenant_id)
    if search.actor is not None:
        filters.append(col(AuditEvent.actor) == search.actor)
    if search.verb is not None:
        filters.append(col(AuditEvent.verb) == search.verb)
    if search.since is not None:
        filters.append(col(AuditEvent.happened_at) >= search.since)
    if search.until is not None:
        filters.append(col(AuditEvent.happened_at) < search.until)
    return filters
