"""Changing ideas: quickly where that will do, else at length. Either way it is committed when a method returns."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from creatorvault.ideas.quick_changes import QuickChanges
from creatorvault.ideas.schemas import IdeaCreate, IdeaUpdate
from creatorvault.ideas.services import IdeaWritingService, StoredIdea

type Transaction = Callable[[], AbstractAsyncContextManager[IdeaWritingService]]


class IdeaWriting:
    """Raises what `IdeaWritingService` raises, and what opening the vault does.

    `quick` is None where a request has to be remembered, so that it is done once.
    """

    def __init__(self, quick: QuickChanges | None, transaction: Transaction) -> None:
        self._quick = quick
        self._transaction = transaction

    async def create(self, given: IdeaCreate) -> StoredIdea:
        if self._quick and (stored := await self._quick.create(given)):
            return stored
        async with self._transaction() as ideas:
            return await ideas.create(given)

    async def replace(self, idea_id: UUID, given: IdeaCreate) -> StoredIdea:
        if self._quick and (stored := await self._quick.replace(idea_id, given)):
            return stored
        async with self._transaction() as ideas:
            return await ideas.replace(idea_id, given)

    async def change(self, idea_id: UUID, given: IdeaUpdate) -> StoredIdea:
        if self._quick and (stored := await self._quick.change(idea_id, given)):
            return stored
        async with self._transaction() as ideas:
            return await ideas.change(idea_id, given)

    async def delete(self, idea_id: UUID) -> None:
        if self._quick and await self._quick.delete(idea_id):
            return
        async with self._transaction() as ideas:
            await ideas.delete(idea_id)
