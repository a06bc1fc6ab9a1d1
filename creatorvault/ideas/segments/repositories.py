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
        """Returns the spans, ordered by first revision."""
        statement = self.columns(*SPAN).order_by(col(IdeaSegment.first_revision))
        return [Span(*row) for row in (await self.session.execute(statement)).all()]

    async def all(self) -> AsyncGenerator[Sequence[Segment]]:
        """Yields batches, ordered by first revision. The database reads the next one while the caller computes.

        Each batch is one statement, since a stream fetches fifty rows at once, and these rows are large. The caller's
        time with a batch is not counted as waiting for the database. The session must not be used for anything else
        before the end. Closing the generator early waits for the current statement.
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
