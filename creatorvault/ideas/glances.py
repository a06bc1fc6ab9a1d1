"""The reads that most requests are, each in one statement. `ideas.services` answers the same from a snapshot."""

from functools import cache
from typing import Final
from uuid import UUID

from creatorvault.core.identifiers import VaultRevision
from creatorvault.ideas.corpora import Corpora
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.repositories import is_filtered
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer
from creatorvault.ideas.services import IdeaPage, StoredIdea, about_content, list_tag
from creatorvault.tenants.glances import VAULT, VAULT_COLUMNS, VaultGlances

COLUMNS: Final = ", ".join(IdeaColumns._fields)
OWN: Final = "ideas.tenant_id = context.tenant_id AND ideas.user_id = $2"
ONE: Final = f"""
    {VAULT.format(columns=", idea.*")}
    LEFT JOIN LATERAL (SELECT {COLUMNS} FROM ideas WHERE {OWN} AND ideas.id = $3 LIMIT 1) AS idea ON true
"""  # noqa: S608 - put together from constants
ORDERED: Final = frozenset({"created_at", "updated_at", "stage", "priority"})
FILTERS: Final = " AND ideas.stage = ANY ($5::smallint[]) AND ideas.priority = ANY ($6::smallint[])"
TOTAL: Final = VAULT_COLUMNS
IDEA_ID: Final = VAULT_COLUMNS + 1


class IdeaGlances:
    """Every answer is None where a glance does not do or finds less than it should: a snapshot has the last word."""

    def __init__(self, vault: VaultGlances, corpora: Corpora) -> None:
        self._vault = vault
        self._corpora = corpora

    async def get(self, idea_id: UUID) -> StoredIdea | None:
        """Raises the alarms of `IdeaSealer.open`, as every read does."""
        glanced = await self._vault.look(ONE, idea_id)
        if glanced is None:
            return None
        columns = glanced.rows[0][VAULT_COLUMNS:]
        if columns[0] is None:
            return None
        return StoredIdea(IdeaSealer.of(glanced.vault.cipher).open(columns), VaultRevision(columns[-1]))

    async def tag(self, query: IdeaQuery) -> str | None:
        glanced = await self._vault.look()
        return None if glanced is None else list_tag(glanced.vault.revision, query)

    async def page(self, query: IdeaQuery) -> IdeaPage | None:
        """A question about content needs the vault's corpus at hand, at the very revision that the glance shows."""
        if about_content(query) is not None:
            return await self._page_of_corpus(query)
        filtered = is_filtered(query)
        statement = _page(query.sort, query.order, filtered=filtered)
        glanced = await self._vault.look(statement, query.limit, query.offset, *(_ranks(query) if filtered else ()))
        if glanced is None:
            return None
        vault, rows = glanced
        total = rows[0][TOTAL]
        if rows[0][IDEA_ID] is None or len(rows) < min(query.limit, total - query.offset):
            return None
        opened = IdeaSealer.of(vault.cipher).open
        return IdeaPage([opened(row[IDEA_ID:]) for row in rows], total, list_tag(vault.revision, query))

    async def _page_of_corpus(self, query: IdeaQuery) -> IdeaPage | None:
        glanced = await self._vault.look()
        question = about_content(query)
        if glanced is None or question is None:
            return None
        vault = glanced.vault
        page = await self._corpora.page_at_hand(vault.id, vault.revision, question)
        return None if page is None else IdeaPage(page.items, page.total, list_tag(vault.revision, query))


@cache
def _page(sort: str, order: str, *, filtered: bool) -> str:
    """Sorted once more outside, since a join does not promise to keep the order of what it joins."""
    if sort not in ORDERED or order not in {"asc", "desc"}:
        raise ValueError("no order that SQL knows")
    scope = f"{OWN}{FILTERS if filtered else ''}"
    order_by = f"ORDER BY ideas.{sort} {order}, ideas.id {order}"
    total = f"(SELECT count(*) FROM ideas WHERE {scope})" if filtered else "vaults.idea_count"  # noqa: S608 - constants
    return f"""
        {VAULT.format(columns=f", {total}, ideas.*")}
        LEFT JOIN LATERAL (
            SELECT {COLUMNS} FROM ideas WHERE {scope} {order_by} LIMIT $3 OFFSET $4
        ) AS ideas ON true
        {order_by}
    """  # noqa: S608 - put together from constants and from what was checked above


def _ranks(query: IdeaQuery) -> tuple[list[int], list[int]]:
    """A filter without values lets every rank pass."""
    return (
        [STAGE_RANK[stage] for stage in query.stage] or list(STAGE_RANK.values()),
        [PRIORITY_RANK[priority] for priority in query.priority] or list(PRIORITY_RANK.values()),
    )
