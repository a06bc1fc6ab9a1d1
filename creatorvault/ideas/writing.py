"""Changing ideas: quickly where that will do, else at length. Either way it is committed when a method returns."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultId
from creatorvault.ideas.in_doubt import InDoubtIdeas
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse, IdeaUpdate
from creatorvault.ideas.services import IdeaWritingService, StoredIdea, created, drafted
from creatorvault.ideas.statements.changes import QuickChanges
from creatorvault.ideas.statements.reads import IdeaGlances

type Transaction = Callable[[], AbstractAsyncContextManager[IdeaWritingService]]


class IdeaWriting:
    """Raises what `IdeaWritingService` raises, and what opening the vault does.

    `quick` is None where a request has to be remembered, so that it is done once.
    """

    def __init__(
        self,
        vault: VaultId,
        statements: IdeaGlances,
        quick: QuickChanges | None,
        transaction: Transaction,
        doubts: InDoubtIdeas,
    ) -> None:
        self._vault = vault
        self._glances = statements
        self._quick = quick
        self._transaction = transaction
        self._doubts = doubts

    async def create(self, given: IdeaCreate) -> StoredIdea:
        doubt = self._doubts.about(self._vault, given) if self._quick else None
        if doubt is None:
            idea = drafted(given, self._vault.user_id)
        else:
            idea = created(given, self._vault.user_id, doubt.id, doubt.created_at)
        try:
            return await (self._create(given, idea) if doubt is None else self._create_once(idea))
        except ServiceUnavailable:
            self._doubts.remember(self._vault, given, idea)
            raise

    async def _create(self, given: IdeaCreate, idea: IdeaResponse) -> StoredIdea:
        if self._quick and (stored := await self._quick.create(idea)):
            return stored
        async with self._transaction() as ideas:
            return await ideas.create(given, idea)

    async def _create_once(self, idea: IdeaResponse) -> StoredIdea:
        """Reading comes first: it answers also where nothing can be committed, as while a standby is away."""
        if (stored := await self._glances.get(idea.id)) is not None:
            return stored
        async with self._transaction() as ideas:
            return await ideas.create_once(idea)

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
