"""Counts the ideas and the tags of a vault, from opened ideas (docs/decisions/0031-reading.md)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.lists.pages import entity_tag
from creatorvault.ideas.ranks import PRIORITIES, STAGES
from creatorvault.ideas.search.summaries import TagUse
from creatorvault.ideas.search.times import microseconds
from creatorvault.ideas.statistics.counting import CountIdeas, CountTags
from creatorvault.ideas.statistics.schemas import (
    DueCounts,
    IdeaStats,
    PriorityCounts,
    StageCounts,
    TagCount,
    TagList,
    TagQuery,
)
from creatorvault.tenants.opening import OpenVault, VaultView
from creatorvault.tenants.services import VaultService

NOTHING: Final = IdeaStats(
    total=0,
    by_stage=StageCounts(**dict.fromkeys(STAGES, 0)),
    by_priority=PriorityCounts(**dict.fromkeys(PRIORITIES, 0)),
    by_due=DueCounts(none=0, overdue=0, upcoming=0),
    by_month=[],
)


class Tagged[T](NamedTuple):
    """An answer and its entity tag."""

    answer: T
    tag: str


class StatisticsService:
    """Every method raises as `ContentSearch.answer`."""

    def __init__(self, vault: VaultService, search: ContentSearch) -> None:
        self._vault = vault
        self._search = search

    async def statistics(self) -> Tagged[IdeaStats]:
        """The entity tag changes when the vault does, and when a due date passes."""
        return await self._search.answer(_Statistics())

    async def tag_of_tags(self, asked: TagQuery) -> str:
        """Returns the current entity tag of the page."""
        return await self._vault.read(partial(_tag_of_tags, asked))

    async def tags(self, asked: TagQuery) -> Tagged[TagList]:
        """Raises TooManyTags, too."""
        return await self._search.answer(_Tags(asked))


class _Statistics:
    """As `content_search.ContentQuery`."""

    def question(self, _cipher: VaultCipher | None) -> CountIdeas:
        return CountIdeas(microseconds(datetime.now(UTC)))

    def answer(self, vault: OpenVault, found: IdeaStats) -> Tagged[IdeaStats]:
        return Tagged(found, entity_tag(vault, "statistics", found.by_due.overdue))

    def answer_of_nothing(self) -> Tagged[IdeaStats]:
        return Tagged(NOTHING, entity_tag(None, "statistics", 0))


class _Tags:
    """As `content_search.ContentQuery`."""

    def __init__(self, asked: TagQuery) -> None:
        self._asked = asked

    def question(self, _cipher: VaultCipher | None) -> CountTags:
        return CountTags()

    def answer(self, vault: OpenVault | None, found: Sequence[TagUse]) -> Tagged[TagList]:
        limit, offset = self._asked.limit, self._asked.offset
        items = [TagCount(tag=use.spelling, count=use.ideas) for use in found[offset : offset + limit]]
        has_more = offset + len(items) < len(found)
        page = TagList(items=items, total=len(found), limit=limit, offset=offset, has_more=has_more)
        return Tagged(page, _tag(vault, self._asked))

    def answer_of_nothing(self) -> Tagged[TagList]:
        return self.answer(None, ())


async def _tag_of_tags(asked: TagQuery, vault: VaultView) -> str:
    return _tag((await vault.look()).vault, asked)


def _tag(vault: OpenVault | None, asked: TagQuery) -> str:
    return entity_tag(vault, "tags", asked.limit, asked.offset)
