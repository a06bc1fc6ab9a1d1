"""Business rules of ideas: reading and changing them.

Every operation has one statement. It first runs alone, which is enough for nearly every request. Otherwise it runs
again in a transaction, where absence is certain and nobody else changes the vault.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import Final
from uuid import UUID

import msgspec

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.drafting import StoredIdea, changed, created, drafted, idea_tag, replaced, reverted
from creatorvault.ideas.errors import CursorInvalid, IdeaNotFound
from creatorvault.ideas.history.sealing import seal_deletion
from creatorvault.ideas.history.undo_tokens import DeletedVersion, Undo, undo_token
from creatorvault.ideas.in_doubt import InDoubtIdeas
from creatorvault.ideas.lists.pages import IdeaPage, is_about_content
from creatorvault.ideas.lookups import find_idea_to_change, open_idea, page_of_list, tag_of_list
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.schemas import IdeaCreate, IdeaQuery, IdeaResponse, IdeaUpdate
from creatorvault.ideas.sealing import IdeaSealer, SealedRow
from creatorvault.ideas.segments.growth import GrowingSegments
from creatorvault.ideas.statements.changes import (
    DELETE,
    DELETE_FORGETTING,
    GIVEN,
    INSERT,
    INSERT_AGAIN,
    UPDATE,
    UPDATE_FORGETTING,
)
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.opening import WritableVault
from creatorvault.tenants.services import VaultService
from creatorvault.tenants.statements.changes import UsageDelta, VaultChange

UNCONDITIONAL: Final = Precondition()

_given: Final[Callable[[SealedRow], tuple[object, ...]]] = attrgetter(*GIVEN)


class Creation(msgspec.Struct, frozen=True):
    """The values that storing assigns to an idea. `stamp` is 0 in results of versions without stamps."""

    id: UUID
    time: datetime
    revision: VaultRevision
    stamp: int = 0

    @property
    def tag(self) -> str:
        return idea_tag(self.stamp, self.revision)


class IdeaService:
    """The ideas of one vault, for one request. A change is committed when its method returns.

    Every method raises ServiceUnavailable and the errors of opening the vault: TenantSuspended, TenantErased,
    TenantUnknown, VaultSetBack and the alerts of keys. Changes also raise QuotaExceeded.
    """

    def __init__(
        self,
        vault: VaultService,
        search: Callable[[], ContentSearch],
        budget: EventLoopBudget,
        in_doubt: InDoubtIdeas,
        opened: OpenedIdeas,
        growing: GrowingSegments,
        precondition: Precondition = UNCONDITIONAL,
        idempotency_key: IdempotencyKey | None = None,
    ) -> None:
        self._vault = vault
        self._search = search
        self._budget = budget
        self._in_doubt = in_doubt
        self._opened = opened
        self._growing = growing
        self._precondition = precondition
        self._idempotency_key = idempotency_key

    async def get(self, idea_id: UUID) -> StoredIdea:
        """Raises IdeaNotFound, and the alerts of `OpenedIdeas`."""
        return await self._vault.read(partial(open_idea, idea_id, self._opened))

    async def tag(self, query: IdeaQuery) -> str:
        """Returns the current entity tag of the page. Raises CursorInvalid, as the page itself would."""
        return await self._vault.read(partial(tag_of_list, query), CursorInvalid)

    async def page(self, query: IdeaQuery) -> IdeaPage:
        """Returns a page and a total of the same snapshot.

        Raises CursorInvalid, VaultMismatch, the alerts of `OpenedIdeas`, and those of `ContentSearch.page` for a query
        about content.
        """
        if is_about_content(query):
            return await self._search().page(query)
        read = partial(page_of_list, query, self._opened, TimeSlice(self._budget))
        return await self._vault.read(read, CursorInvalid)

    async def create(self, given: IdeaCreate) -> StoredIdea:
        """Stores a new idea.

        A repeated request with the same idempotency key gets the same response and changes nothing. A request that
        equals one whose commit is in doubt is treated as the same idea.
        """
        if self._idempotency_key is not None:
            return await self._create_once(given, self._idempotency_key)
        user_id = self._vault.id.user_id
        doubt = self._in_doubt.about(self._vault.id, given)
        idea = drafted(given, user_id) if doubt is None else created(given, user_id, doubt.id, doubt.created_at)
        try:
            if doubt is None:
                creation = await self._vault.write(partial(self._insert, idea))
                return StoredIdea(idea, creation.tag)
            return await self._create_if_missing(idea)
        except ServiceUnavailable:
            self._in_doubt.remember(self._vault.id, given, idea)
            raise

    async def replace(self, idea_id: UUID, given: IdeaCreate) -> StoredIdea:
        """Resets omitted optional fields to their defaults. Raises IdeaNotFound, then PreconditionFailed."""
        return await self._vault.write(partial(self._change, idea_id, lambda idea: replaced(idea, given)), idea_id)

    async def change(self, idea_id: UUID, given: IdeaUpdate) -> StoredIdea:
        """If no field changes, the row, its time and the vault's revision stay the same. Raises as `replace`."""
        return await self._vault.write(partial(self._change, idea_id, lambda idea: changed(idea, given)), idea_id)

    async def revert(self, idea_id: UUID, earlier: IdeaResponse) -> StoredIdea:
        """Gives the idea the content of an earlier version. Otherwise as `change`."""
        return await self._vault.write(partial(self._change, idea_id, lambda idea: reverted(idea, earlier)), idea_id)

    async def take_over(self, idea: IdeaResponse) -> StoredIdea:
        """Replaces the idea with this id by one whose times come from another service. Raises as `replace`.

        The time of the last change is that of the vault, too. The time of the creation must be the stored one.
        """
        return await self._vault.write(partial(self._change, idea.id, lambda _: idea), idea.id)

    async def delete(self, idea_id: UUID) -> str | None:
        """Returns the token that undoes it, None if the idea was not moved to the trash. Raises as `replace`."""
        return await self._vault.write(partial(self._delete, idea_id), idea_id)

    async def _create_once(self, given: IdeaCreate, key: IdempotencyKey) -> StoredIdea:
        request = given.model_dump_json().encode()
        async with self._vault.transaction(key.claim) as vault:
            earlier = await key.replay(vault.session, vault.cipher, request, Creation)
            if earlier is not None:
                idea = created(given, vault.id.user_id, earlier.id, earlier.time)
                return StoredIdea(idea, earlier.tag)
            idea = drafted(given, vault.id.user_id)
            creation = await self._insert(idea, vault)
            await key.store(vault.session, vault.cipher, request, creation)
            return StoredIdea(idea, creation.tag)

    async def _create_if_missing(self, idea: IdeaResponse) -> StoredIdea:
        """Reads first: reading works even when nothing can be committed, such as while a standby is unavailable."""
        try:
            return await self.get(idea.id)
        except IdeaNotFound:
            pass
        async with self._vault.transaction() as vault:
            try:
                return await open_idea(idea.id, self._opened, vault)
            except IdeaNotFound:
                return StoredIdea(idea, (await self._insert(idea, vault, INSERT_AGAIN)).tag)

    async def _change(
        self, idea_id: UUID, change: Callable[[IdeaResponse], IdeaResponse], vault: WritableVault
    ) -> StoredIdea:
        found = await find_idea_to_change(idea_id, self._vault.default_retention_days, vault)
        before = self._opened.idea(found.vault, found.row)
        self._precondition.check(found.tag, lambda: before)
        idea = change(before)
        if idea is before:
            return StoredIdea(before, found.tag)
        old, keeps = found.row, found.keeps
        row = IdeaSealer.of(found.vault.cipher).seal(idea, old.next_position(kept=keeps))
        given = (*_given(row), old.stamp) if keeps else (*_given(row), old.stamp, found.forgotten)
        usage = UsageDelta(ideas=0, sealed_bytes=row.size - (0 if keeps else old.size + found.forgotten))
        statement = UPDATE if keeps else UPDATE_FORGETTING
        update = VaultChange(statement, usage, row.stamp ^ old.stamp, idea.updated_at, given, keeps)
        revision = await vault.apply(update, found.vault.cipher)
        self._growing.stored(vault.id, found.vault.cipher, revision, row.stamp, idea)
        return StoredIdea(idea, idea_tag(row.stamp, revision))

    async def _delete(self, idea_id: UUID, vault: WritableVault) -> str | None:
        found = await find_idea_to_change(idea_id, self._vault.default_retention_days, vault)
        self._precondition.check(found.tag, lambda: self._opened.idea(found.vault, found.row))
        old, now = found.row, datetime.now(UTC)
        last: object
        if found.keeps:
            statement, last = DELETE, seal_deletion(found.vault.cipher, old, now)
            usage = UsageDelta(ideas=-1, sealed_bytes=0, trashed=1)
        else:
            statement, last = DELETE_FORGETTING, found.forgotten
            usage = UsageDelta(ideas=-1, sealed_bytes=-old.size - found.forgotten)
        deletion = VaultChange(statement, usage, old.stamp, now, (idea_id, old.stamp, last), found.keeps)
        revision = await vault.apply(deletion, found.vault.cipher)
        self._growing.deleted(vault.id, revision, idea_id.bytes)
        return undo_token(found.vault.cipher, Undo(now, [DeletedVersion(idea_id, old.stamp)])) if found.keeps else None

    async def _insert(self, idea: IdeaResponse, vault: WritableVault, statement: str = INSERT) -> Creation:
        cipher = vault.cipher
        creation = await _insert(idea, vault, statement)
        self._growing.stored(vault.id, cipher, creation.revision, creation.stamp, idea)
        return creation


async def _insert(idea: IdeaResponse, vault: WritableVault, statement: str) -> Creation:
    cipher = vault.cipher
    row = IdeaSealer.of(cipher).seal(idea)
    usage = UsageDelta(ideas=1, sealed_bytes=row.size)
    insertion = VaultChange(statement, usage, row.stamp, row.created_at, _given(row))
    return Creation(idea.id, idea.created_at, await vault.apply(insertion, cipher), row.stamp)
