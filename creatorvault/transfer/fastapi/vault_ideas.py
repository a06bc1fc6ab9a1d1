"""Ideas of one vault as an import sees them: which it has, and which of them the import remembers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from creatorvault.core.database.sessions import WriteSession, computing, run
from creatorvault.core.errors import Alert
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.drafting import idea_tag
from creatorvault.ideas.in_doubt import InDoubtIdeas
from creatorvault.ideas.opened import OpenedIdeas, opened
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import STAMP, SealedRow
from creatorvault.ideas.segments.growth import GrowingSegments
from creatorvault.ideas.services import IdeaService
from creatorvault.ideas.statements.content import SOME
from creatorvault.tenants.services import VaultService
from creatorvault.tenants.statements.vault import VAULT_COLUMNS
from creatorvault.transfer.fastapi.statements import FORGET, REMEMBER, REMEMBERED, TOUCH
from creatorvault.transfer.fastapi.target import Target


class SeenIdea(NamedTuple):
    """`stamp` is None if the idea is not stored, `imported` is that of the version which was imported, if one was.

    `idea` is None if it is not stored, or cannot be opened.
    """

    stamp: int | None
    imported: int | None
    idea: IdeaResponse | None


class VaultIdeas:
    def __init__(self, target: Target, vault: VaultService, budget: EventLoopBudget) -> None:
        self.vault = vault
        self._target = target
        self._budget = budget
        self._scope = str(vault.id.tenant_id), vault.id.user_id

    async def seen(self, ids: Sequence[UUID]) -> Mapping[UUID, SeenIdea]:
        """Opens the ideas that are stored. Ids without anything are left out. Raises as `VaultService.snapshot`."""
        slices = TimeSlice(self._budget)
        async with self.vault.snapshot() as snapshot:
            found = await snapshot.look(SOME, ids)
            if found.vault is None:
                return {}
            imported = {row[0]: row[1] for row in await run(snapshot.session, REMEMBERED, *self._scope, ids)}
            seen = dict[UUID, SeenIdea]()
            with computing(snapshot.session):
                slices.restart()
                for whole in found.rows:
                    row = whole[VAULT_COLUMNS:]
                    if (idea_id := row[0]) is None:
                        continue
                    try:
                        idea = opened(found.vault, row)
                    except Alert:
                        idea = None
                    seen[idea_id] = SeenIdea(row[STAMP], imported.pop(idea_id, None), idea)
                    if slices.is_over:
                        await slices.rest()
        seen.update((idea_id, SeenIdea(None, stamp, None)) for idea_id, stamp in imported.items())
        return seen

    async def replace(self, idea: IdeaResponse, stamp: int) -> None:
        """Replaces the version with this stamp, as a request with If-Match. Raises as `IdeaService.replace`."""
        await self._service(stamp).take_over(idea)

    async def delete(self, idea_id: UUID, stamp: int) -> None:
        """Deletes the version with this stamp, as a request with If-Match. Raises as `IdeaService.delete`."""
        await self._service(stamp).delete(idea_id)

    async def remember_rows(self, session: WriteSession, rows: Sequence[SealedRow]) -> None:
        """In the transaction that stores them."""
        await self._remember(session, [(row.id, row.stamp) for row in rows])

    async def remember(self, stamps: Sequence[tuple[UUID, int]], changed_at: datetime | None = None) -> None:
        """`changed_at` is given if the ideas have just been changed."""
        async with self._target.vaults.database.writing(self.vault.id.tenant_id) as session:
            await self._remember(session, stamps)
            if changed_at is not None:
                await run(session, TOUCH, *self._scope, changed_at)

    async def forget(self, ids: Sequence[UUID]) -> None:
        async with self._target.vaults.database.writing(self.vault.id.tenant_id) as session:
            await run(session, FORGET, *self._scope, ids)

    def _service(self, stamp: int) -> IdeaService:
        growing, precondition = GrowingSegments(None), Precondition(idea_tag(stamp, 0))
        return IdeaService(self.vault, _no_search, self._budget, InDoubtIdeas(), OpenedIdeas(0), growing, precondition)

    async def _remember(self, session: WriteSession, stamps: Sequence[tuple[UUID, int]]) -> None:
        await run(session, REMEMBER, *self._scope, self._target.source_id, *map(list, zip(*stamps, strict=True)))


def _no_search() -> ContentSearch:
    raise NotImplementedError
