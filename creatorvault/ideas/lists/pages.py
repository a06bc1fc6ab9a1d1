"""Pages of a list, from rows or from the matches of a search."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple, cast

import msgspec

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.fields import split_tags
from creatorvault.ideas.lists.cursors import next_cursor, place_of
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.sealing import IdeaColumns
from creatorvault.ideas.search.filters import Page, SearchQuery
from creatorvault.ideas.search.ordering import Place, SortField
from creatorvault.ideas.search.questions import PageQuestion
from creatorvault.ideas.search.times import DATED, EVER, NEVER, UNDATED, Period, period
from creatorvault.tenants.opening import OpenVault

IDEA_ID: Final = IdeaColumns._fields.index("id")


class IdeaPage(NamedTuple):
    """`items` are IdeaResponses in JSON; `tag` is the entity tag of the list; `next_cursor` as in `cursors`."""

    items: list[msgspec.Raw]
    total: int
    tag: str
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET

    def has_more(self, query: IdeaQuery) -> bool:
        if self.next_cursor is msgspec.UNSET:
            return query.offset + len(self.items) < self.total
        return self.next_cursor is not None


def list_tag(vault: OpenVault | None, query: IdeaQuery) -> str:
    """Returns the entity tag of a list. It is the same until the vault or the query changes.

    A revision may be assigned twice, after a failover that lost commits. The digest distinguishes the two.
    """
    return entity_tag(vault, *query.__dict__.values())


def entity_tag(vault: OpenVault | None, *question: object) -> str:
    """Returns a tag of what is asked of a version of the vault."""
    version = None if vault is None else vault.version
    return f'"{blake2b(repr((version, *question)).encode(), digest_size=12).hexdigest()}"'


def is_filtered(query: IdeaQuery) -> bool:
    return bool(query.stage or query.priority)


def ranks_wanted(query: IdeaQuery) -> tuple[list[int], list[int]]:
    """Returns the ranks of stages and of priorities. A filter without values matches every rank."""
    return (
        [STAGE_RANK[stage] for stage in query.stage] or list(STAGE_RANK.values()),
        [PRIORITY_RANK[priority] for priority in query.priority] or list(PRIORITY_RANK.values()),
    )


def is_about_content(query: IdeaQuery) -> bool:
    """Whether it needs all ideas opened: for search, tags and the order of titles, which are sealed, and for periods
    and the order of due dates, of which edited columns must not change a page (docs/decisions/0031).
    """
    return bool(
        query.search or query.sort in ("title", "due_date") or (query.tags and split_tags(query.tags)) or query.periods
    )


def search_query(query: IdeaQuery, after: Place | None) -> SearchQuery:
    sort = "due_date_or_first" if query.sort == "due_date" and query.order == "desc" else query.sort
    return SearchQuery(
        search=query.search,
        tags=tuple(split_tags(query.tags or "")),
        stages=query.stage,
        priorities=query.priority,
        due=_due(query),
        created=period(query.created_from, query.created_to),
        updated=period(query.updated_from, query.updated_to),
        sort=cast("SortField", sort),
        descending=query.order == "desc",
        limit=query.limit,
        offset=query.offset,
        after=None if after is None else after.key,
    )


def _due(query: IdeaQuery) -> Period:
    if query.due_from is None and query.due_to is None:
        return EVER if query.has_due is None else DATED if query.has_due else UNDATED
    return NEVER if query.has_due is False else period(query.due_from, query.due_to, DATED)


def rows_wanted(query: IdeaQuery) -> int:
    """Returns the page size; with a cursor one more, which tells whether another page follows."""
    return query.limit if query.cursor is None else query.limit + 1


def empty_page(query: IdeaQuery) -> IdeaPage:
    """Returns the page of a creator who has not stored anything yet."""
    return IdeaPage([], 0, list_tag(None, query), msgspec.UNSET if query.cursor is None else None)


async def page_of_rows(
    vault: OpenVault,
    query: IdeaQuery,
    rows: Sequence[tuple[Any, ...]],
    total: int,
    opened: OpenedIdeas,
    time_slice: TimeSlice,
) -> IdeaPage:
    """`rows` have the columns of IdeaColumns. There are at most `rows_wanted` of them.

    Raises as `OpenedIdeas.json`.
    """
    items: list[msgspec.Raw] = []
    time_slice.restart()
    for row in rows[: query.limit]:
        items.append(opened.json(vault, row))
        if time_slice.is_over:
            await time_slice.rest()
    last = None
    if len(rows) > query.limit:
        row = rows[query.limit - 1]
        last = Place(row[IdeaColumns._fields.index(query.sort)], row[IDEA_ID])
    return IdeaPage(items, total, list_tag(vault, query), next_cursor(query, vault.cipher, last))


class ContentPage:
    """Asks for a page, as `content_search.ContentQuery`."""

    def __init__(self, query: IdeaQuery) -> None:
        self._query = query

    def question(self, cipher: VaultCipher | None) -> PageQuestion:
        return PageQuestion(search_query(self._query, place_of(self._query, cipher)))

    def answer(self, vault: OpenVault, found: Page) -> IdeaPage:
        return page_of_matches(vault, self._query, found)

    def answer_of_nothing(self) -> IdeaPage:
        return empty_page(self._query)


def page_of_matches(vault: OpenVault, query: IdeaQuery, page: Page) -> IdeaPage:
    cursor = next_cursor(query, vault.cipher, page.last)
    return IdeaPage(page.items, page.total, list_tag(vault, query), cursor)
