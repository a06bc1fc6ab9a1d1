"""The rules of ideas: what a creator reads, and what a change does."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.identifiers import VaultRevision, vault_ids
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.errors import IdeaNotFound
from creatorvault.ideas.lists.cursors import place_of
from creatorvault.ideas.lists.pages import (
    IdeaPage,
    about_content,
    list_tag,
    opened,
    page_of_matches,
    page_of_rows,
    rows_wanted,
)
from creatorvault.ideas.models import Idea
from creatorvault.ideas.reader import Segments, VaultReader
from creatorvault.ideas.repositories import IdeaRepository, is_filtered
from creatorvault.ideas.schemas import IdeaCreate, IdeaQuery, IdeaResponse, IdeaUpdate
from creatorvault.ideas.sealing import IdeaSealer, columns_of, sealed_size
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.search.ordering import Place
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.services import LockedVault, OpenVault

UNCONDITIONAL: Final = Precondition()
NOTHING_STORED: Final = VaultRevision(0)


class StoredIdea(msgspec.Struct, frozen=True):
    idea: IdeaResponse
    revision: VaultRevision

    @property
    def tag(self) -> str:
        return idea_tag(self.revision)


class Creation(msgspec.Struct, frozen=True):
    """What storing an idea adds to what was given."""

    id: UUID
    time: datetime
    revision: VaultRevision


class IdeaReadingService:
    """Reads one vault as a snapshot sees it; `vault` is None for a creator who has stored nothing yet."""

    def __init__(
        self,
        repository: IdeaRepository,
        vault: OpenVault | None,
        search_cache: SearchCache,
        segments: Segments | None = None,
    ) -> None:
        self._repository = repository
        self._vault = vault
        self._search_cache = search_cache
        self._segments = segments

    @property
    def revision(self) -> VaultRevision:
        return NOTHING_STORED if self._vault is None else self._vault.revision

    def tag_of(self, query: IdeaQuery) -> str:
        """Raises CursorInvalid: a list that is refused has no version that a client could have."""
        self._place_of(query)
        return list_tag(self.revision, query)

    async def get(self, idea_id: UUID) -> StoredIdea:
        """Raises IdeaNotFound, and the alarms of `opened`, as every read does."""
        row = await self._repository.row(idea_id)
        if row is None:
            raise IdeaNotFound(idea_id)
        if self._vault is None:
            raise self._mismatch()
        return StoredIdea(opened(self._vault, row), VaultRevision(row.revision))

    async def page(self, query: IdeaQuery, time_slice: TimeSlice) -> IdeaPage:
        """Total and page come from one snapshot. SQL answers unless the question is about content.

        Raises CursorInvalid, the alarms of `opened`, and VaultMismatch.
        """
        vault, after = self._vault, self._place_of(query)
        if vault is None:
            if (await self._repository.counted(query)).rows:
                raise self._mismatch()
            return IdeaPage([], 0, list_tag(NOTHING_STORED, query), UNSET if query.cursor is None else None)
        question = about_content(query, after)
        if question is None:
            return await self._page_from_rows(vault, query, after, time_slice)
        reader = VaultReader(self._repository, vault, time_slice, self._segments)
        page = await self._search_cache.page(vault.id, reader, question, time_slice)
        return page_of_matches(vault, query, page)

    def _place_of(self, query: IdeaQuery) -> Place | None:
        return place_of(query, None if self._vault is None else self._vault.cipher)

    async def _page_from_rows(
        self, vault: OpenVault, query: IdeaQuery, after: Place | None, time_slice: TimeSlice
    ) -> IdeaPage:
        """As far as all of the vault's rows are looked at for it, they have to be as many as the vault counts: for a
        filter, and at the end of a list. In the middle of one the page alone tells whether a row is missing.
        """
        filtered, wanted = is_filtered(query), rows_wanted(query)
        total = await self._matches(vault, query) if filtered else vault.idea_count
        rows = await self._repository.page(query, wanted, after) if query.offset < total else ()
        # Before rows and count are compared, since a row that does not open is the better alarm: it has an id.
        page = await page_of_rows(vault, query, rows, total, time_slice)
        if not filtered and (len(rows) < wanted or query.offset + wanted >= total):
            await self._matches(vault, query)
        return page

    async def _matches(self, vault: OpenVault, query: IdeaQuery) -> int:
        """Raises VaultMismatch."""
        matches, rows = await self._repository.counted(query)
        if rows != vault.idea_count:
            raise self._mismatch()
        return matches

    def _mismatch(self) -> VaultMismatch:
        return VaultMismatch(**vault_ids(self._repository.vault))


class IdeaWritingService:
    """Changes one vault, under its lock and in the caller's transaction."""

    def __init__(
        self,
        repository: IdeaRepository[WriteSession],
        vault: LockedVault,
        precondition: Precondition = UNCONDITIONAL,
        once: IdempotencyKey | None = None,
    ) -> None:
        self._repository = repository
        self._vault = vault
        self._precondition = precondition
        self._once = once
        self._sealer = IdeaSealer.of(vault.cipher)

    async def create(self, given: IdeaCreate, idea: IdeaResponse) -> StoredIdea:
        """Stores `idea`, which was drafted from what was given.

        A request that was done before under the same idempotency key gets the same answer and does nothing.
        """
        if self._once is None:
            return await self._create(idea)
        request, cipher = given.model_dump_json().encode(), self._vault.cipher
        if (earlier := await self._once.earlier(cipher, request, Creation)) is not None:
            return StoredIdea(created(given, self._vault.id.user_id, earlier.id, earlier.time), earlier.revision)
        stored = await self._create(idea)
        await self._once.keep(cipher, request, Creation(stored.idea.id, stored.idea.created_at, stored.revision))
        return stored

    async def _create(self, idea: IdeaResponse) -> StoredIdea:
        revision = self._vault.next_revision
        row = self._sealer.seal(idea, revision)
        await self._vault.advance(ideas=1, sealed_bytes=row.size)
        await self._repository.insert(row.values)
        return StoredIdea(idea, revision)

    async def create_once(self, idea: IdeaResponse) -> StoredIdea:
        """Stores an idea that may be stored already, under the id that it has."""
        if (row := await self._repository.row(idea.id)) is not None:
            return StoredIdea(self._sealer.open(row), VaultRevision(row.revision))
        return await self._create(idea)

    async def replace(self, idea_id: UUID, given: IdeaCreate) -> StoredIdea:
        """Missing optional fields go back to their defaults. Raises IdeaNotFound, then PreconditionFailed."""
        entity = await self._entity(idea_id)
        return await self._store(entity, replaced(opened(self._vault, columns_of(entity)), given))

    async def change(self, idea_id: UUID, given: IdeaUpdate) -> StoredIdea:
        """A change that changes nothing leaves the row, its time and the vault's revision. Raises as `replace`."""
        entity = await self._entity(idea_id)
        stored = opened(self._vault, columns_of(entity))
        after = changed(stored, given)
        if after == stored:
            return StoredIdea(stored, VaultRevision(entity.revision))
        return await self._store(entity, after)

    async def delete(self, idea_id: UUID) -> None:
        """Raises as `replace`; what was deleted by then is rolled back."""
        if (removed := await self._repository.remove(idea_id)) is None:
            raise IdeaNotFound(idea_id)
        self._precondition.check(idea_tag(removed.revision))
        await self._vault.advance(ideas=-1, sealed_bytes=-removed.size)

    async def _entity(self, idea_id: UUID) -> Idea:
        if (entity := await self._repository.entity(idea_id)) is None:
            raise IdeaNotFound(idea_id)
        self._precondition.check(idea_tag(VaultRevision(entity.revision)))
        return entity

    async def _store(self, entity: Idea, idea: IdeaResponse) -> StoredIdea:
        idea = stamped(idea)
        revision = self._vault.next_revision
        row = self._sealer.seal(idea, revision)
        await self._vault.advance(sealed_bytes=row.size - sealed_size(entity.title, entity.notes, entity.tags))
        await self._repository.change(entity, **row.values)
        return StoredIdea(idea, revision)


def drafted(given: IdeaCreate, user_id: str) -> IdeaResponse:
    return created(given, user_id, uuid4(), datetime.now(UTC))


def created(given: IdeaCreate, user_id: str, idea_id: UUID, time: datetime) -> IdeaResponse:
    return IdeaResponse(**given.__dict__, id=idea_id, user_id=user_id, created_at=time, updated_at=time)


def replaced(idea: IdeaResponse, given: IdeaCreate) -> IdeaResponse:
    return replace(idea, **given.__dict__)


def changed(idea: IdeaResponse, given: IdeaUpdate) -> IdeaResponse:
    return replace(idea, **given.changes())


def stamped(idea: IdeaResponse) -> IdeaResponse:
    """Clocks of two machines may disagree; an idea's own time never runs backwards."""
    return replace(idea, updated_at=max(datetime.now(UTC), idea.updated_at))


def idea_tag(revision: VaultRevision) -> str:
    return f'"{revision}"'
