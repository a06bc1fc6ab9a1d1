"""A reference vault: ideas in a dictionary, and the simplest possible implementation of every query."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid4

import msgspec

from creatorvault.core.identifiers import TenantId, UserId, VaultId, VaultRevision, VaultVersion
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.search.filters import Page, SearchQuery
from creatorvault.ideas.search.questions import PageQuestion
from tests.plain_search import as_people_sort, is_found

STAGES = ["idea", "outline", "draft", "published"]
PRIORITIES = ["low", "medium", "high"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_DUE = 2**63 - 1


def idea_of(title: str, **fields: Any) -> IdeaResponse:
    time = datetime(2026, 1, 1, tzinfo=UTC)
    idea = IdeaResponse(title=title, id=uuid4(), user_id="ada", created_at=time, updated_at=time)
    return msgspec.structs.replace(idea, **fields)


def block_of(*ideas: tuple[int, IdeaResponse]) -> Block:
    """Returns a block of ideas, each given with its revision."""
    return Block.of([OpenedIdea.of(revision, stamp_of(revision, idea), idea) for revision, idea in ideas])


def stamp_of(revision: int, idea: IdeaResponse) -> int:
    """Returns a different stamp for each change, like random ones."""
    return (int.from_bytes(idea.id.bytes[:7]) ^ revision) + 1


def version_of(revision: int, rows: Iterable[tuple[int, IdeaResponse]]) -> VaultVersion:
    stamps = [stamp_of(*row) for row in rows]
    return VaultVersion(VaultRevision(revision), reduce(int.__xor__, stamps, 0), len(stamps))


def new_vault_id() -> VaultId:
    return VaultId(TenantId(uuid4()), UserId("ada"))


@dataclass
class PaperReader:
    """A snapshot. Counts the ideas it yields, waits at its `gate`, and raises its `fault` after the first batch."""

    version: VaultVersion
    ideas: list[tuple[int, IdeaResponse]]
    batch: int = 3
    gate: asyncio.Event | None = None
    fault: Exception | None = None
    read: int = 0
    asked_for_ids: int = 0

    async def changed_since(self, revision: VaultRevision) -> AsyncGenerator[Block]:
        changed = [row for row in self.ideas if row[0] > revision]
        for start in range(0, len(changed), self.batch):
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            batch = changed[start : start + self.batch]
            self.read += len(batch)
            yield block_of(*batch)
            if self.fault:
                raise self.fault

    async def live_ids(self) -> AsyncGenerator[list[bytes]]:
        self.asked_for_ids += 1
        for start in range(0, len(self.ideas), self.batch):
            yield [idea.id.bytes for _, idea in self.ideas[start : start + self.batch]]

    async def bodies(self, stamps: Mapping[bytes, int]) -> Mapping[bytes, bytes]:
        found = {idea.id.bytes: (stamp_of(revision, idea), idea) for revision, idea in self.ideas}
        assert {idea_id: found[idea_id][0] for idea_id in stamps} == stamps
        return {idea_id: msgspec.json.encode(found[idea_id][1]) for idea_id in stamps}


@dataclass
class PaperVault:
    id: VaultId = field(default_factory=new_vault_id)
    revision: int = 0
    rows: dict[UUID, tuple[int, IdeaResponse]] = field(default_factory=dict)

    def put(self, *ideas: IdeaResponse) -> None:
        for idea in ideas:
            self.revision += 1
            self.rows[idea.id] = (self.revision, idea)

    def delete(self, idea: IdeaResponse) -> None:
        self.revision += 1
        del self.rows[idea.id]

    @property
    def ideas(self) -> list[IdeaResponse]:
        return [idea for _, idea in self.rows.values()]

    def reader(self, **options: Any) -> PaperReader:
        rows = sorted(self.rows.values(), key=lambda row: row[0])
        return replace(PaperReader(version_of(self.revision, rows), rows), **options)

    def answer(self, query: SearchQuery) -> tuple[int, list[bytes]]:
        found = sorted(
            (idea for idea in self.ideas if _matches(idea, query)), key=lambda idea: _place(idea, query.sort)
        )
        if query.descending:
            found.reverse()
        left = [idea for idea in found if query.after is None or _lies_beyond(_place(idea, query.sort), query)]
        page = left[query.offset : query.offset + query.limit]
        return len(found), [msgspec.json.encode(idea) for idea in page]


async def page_of(search_cache: SearchCache, vault: PaperVault, query: SearchQuery) -> Page:
    return await search_cache.ask(vault.id, vault.reader(), PageQuestion(query), TimeSlice())


def in_microseconds(time: datetime | None) -> int:
    return NO_DUE if time is None else (time - EPOCH) // timedelta(microseconds=1)


def _lies_beyond(place: tuple[Any, ...], query: SearchQuery) -> bool:
    *_, value, id_ = query.after or ()
    after = (*(as_people_sort(value) if isinstance(value, str) else (value,)), id_)
    return place < after if query.descending else place > after


def _matches(idea: IdeaResponse, query: SearchQuery) -> bool:
    return (
        (not query.search or is_found(query.search, idea.title, idea.notes))
        and (
            not query.tags
            or any(_folded(tag.strip()) == _folded(own.strip()) for tag in query.tags for own in idea.tags)
        )
        and (not query.stages or idea.stage in query.stages)
        and (not query.priorities or idea.priority in query.priorities)
        and query.due.first <= in_microseconds(idea.due_date) < query.due.until
        and query.created.first <= in_microseconds(idea.created_at) < query.created.until
        and query.updated.first <= in_microseconds(idea.updated_at) < query.updated.until
    )


def _folded(text: str) -> str:
    composed = normalize("NFKC", text)
    return normalize("NFKC", "".join(_folded_letters(composed)))


def _folded_letters(text: str) -> Iterable[str]:
    return (letter.casefold() for letter in text)


def _place(idea: IdeaResponse, sort: str) -> tuple[Any, ...]:
    places: dict[str, tuple[Any, ...]] = {
        "created_at": (idea.created_at,),
        "updated_at": (idea.updated_at,),
        "title": as_people_sort(idea.title),
        "priority": (PRIORITIES.index(idea.priority),),
        "stage": (STAGES.index(idea.stage),),
        "due_date": (in_microseconds(idea.due_date),),
        "due_date_or_first": (-(2**63) if idea.due_date is None else in_microseconds(idea.due_date),),
    }
    return (*places[sort], idea.id.bytes)
