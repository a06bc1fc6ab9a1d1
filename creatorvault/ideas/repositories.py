"""Reads all ideas of a vault. Single ideas and pages are read by `statements/`."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    LargeBinary,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import ReadSession, computing
from creatorvault.core.database.statements import Row
from creatorvault.core.database.streams import batches_of_rows
from creatorvault.core.identifiers import VaultId
from creatorvault.ideas.models import Idea
from creatorvault.ideas.search.blocks import ID_BYTES
from creatorvault.ideas.segments.sealing import Gap
from creatorvault.ideas.statements.content import CHANGED_WITHIN
from creatorvault.tenants.repositories import vault_scope

BATCH: Final = 256
IDS_AT_ONCE: Final = 2**14


class IdeaRepository(ScopedRepository[Idea]):
    model_type = Idea

    def __init__(self, session: ReadSession, vault: VaultId) -> None:
        super().__init__(session, vault_scope(Idea, vault))
        self.vault = vault

    def changed_within(self, gap: Gap) -> AsyncGenerator[Sequence[Row]]:
        """Rows last changed at revisions in the gap, oldest change first, in batches. Columns as in IdeaColumns."""
        vault = self.vault
        return batches_of_rows(self.session, BATCH, CHANGED_WITHIN, str(vault.tenant_id), vault.user_id, *gap)

    async def rows_in(self, gaps: Sequence[Gap]) -> list[tuple[Gap, int]]:
        """Returns the gaps that contain ideas, by revision of the last change, with the number of ideas in each."""
        # One array for the start and one for the end of all gaps: a statement is limited to 32,767 arguments.
        ends = [literal([getattr(gap, end) for gap in gaps], ARRAY(BigInteger)) for end in Gap._fields]
        gap = func.unnest(*ends).table_valued(*Gap._fields, name="gap").render_derived()
        within = (col(Idea.revision) > gap.c.after, col(Idea.revision) < gap.c.before)
        rows = self.columns(func.count()).where(*within).correlate(gap).scalar_subquery()
        found = (await self.session.execute(select(gap.c.after, gap.c.before, rows))).all()
        return [(Gap(after, before), count) for after, before, count in found if count]

    async def packed_ids(self) -> AsyncGenerator[bytes]:
        """Yields the ids of all ideas in order, 16 bytes each, in large batches.

        As rows they would take the driver ten times as long. PostgreSQL reads them by an index-only scan of the primary
        key where the visibility map allows it.
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
