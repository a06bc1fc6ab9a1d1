"""Reads of a vault. Each one runs as a single statement or in a transaction.

A single statement cannot tell whether a row that it does not find is missing: `VaultService.read` and `write` retry in
a transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from creatorvault.core.database.statements import Row
from creatorvault.core.identifiers import vault_ids
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.drafting import StoredIdea, idea_tag
from creatorvault.ideas.errors import IdeaNotFound
from creatorvault.ideas.lists.cursors import place_of
from creatorvault.ideas.lists.pages import (
    IdeaPage,
    empty_page,
    is_filtered,
    list_tag,
    page_of_matches,
    page_of_rows,
    ranks_wanted,
    rows_wanted,
    search_query,
)
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.sealing import IdeaColumns
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.search.filters import Page
from creatorvault.ideas.search.index import SearchIndex
from creatorvault.ideas.statements.content import SOME
from creatorvault.ideas.statements.reads import IDEA, ONE, ONE_TO_CHANGE, STORED, STORED_ALONE, page
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault, Seen, VaultView
from creatorvault.tenants.statements.vault import VAULT_COLUMNS

KEEPS: Final = VAULT_COLUMNS
FORGOTTEN: Final = VAULT_COLUMNS + 1
TO_CHANGE: Final = VAULT_COLUMNS + 2
"""Column positions in the row of ONE_TO_CHANGE."""


@dataclass(frozen=True, slots=True)
class Found:
    """The row of an idea, and its vault as of the same snapshot."""

    vault: OpenVault
    row: IdeaColumns

    @property
    def tag(self) -> str:
        return idea_tag(self.row.stamp, self.row.revision)

    def stored(self, opened: OpenedIdeas) -> StoredIdea:
        """Raises as `OpenedIdeas.idea`."""
        return StoredIdea(opened.idea(self.vault, self.row), self.tag)


async def find_idea(idea_id: UUID, vault: VaultView) -> Found:
    """Raises IdeaNotFound, and VaultMismatch for an idea of a vault that does not exist."""
    seen = await vault.look(ONE, idea_id)
    return Found(*_found(idea_id, vault, seen, seen.rows[0][VAULT_COLUMNS:]))


def _found(idea_id: UUID, vault: VaultView, seen: Seen, columns: Row) -> tuple[OpenVault, IdeaColumns]:
    if columns[0] is None:
        raise IdeaNotFound(idea_id)
    if seen.vault is None:
        raise VaultMismatch(**vault_ids(vault.id))
    return seen.vault, IdeaColumns(*columns)


@dataclass(frozen=True, slots=True)
class FoundToChange(Found):
    """`keeps` is whether a change must keep this version. If not, `forgotten` is the size of all earlier versions of
    the idea in bytes, which go with the change.
    """

    keeps: bool
    forgotten: int


async def find_idea_to_change(idea_id: UUID, retention_days: int, vault: VaultView) -> FoundToChange:
    """`retention_days` is the settings' default. Raises as `find_idea`."""
    seen = await vault.look(ONE_TO_CHANGE, idea_id, retention_days)
    row = seen.rows[0]
    return FoundToChange(*_found(idea_id, vault, seen, row[TO_CHANGE:]), row[KEEPS], row[FORGOTTEN])


async def open_idea(idea_id: UUID, opened: OpenedIdeas, vault: VaultView) -> StoredIdea:
    """Raises as `find_idea` and `OpenedIdeas.idea`."""
    return (await find_idea(idea_id, vault)).stored(opened)


async def tag_of_list(query: IdeaQuery, vault: VaultView) -> str:
    seen = await vault.look()
    place_of(query, None if seen.vault is None else seen.vault.cipher)
    return list_tag(seen.vault, query)


async def page_of_list(query: IdeaQuery, opened: OpenedIdeas, time_slice: TimeSlice, vault: VaultView) -> IdeaPage:
    """Raises VaultMismatch if all of the vault's rows were counted and their number differs from the vault's count.

    All rows are counted for a filter and at the end of a list. In the middle, only the page itself is checked.
    """
    after, filtered, wanted = place_of(query, vault.cipher), is_filtered(query), rows_wanted(query)
    statement = page(query.sort, query.order, filtered=filtered, beyond=after is not None)
    seen = await vault.look(statement, wanted, query.offset, *(ranks_wanted(query) if filtered else ()), *(after or ()))
    rows = [tuple(row[IDEA:]) for row in seen.rows] if seen.rows[0][IDEA] is not None else []
    if seen.vault is None:
        if rows or await _stored(vault):
            raise VaultMismatch(**vault_ids(vault.id))
        return empty_page(query)
    stored, total = seen.rows[0][STORED:IDEA]
    # Before rows and counts are compared, since a row that does not open is the better alert: it has an id.
    found = await page_of_rows(seen.vault, query, rows, total, opened, time_slice)
    # The number of rows beyond a place is not known.
    is_complete = after is not None or len(rows) == max(0, min(wanted, total - query.offset))
    adds_up = is_complete and stored == seen.vault.version.idea_count
    if adds_up and not filtered and len(rows) < wanted and (after is not None or not rows):
        adds_up = await _stored(vault) == seen.vault.version.idea_count
    if not adds_up:
        raise VaultMismatch(**vault_ids(vault.id))
    return found


async def page_of_ids(
    query: IdeaQuery, opened: OpenedIdeas, time_slice: TimeSlice, vault: VaultView, ids: Collection[UUID]
) -> IdeaPage:
    """Opens all of these ideas, and selects the page among them as among all ideas of a vault.

    Raises as `OpenedIdeas.idea`, and VaultMismatch if one is missing and the number of rows differs from the vault's
    count.
    """
    place = place_of(query, vault.cipher)
    seen = await vault.look(SOME, list(set(ids)))
    rows = [IdeaColumns(*row[VAULT_COLUMNS:]) for row in seen.rows if row[VAULT_COLUMNS] is not None]
    if seen.vault is None:
        if rows or await _stored(vault):
            raise VaultMismatch(**vault_ids(vault.id))
        return empty_page(query)
    ideas: list[OpenedIdea] = []
    time_slice.restart()
    for row in rows:
        ideas.append(OpenedIdea.of(row.revision, row.stamp, opened.idea(seen.vault, row)))
        await time_slice.rest_if_over()
    if len(rows) < len(set(ids)) and await _stored(vault) != seen.vault.version.idea_count:
        raise VaultMismatch(**vault_ids(vault.id))
    found = Page(0, [], None)
    if ideas:
        search_index = SearchIndex(seen.vault.version, [Block.of(ideas)], {})
        found = await search_index.select(search_query(query, place), time_slice)
    return page_of_matches(seen.vault, query, found)


async def _stored(vault: VaultView) -> int:
    """Returns the number of ideas that are stored in the vault."""
    seen = await vault.look(STORED_ALONE)
    return int(seen.rows[0][STORED])
