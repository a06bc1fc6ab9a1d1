"""Statements for one tenant's chain, and for all chains as an operator."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from advanced_alchemy.filters import BeforeAfter, OnBeforeAfter
from sqlalchemy import Row, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import load_only
from sqlmodel import col

from creatorvault.audit.chain import BEGINNING
from creatorvault.audit.models import AuditEvent, AuditHead, AuditKey
from creatorvault.audit.schemas import AuditQuery
from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.http.paging import ListQuery
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
BATCH: Final = 512

type EventColumns = Row[Any]


class EventPlace(NamedTuple):
    """Where an event stands in a list: the columns of its order, all descending."""

    happened_at: datetime
    tenant_id: UUID
    sequence: int


class EventsWanted(NamedTuple):
    """Events before `until`, that match the other fields unless they are None."""

    until: datetime
    since: datetime | None = None
    actor: str | None = None
    verb: str | None = None


class AuditEventRepository(ScopedRepository[AuditEvent]):
    """The events of a tenant, or of all, as far as the login may see them: the runtime login sees only its tenant's."""

    model_type = AuditEvent
    loader_options = [load_only(*READ, raiseload=True)]

    def __init__(self, session: ReadSession, tenant_id: UUID | None = None) -> None:
        super().__init__(session, true() if tenant_id is None else col(AuditEvent.tenant_id) == tenant_id)

    async def page_about(
        self, user_id: str, query: ListQuery, after: EventPlace | None
    ) -> tuple[Sequence[AuditEvent], int]:
        """Returns the events that name the user as their target, the newest first, and how many there are."""
        about = col(AuditEvent.targets)["user_id"].as_string() == user_id
        return await self.descending(EventPlace._fields, after, query.rows_wanted, query.offset, about)

    async def page(self, query: AuditQuery, after: EventPlace | None) -> tuple[Sequence[AuditEvent], int]:
        """The newest first, and how many there are on all pages."""
        return await self.descending(
            EventPlace._fields,
            after,
            query.rows_wanted,
            query.offset,
            OnBeforeAfter("happened_at", on_or_before=None, on_or_after=query.since),
            BeforeAfter("happened_at", before=query.until, after=None),
            **query.model_dump(include={"actor", "verb"}, exclude_none=True),
        )

    async def following(self, filters: EventsWanted, after: EventPlace | None, limit: int) -> Sequence[EventColumns]:
        """Returns at most `limit` rows with the columns READ, the oldest first, after a place."""
        places = [getattr(AuditEvent, name) for name in EventPlace._fields]
        statement = self.columns(*READ).order_by(*places).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(*places) > tuple_(*after))
        if filters.actor is not None:
            statement = statement.where(col(AuditEvent.actor) == filters.actor)
        if filters.verb is not None:
            statement = statement.where(col(AuditEvent.verb) == filters.verb)
        if filters.since is not None:
            statement = statement.where(col(AuditEvent.happened_at) >= filters.since)
        statement = statement.where(col(AuditEvent.happened_at) < filters.until)
        found: Sequence[EventColumns] = (await self.session.execute(statement)).all()
        return found


class AuditRepository:
    def __init__(self, session: WriteSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

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
