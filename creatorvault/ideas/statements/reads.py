"""The reads that most requests are, each in one statement. `ideas.services` answers the same from a snapshot."""

from functools import cache
from typing import Final
from uuid import UUID

from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.errors import CursorInvalid
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
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.repositories import is_filtered
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.sealing import IdeaColumns
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.search.filters import SearchQuery
from creatorvault.ideas.services import StoredIdea
from creatorvault.tenants.statements.vault import VAULT, VAULT_COLUMNS, VaultGlances

COLUMNS: Final = ", ".join(IdeaColumns._fields)
# The planner is not shown whose ideas are read, nor how many, so that one plan does for every vault. Shown them, it
# finds cheaper plans for some and plans anew for each request, which takes longer than reading a page. Nothing is
# looked for before the context is set, since the user comes from there.
#
# As concat() is merely stable, the partition is chosen when the statement starts, and the others are not even opened.
# What reads a whole vault gains little by that, and the tenant, which the planner can tell from it, would cost a plan.
OWN: Final = "ideas.tenant_id = concat($1::text)::uuid AND ideas.user_id = context.user_id"
WHOLE: Final = "ideas.tenant_id = context.tenant_id AND ideas.user_id = context.user_id"
# No context is set while a plan is made, so the planner reckons with one row, the first, and takes the index that has
# the order, whatever its statistics say. For more rows it reads and sorts all of what it takes for a small vault.
PLACED: Final = """
    LIMIT CASE WHEN current_setting('app.tenant_id', true) <> '' THEN {limit} ELSE 1 END
    OFFSET CASE WHEN current_setting('app.tenant_id', true) <> '' THEN $4::bigint ELSE 0 END
"""
LIMIT: Final = "$3::bigint"
# At the end of a list one more, which shows whether there are ideas that the vault does not count.
LIMIT_AT_THE_END: Final = "$3::bigint + CASE WHEN $4::bigint >= vaults.idea_count - $3::bigint THEN 1 ELSE 0 END"
ONE: Final = f"""
    {VAULT.format(more="", columns=", idea.*")}
    LEFT JOIN LATERAL (SELECT {COLUMNS} FROM ideas WHERE {OWN} AND ideas.id = $3 LIMIT 1) AS idea ON true
"""  # noqa: S608 - put together from constants
INDEXED: Final = frozenset({"created_at", "updated_at"})
ORDERED: Final = INDEXED | {"stage", "priority"}
# Nor is it shown how much a filter lets pass. As the column of a subselect an array would be unpacked for each idea.
FILTERS: Final = """
    ideas.stage = ANY (ARRAY(SELECT unnest($5::smallint[])))
    AND ideas.priority = ANY (ARRAY(SELECT unnest($6::smallint[])))
"""
# Counted apart, and so once: among the columns of the page it would be counted for each of its rows. All of the vault's
# rows are counted beside those that match: were some of them gone, the matches alone would not tell.
COUNTED: Final = f"""
    , counted AS MATERIALIZED (
        SELECT ideas.matches, ideas.stored
        FROM context
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE {FILTERS}) AS matches, count(*) AS stored FROM ideas WHERE {WHOLE}
        ) AS ideas
    )
"""  # noqa: S608 - put together from constants
STORED: Final = VAULT_COLUMNS
STORED_ALONE: Final = VAULT.format(more="", columns=f", (SELECT count(*) FROM ideas WHERE {WHOLE})")  # noqa: S608 - constants
TOTAL: Final = VAULT_COLUMNS + 1
IDEA_ID: Final = VAULT_COLUMNS + 2


class IdeaGlances:
    """Every answer is None where a glance does not do, or finds less or more than it should: a snapshot has the last
    word.
    """

    def __init__(self, vault: VaultGlances, search_cache: SearchCache) -> None:
        self._vault = vault
        self._search_cache = search_cache

    async def get(self, idea_id: UUID) -> StoredIdea | None:
        """Raises the alarms of `opened`, as every read does."""
        glanced = await self._vault.look(ONE, idea_id)
        if glanced is None:
            return None
        columns = glanced.rows[0][VAULT_COLUMNS:]
        if columns[0] is None:
            return None
        return StoredIdea(opened(glanced.vault, columns), VaultRevision(columns[-1]))

    async def tag(self, query: IdeaQuery) -> str | None:
        """Raises CursorInvalid."""
        glanced = await self._vault.look()
        if glanced is None:
            return None
        place_of(query, glanced.vault.cipher)
        return list_tag(glanced.vault.revision, query)

    async def page(self, query: IdeaQuery, time_slice: TimeSlice) -> IdeaPage | None:
        """A question about content needs the vault's corpus at hand, at the very revision that the glance shows."""
        try:
            after = place_of(query, self._vault.cipher)
        except CursorInvalid:
            return None  # under a key perhaps that this process has yet to read
        question = about_content(query, after)
        if question is not None:
            return await self._page_of_corpus(query, question, time_slice)
        filtered, wanted = is_filtered(query), rows_wanted(query)
        statement = _page(query.sort, query.order, filtered=filtered, beyond=after is not None)
        arguments = (*(_ranks(query) if filtered else ()), *(after or ()))
        glanced = await self._vault.look(statement, wanted, query.offset, *arguments)
        if glanced is None:
            return None
        vault, rows = glanced
        stored, total = rows[0][STORED:IDEA_ID]
        if rows[0][IDEA_ID] is None or stored != vault.idea_count:
            return None
        if after is None:
            adds_up = len(rows) == min(wanted, total - query.offset)
        else:  # how many there are beyond a place is not known
            adds_up = filtered or len(rows) == wanted or await self._all_are_there()
        return await page_of_rows(vault, query, [row[IDEA_ID:] for row in rows], total, time_slice) if adds_up else None

    async def _all_are_there(self) -> bool:
        """Whether the vault has as many ideas as it counts."""
        glanced = await self._vault.look(STORED_ALONE)
        return glanced is not None and glanced.rows[0][STORED] == glanced.vault.idea_count

    async def _page_of_corpus(self, query: IdeaQuery, question: SearchQuery, time_slice: TimeSlice) -> IdeaPage | None:
        glanced = await self._vault.look()
        if glanced is None:
            return None
        vault = glanced.vault
        page = await self._search_cache.page_at_hand(vault.id, vault.revision, vault.idea_count, question, time_slice)
        return None if page is None else page_of_matches(vault, query, page)


@cache
def _page(sort: str, order: str, *, filtered: bool, beyond: bool) -> str:
    """Sorted once more outside, since a join does not promise to keep the order of what it joins."""
    if sort not in ORDERED or order not in {"asc", "desc"}:
        raise ValueError("no order that SQL knows")
    scope = f"{OWN if sort in INDEXED else WHOLE}{f' AND {FILTERS}' if filtered else ''}"
    order_by = f"ORDER BY ideas.{sort} {order}, ideas.id {order}"
    counts = (
        "(SELECT stored FROM counted), (SELECT matches FROM counted)"
        if filtered
        else "vaults.idea_count, vaults.idea_count"
    )
    placed = PLACED.format(limit=LIMIT if filtered or beyond else LIMIT_AT_THE_END)
    place = f" AND (ideas.{sort}, ideas.id) {'<' if order == 'desc' else '>'} ({'$7, $8' if filtered else '$5, $6'})"
    return f"""
        {VAULT.format(more=COUNTED if filtered else "", columns=f", {counts}, ideas.*")}
        LEFT JOIN LATERAL (
            SELECT {COLUMNS} FROM ideas WHERE {scope}{place if beyond else ""} {order_by} {placed}
        ) AS ideas ON true
        {order_by}
    """  # noqa: S608 - put together from constants and from what was checked above


def _ranks(query: IdeaQuery) -> tuple[list[int], list[int]]:
    """A filter without values lets every rank pass."""
    return (
        [STAGE_RANK[stage] for stage in query.stage] or list(STAGE_RANK.values()),
        [PRIORITY_RANK[priority] for priority in query.priority] or list(PRIORITY_RANK.values()),
    )
