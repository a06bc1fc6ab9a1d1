"""The SQL of ideas, always within one vault."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    LargeBinary,
    Row,
    bindparam,
    delete,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, WriteSession, computing
from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.ideas.models import Idea, IdeaSegment
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.search.blocks import ID_BYTES
from creatorvault.ideas.search.cache import BEGINNING
from creatorvault.ideas.search.ordering import Place
from creatorvault.ideas.segments.sealing import Gap, Segment, Span
from creatorvault.tenants.repositories import vault_scope

READ: Final = (
    col(Idea.id),
    col(Idea.title),
    col(Idea.notes),
    col(Idea.tags),
    col(Idea.stage),
    col(Idea.priority),
    col(Idea.due_date),
    col(Idea.created_at),
    col(Idea.updated_at),
    col(Idea.revision),
)
SPAN: Final = (
    col(IdeaSegment.first_revision),
    col(IdeaSegment.last_revision),
    col(IdeaSegment.ideas),
    col(IdeaSegment.folding),
)
BATCH: Final = 256
IDS_AT_ONCE: Final = 2**14
SEGMENTS_AT_ONCE: Final = 16

type IdeaRow = Row[Any]


class Counted(NamedTuple):
    """`matches` of a filter among all `rows` of the vault."""

    matches: int
    rows: int


class Removed(NamedTuple):
    """`size` is what its three ciphertexts had, in bytes."""

    revision: VaultRevision
    size: int


class IdeaRepository[SessionT: ReadSession = ReadSession](ScopedRepository[Idea, SessionT]):
    model_type = Idea

    def __init__(self, session: SessionT, vault: VaultId) -> None:
        super().__init__(session, vault_scope(Idea, vault))
        self.vault = vault

    async def row(self, idea_id: UUID) -> IdeaRow | None:
        statement = self.columns(*READ).where(col(Idea.id) == idea_id)
        row: IdeaRow | None = (await self.session.execute(statement)).one_or_none()
        return row

    async def entity(self, idea_id: UUID) -> Idea | None:
        return (await self.session.execute(self.statement.where(col(Idea.id) == idea_id))).scalar_one_or_none()

    async def page(self, query: IdeaQuery, limit: int, after: Place | None) -> Sequence[IdeaRow]:
        """The rows that offset, sort and order select. Search, tags and title order need the corpus instead."""
        statement = (
            self.columns(*READ)
            .where(*_filters(query), *_beyond(query, after))
            .order_by(*_ordering(query))
            .limit(limit)
            .offset(query.offset)
        )
        rows: Sequence[IdeaRow] = (await self.session.execute(statement)).all()
        return rows

    async def counted(self, query: IdeaQuery) -> Counted:
        """In one pass: matches alone would not tell that rows are missing."""
        matches = func.count().filter(*filters) if (filters := _filters(query)) else func.count()
        return Counted(*(await self.session.execute(self.columns(matches, func.count()))).one())

    def changed_within(self, gap: Gap) -> AsyncGenerator[Sequence[IdeaRow]]:
        """Rows last changed at revisions in the gap, oldest change first, in batches."""
        statement = (
            self.columns(*READ)
            .where(col(Idea.revision) > gap.after, col(Idea.revision) < gap.before)
            .order_by(col(Idea.revision))
        )
        return self.in_batches(statement, BATCH)

    async def rows_in(self, gaps: Sequence[Gap]) -> list[tuple[Gap, int]]:
        """How many ideas were last changed at revisions in each of them; gaps without any are left out."""
        # One argument for each end of all: a statement has room for 32,767.
        ends = [literal([getattr(gap, end) for gap in gaps], ARRAY(BigInteger)) for end in Gap._fields]
        gap = func.unnest(*ends).table_valued(*Gap._fields, name="gap").render_derived()
        within = (col(Idea.revision) > gap.c.after, col(Idea.revision) < gap.c.before)
        rows = self.columns(func.count()).where(*within).correlate(gap).scalar_subquery()
        found = (await self.session.execute(select(gap.c.after, gap.c.before, rows))).all()
        return [(Gap(after, before), count) for after, before, count in found if count]

    async def packed_ids(self) -> AsyncGenerator[bytes]:
        """The ids of all ideas in order, 16 bytes each, many at once.

        As rows they would take the driver ten times as long. They are read from the primary key alone, where PostgreSQL
        knows by the visibility map that it need not look at the rows.
        """
        after = UUID(int=0)
        while True:
            statement = self.columns(col(Idea.id)).where(col(Idea.id) >= after).order_by(col(Idea.id))
            some = statement.limit(IDS_AT_ONCE).subquery()
            packed = func.string_agg(
                func.uuid_send(some.c.id), aggregate_order_by(literal(b""), some.c.id), type_=LargeBinary
            )
            ids: bytes = (await self.session.execute(select(packed))).scalar_one() or b""
            with computing(self.session):
                yield ids
            if len(ids) < IDS_AT_ONCE * ID_BYTES:
                return
            after = UUID(int=int.from_bytes(ids[-ID_BYTES:]) + 1)

    async def insert(self: "IdeaRepository[WriteSession]", values: dict[str, Any]) -> None:
        await self.add(Idea(tenant_id=self.vault.tenant_id, user_id=self.vault.user_id, **values))

    async def remove(self: "IdeaRepository[WriteSession]", idea_id: UUID) -> Removed | None:
        """None if there was no such idea."""
        title, notes, tags = (
            func.octet_length(column) for column in (col(Idea.title), col(Idea.notes), col(Idea.tags))
        )
        statement = (
            delete(Idea).where(self.scope, col(Idea.id) == idea_id).returning(col(Idea.revision), title + notes + tags)
        )
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else Removed(*row)


class SegmentRepository(ScopedRepository[IdeaSegment]):
    """Only reads: `ideas.segments.writer` writes."""

    model_type = IdeaSegment

    def __init__(self, session: ReadSession, vault: VaultId) -> None:
        super().__init__(session, vault_scope(IdeaSegment, vault))

    async def spans(self) -> Sequence[Span]:
        """In the order of their first revisions."""
        statement = self.columns(*SPAN).order_by(col(IdeaSegment.first_revision))
        return [Span(*row) for row in (await self.session.execute(statement)).all()]

    async def all(self) -> AsyncGenerator[Sequence[Segment]]:
        """In batches, in the order of their first revisions. The database reads the next one while the caller computes.

        One statement for each batch: of a stream, the driver fetches fifty rows at once, and these are large. What the
        caller does with a batch is not counted as waiting for the database. Nothing else may be asked of the session
        before the end; who leaves earlier waits for the batch that is under way.
        """
        first, after = col(IdeaSegment.first_revision), bindparam("after", type_=BigInteger)
        columns = self.columns(*SPAN, col(IdeaSegment.sealed))
        statement = columns.where(first > after).order_by(first).limit(SEGMENTS_AT_ONCE)
        ahead = asyncio.create_task(self.session.execute(statement, {"after": BEGINNING}))
        try:
            follows = True
            while follows:
                rows = (await ahead).all()
                if follows := len(rows) == SEGMENTS_AT_ONCE:
                    after_these = {"after": rows[-1].first_revision}
                    ahead = asyncio.create_task(self.session.execute(statement, after_these))
                with computing(self.session):
                    yield [Segment(Span(*span), sealed) for *span, sealed in rows]
        finally:
            await asyncio.gather(ahead, return_exceptions=True)


def is_filtered(query: IdeaQuery) -> bool:
    return bool(query.stage or query.priority)


def _filters(query: IdeaQuery) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.stage:
        filters.append(col(Idea.stage).in_({STAGE_RANK[stage] for stage in query.stage}))
    if query.priority:
        filters.append(col(Idea.priority).in_({PRIORITY_RANK[priority] for priority in query.priority}))
    return filters


def _beyond(query: IdeaQuery, after: Place | None) -> list[ColumnElement[bool]]:
    """As one comparison of rows, which an index in their order begins at."""
    if after is None:
        return []
    key, place = tuple_(col(getattr(Idea, query.sort)), col(Idea.id)), tuple_(*after)
    return [key < place if query.order == "desc" else key > place]


def _ordering(query: IdeaQuery) -> list[ColumnElement[Any]]:
    """Ends in the id; descending is the exact reverse of ascending."""
    columns: list[Any] = [col(getattr(Idea, query.sort)), col(Idea.id)]
    return [column.desc() if query.order == "desc" else column.asc() for column in columns]
