"""The changes of one vault."""

from functools import partial

from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.sync.changes.errors import ResyncRequired, SinceInvalid
from creatorvault.sync.changes.pages import page_of_changes
from creatorvault.sync.changes.schemas import ChangeList, ChangesQuery
from creatorvault.tenants.services import VaultService


class ChangesService:
    """For one request."""

    def __init__(self, vault: VaultService, opened: OpenedIdeas, budget: EventLoopBudget) -> None:
        self._vault = vault
        self._opened = opened
        self._budget = budget

    async def page(self, query: ChangesQuery) -> ChangeList:
        """Raises SinceInvalid, ResyncRequired, VaultMismatch, the alerts of `OpenedIdeas`, and those of opening the
        vault.
        """
        read = partial(page_of_changes, query, self._opened, TimeSlice(self._budget))
        # The process may not have the key yet that another one has sealed the token with.
        return await self._vault.read(read, SinceInvalid, ResyncRequired)
