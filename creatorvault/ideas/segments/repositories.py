"""The segments of one vault."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from sqlalchemy import BigInteger, bindparam
from sqlmodel import col

from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, computing
from creatorvault.core.identifiers import VaultId
from creatorvault.ideas.models import IdeaSegment
from creatorvault.ideas.search.cache import BEGINNING
from creatorvault.ideas.segments.sealing import Segment, Span
from creatorvault.tenants.repositories import vault_scope

SPAN: Final = (
    col(IdeaSegment.first_revision),
    col(IdeaSegment.last_revision),
    col(IdeaSegment.ideas),
    col(IdeaSegment.folding),
)
SEGMENTS_AT_ONCE: Final = 16


class SegmentRepository(ScopedRepository[IdeaSegment]):
    """Only reads: `segments.writer` writes."""

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
