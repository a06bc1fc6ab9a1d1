"""Reads and changes of the trash. Each one runs as a single statement or in a transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import asdict

from creatorvault.core.database.statements import Row
from creatorvault.core.http.paging import ListQuery
from creatorvault.core.identifiers import vault_ids
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.crypto.cursors import vault_cursors
from creatorvault.history.errors import NotInTrash
from creatorvault.history.schemas import TrashedIdea, TrashList
from creatorvault.history.statements.trash import (
    COUNTED,
    DELETED_AT_TIME,
    EXPUNGE,
    OLDEST,
    ONE,
    PAGE,
    TO_EXPUNGE,
    TRASHED,
)
from creatorvault.ideas.history.sealing import open_trashed
from creatorvault.ideas.history.undo_tokens import DeletedVersion
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import IdeaColumns
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault, VaultView, WritableVault
from creatorvault.tenants.statements.changes import UsageDelta, VaultChange
from creatorvault.tenants.statements.vault import VAULT_COLUMNS

TABLE: Final = "trashed_ideas"
AT_ONCE: Final = 200
"""Ideas in one transaction: other changes of the vault wait for some hundredths of a second."""

WIDTH: Final = len(IdeaColumns._fields)


class TrashedRow(NamedTuple):
    """A row in the trash, and its vault as of the same snapshot."""

    vault: OpenVault
    row: IdeaColumns
    deleted_at: datetime
    deletion: bytes

    def idea(self) -> IdeaResponse:
        """Raises as `open_trashed`."""
        return open_trashed(self.vault.cipher, self.row, self.deleted_at, self.deletion)


class TrashPlace(NamedTuple):
    """Where an idea stands in a list."""

    deleted_at: datetime
    id: UUID


_places: Final = msgspec.json.Decoder(TrashPlace)


class Place(NamedTuple):
    """Where an idea is. Both may be None."""

    trashed: TrashedRow | None
    living: tuple[OpenVault, IdeaColumns] | None


def _trashed(vault: OpenVault | None, view: VaultView, columns: Row) -> TrashedRow:
    if vault is None:
        raise VaultMismatch(**vault_ids(view.id), table=TABLE)
    return TrashedRow(vault, IdeaColumns(*columns[:WIDTH]), columns[WIDTH], columns[WIDTH + 1])


async def page_of_trash(query: ListQuery, retention_days: int, time_slice: TimeSlice, vault: VaultView) -> TrashList:
    """`retention_days` is the settings' default. Shows only what is not too old to be kept.

    Raises CursorInvalid, VaultMismatch if the vault counts other rows than there are, and as `open_trashed`.
    """
    cipher = None if query.cursor is None else vault.cipher
    cursors, now = vault_cursors(cipher, query, _places, "trash"), datetime.now(UTC)
    after = cursors.place() or (None, None)
    seen = await vault.look(PAGE, query.rows_wanted, query.offset, retention_days, now, *after)
    counted, days, stored, shown, beyond = seen.rows[0][COUNTED:TRASHED]
    items: list[TrashedIdea] = []
    time_slice.restart()
    for row in seen.rows:
        if row[TRASHED] is None:
            continue
        found = _trashed(seen.vault, vault, row[TRASHED:])
        until = found.deleted_at + timedelta(days=days)
        items.append(TrashedIdea(**asdict(found.idea()), deleted_at=found.deleted_at, purged_at=until))
        await time_slice.rest_if_over()
    if stored != (counted or 0) or len(items) != max(0, min(query.rows_wanted, beyond - query.offset)):
        raise VaultMismatch(**vault_ids(vault.id), table=TABLE)
    page = cursors.page(items, shown, lambda idea: TrashPlace(idea.deleted_at, idea.id))
    return TrashList(
        items=list(page.rows),
        **page.fields(query),
    )


async def find_place(idea_id: UUID, retention_days: int, vault: VaultView) -> Place:
    """What is in the trash but too old to be kept is not found. Raises VaultMismatch as `find_idea`."""
    seen = await vault.look(ONE, idea_id, retention_days, datetime.now(UTC))
    trashed, living = seen.rows[0][VAULT_COLUMNS:][: WIDTH + 2], seen.rows[0][VAULT_COLUMNS + WIDTH + 2 :]
    if living[0] is not None and seen.vault is None:
        raise VaultMismatch(**vault_ids(vault.id))
    return Place(
        None if trashed[0] is None else _trashed(seen.vault, vault, trashed),
        None if living[0] is None or seen.vault is None else (seen.vault, IdeaColumns(*living)),
    )


async def deleted_at_time(deleted_at: datetime, vault: VaultView) -> Sequence[DeletedVersion]:
    """Returns what was deleted then and is still in the trash."""
    seen = await vault.look(DELETED_AT_TIME, deleted_at)
    rows = (row[VAULT_COLUMNS:] for row in seen.rows)
    return [DeletedVersion(*row) for row in rows if row[0] is not None]


async def expunge(idea_id: UUID, vault: WritableVault) -> None:
    """Raises NotInTrash."""
    seen = await vault.look(TO_EXPUNGE, idea_id)
    if seen.rows[0][VAULT_COLUMNS] is None:
        raise NotInTrash(idea_id)
    await _expunge([row[VAULT_COLUMNS:] for row in seen.rows], vault)


async def expunge_oldest(vault: WritableVault) -> bool:
    """Expunges the ideas that have been in the trash for longest. Returns whether there may be others."""
    seen = await vault.look(OLDEST, AT_ONCE)
    rows = [row[VAULT_COLUMNS:] for row in seen.rows if row[VAULT_COLUMNS] is not None]
    if rows:
        await _expunge(rows, vault)
    return len(rows) == AT_ONCE


async def has_trash(vault: VaultView) -> bool:
    seen = await vault.look(OLDEST, 1)
    return seen.rows[0][VAULT_COLUMNS] is not None


async def _expunge(rows: Sequence[Row], vault: WritableVault) -> None:
    """`rows` are those of OLDEST."""
    ids, times, sizes = map(list, zip(*rows, strict=True))
    size = sum(map(int, sizes))
    usage = UsageDelta(ideas=0, sealed_bytes=-size, trashed=-len(ids))
    await vault.apply(VaultChange(EXPUNGE, usage, 0, datetime.now(UTC), (ids, times, size)), vault.cipher)
