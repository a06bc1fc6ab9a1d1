"""Pages of changes. Each one runs as a single statement or in a snapshot."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

from creatorvault.core.identifiers import vault_ids
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.drafting import idea_tag
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import REVISION, STAMP, IdeaColumns
from creatorvault.sync.changes.errors import ResyncRequired
from creatorvault.sync.changes.schemas import ChangedIdea, ChangeList, ChangesQuery
from creatorvault.sync.changes.statements.pages import CHANGES, FOUND, HISTORY_HOLDS, PRUNED
from creatorvault.sync.changes.tokens import (
    BEFORE_ALL,
    MOST_WITNESSES,
    Position,
    Witness,
    beginning,
    columns_of,
    position_of,
    token_of,
)
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault, VaultView

WIDTH: Final = len(IdeaColumns._fields)
TITLE: Final = IdeaColumns._fields.index("title")
FIRST_REVISION: Final = WIDTH
LIVES: Final = WIDTH + 1
IS_WITNESS: Final = WIDTH + 2


type Row = tuple[Any, ...]


class Page(NamedTuple):
    """`rows` begin with the columns of IdeaColumns, as `statements.pages.CHANGES` says, in the order of revisions.

    `latest` are the last rows of the vault, in the same order.
    """

    vault: OpenVault
    position: Position
    rows: Sequence[Row]
    has_more: bool
    latest: Sequence[Witness]

    def next(self) -> Position:
        seen = self.vault.version.revision
        return self.position.after(self.rows[-1][REVISION] if self.has_more else seen, seen, self.latest)


async def page_of_changes(
    query: ChangesQuery, opened: OpenedIdeas, time_slice: TimeSlice, vault: VaultView
) -> ChangeList:
    """Raises SinceInvalid, ResyncRequired, VaultMismatch, and as `OpenedIdeas.json`.

    Any row counts for the limit, also one that is not sent: so a page is read in the time that its size takes.
    """
    page = await _page(query, vault)
    if page is None:
        return ChangeList(changed=[], deleted=[], next="", has_more=False)
    changed, deleted = list[ChangedIdea](), []
    time_slice.restart()
    for row in page.rows:
        if row[TITLE] is not None:
            idea = cast("IdeaResponse", opened.json(page.vault, row[:WIDTH]))
            changed.append(ChangedIdea(etag=idea_tag(row[STAMP], row[REVISION]), idea=idea))
            await time_slice.rest_if_over()
        elif not row[LIVES] and page.position.knows(row[REVISION], row[FIRST_REVISION]):
            deleted.append(row[0])
    following = token_of(page.next(), page.vault.cipher)
    return ChangeList(changed=changed, deleted=deleted, next=following, has_more=page.has_more)


async def _page(query: ChangesQuery, vault: VaultView) -> Page | None:
    """Returns None if nothing was stored yet. Raises as `page_of_changes`."""
    given = position_of(query.since, vault.cipher)
    after = BEFORE_ALL if given is None else given
    place = (after.revision, query.limit + 1, after.tombstones_after)
    history = (after.floor, after.seen, *columns_of(after.witnesses), MOST_WITNESSES + 1)
    seen = await vault.look(CHANGES, *place, *history)
    first = seen.rows[0]
    rows = [tuple(row[FOUND:]) for row in seen.rows] if first[FOUND] is not None else []
    if seen.vault is None:
        if rows:
            raise VaultMismatch(**vault_ids(vault.id))
        return None
    revision = seen.vault.version.revision
    if given is not None:
        if given.seen > revision or given.tombstones_after < first[PRUNED] or not first[HISTORY_HOLDS]:
            raise ResyncRequired
        position = given.pulling(revision)
    else:
        position = beginning(revision)
    latest = [Witness(row[REVISION], row[0], row[STAMP]) for row in rows if row[IS_WITNESS]]
    found = [row for row in rows if not row[IS_WITNESS]]
    return Page(seen.vault, position, *_cut(vault, found, query.limit), latest)


def _cut(vault: VaultView, rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """Returns the page, and whether more follows. No two rows of a vault have the same revision, unless somebody has
    edited them: what is not between two revisions would never be read. Raises VaultMismatch.
    """
    if len({row[REVISION] for row in rows}) < len(rows):
        raise VaultMismatch(**vault_ids(vault.id))
    return rows[:limit], len(rows) > limit
