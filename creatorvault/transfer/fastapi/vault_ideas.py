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


class StoredVersion(NamedTuple):
    """`idea` is None if it cannot be opened."""

    stamp: int
    idea: IdeaResponse | None


class Seen(NamedTuple):
    """Of one snapshot: the ideas that are stored, and the stamps of the versions that were imported."""

    stored: Mapping[UUID, StoredVersion]
    imported: Mapping[UUID, int]


class VaultIdeas:
    def __init__(self, target: Target, vault: VaultService, budget: EventLoopBudget) -> None:
        self.vault = vault
        self._target = target
        self._budget = budget
        self._scope = str(vault.id.tenant_id), vault.id.user_id

    async def seen(self, ids: Sequence[UUID]) -> Seen:
        """Opens the ideas. Raises as `VaultService.snapshot`."""
        slices = TimeSlice(self._budget)
        async with self.vault.snapshot() as snapshot:
            found = await snapshot.look(SOME, ids)
            if found.vault is None:
                return Seen({}, {})
            imported = {row[0]: row[1] for row in await run(snapshot.session, REMEMBERED, *self._scope, ids)}
            stored = dict[UUID, StoredVersion]()
            with computing(snapshot.session):
                slices.restart()
                for whole in found.rows:
                    row = tuple(whole[VAULT_COLUMNS:])
                    if row[0] is None:
                        continue
                    try:
                        idea = opened(found.vault, row)
                    except Alert:
                        idea = None
                    stored[row[0]] = StoredVersion(row[STAMP], idea)
                    await slices.rest_if_over()
        return Seen(stored, imported)

    async def replace(self, idea: IdeaResponse, stamp: int) -> None:
        """Replaces the version with this stamp, as a request with If-Match. Raises as `IdeaService.replace`."""
        await self._service(stamp).take_over(idea)

    async def delete(self, idea_id: UUID, stamp: int) -> None:
        """Deletes the version with this stamp, as a request with If-Match. Raises as `IdeaService.delete`."""
        await self._service(stamp).delete(idea_id)

    async def remember_rows(self, session: WriteSession, rows: Sequence[SealedRow]) -> None:
        """In the transaction that stores them."""
        await self._remember(session, {row.id: row.stamp for row in rows})

    async def remember(self, stamps: Mapping[UUID, int], changed_at: datetime | None = None) -> None:
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

    async def _remember(self, session: WriteSession, stamps: Mapping[UUID, int]) -> None:
        await run(session, REMEMBER, *self._scope, self._target.source_id, [*stamps], [*stamps.values()])


def _no_search() -> ContentSearch:
    raise NotImplementedError
