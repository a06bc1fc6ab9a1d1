"""Reads the ideas that a batch is about, and stores the batch: one statement each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from creatorvault.core.database.sessions import computing, run
from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.drafting import idea_tag
from creatorvault.ideas.history.sealing import VersionColumns, open_version, seal_deletion
from creatorvault.ideas.history.undo_tokens import Undo, undo_token
from creatorvault.ideas.many.batch import Batch, FoundId
from creatorvault.ideas.many.rows import change_of
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import IdeaColumns
from creatorvault.ideas.segments.growth import GrowingSegments
from creatorvault.ideas.statements.many import FORGOTTEN, ID, IDEA, IS_BURIED, KEEPS, NAMED, VERSIONS_BY_STAMP
from creatorvault.tenants.opening import LockedVault

WIDTH = len(IdeaColumns._fields)


class BatchStore:
    """Reads and stores batches. `retention_days` is the settings' default."""

    def __init__(self, retention_days: int, opened: OpenedIdeas, growing: GrowingSegments) -> None:
        self._retention_days = retention_days
        self._opened = opened
        self._growing = growing

    async def read(self, vault: LockedVault, ids: Iterable[UUID], *, grows: bool) -> Batch:
        """Reads the ideas with these ids. `grows` is as in `Quotas.ledger`."""
        seen = await vault.look(NAMED, list(dict.fromkeys(ids)), self._retention_days)
        assert seen.vault is not None  # noqa: S101 - it is locked
        found = {
            row[ID]: FoundId(None if row[IDEA] is None else IdeaColumns(*row[IDEA:]), row[IS_BURIED], row[FORGOTTEN])
            for row in seen.rows
            if row[ID] is not None
        }
        return Batch(seen.vault, found, self._opened, await vault.ledger(grows=grows), keeps=seen.rows[0][KEEPS])

    async def write(self, batch: Batch, vault: LockedVault, slices: TimeSlice) -> str | None:
        """Returns the token that undoes the deletions; None if nothing was moved to the trash.

        Raises as `LockedVault.apply`.
        """
        if not batch.made:
            return None
        cipher, now, deletions = vault.cipher, datetime.now(UTC), dict[UUID, bytes]()
        with computing(vault.session):
            if batch.keeps:
                for row in batch.deleted_rows:
                    deletions[row.id] = seal_deletion(cipher, row, now)
                    await slices.rest_if_over()
            change = change_of(batch, deletions, now)
        await vault.apply(change, cipher)
        return undo_token(cipher, Undo(now, batch.deleted)) if deletions else None

    async def report(self, batch: Batch, slices: TimeSlice) -> None:
        """Reports the committed changes to what collects ideas for segments."""
        vault = batch.vault
        slices.restart()
        for made in batch.made:
            revision = VaultRevision(vault.version.revision + made.place)
            if made.idea is None:
                self._growing.deleted(vault.id, revision, made.idea_id.bytes)
            else:
                self._growing.stored(vault.id, vault.cipher, revision, made.stamp, made.idea)
            await slices.rest_if_over()


async def ideas_of_versions(
    vault: LockedVault, versions: Sequence[tuple[UUID, str]], slices: TimeSlice
) -> Mapping[tuple[UUID, str], IdeaResponse]:
    """Returns ideas by id and entity tag, current or not, as far as they are kept. Raises as `open_version`."""
    if not versions:
        return {}
    ids, tags = map(list, zip(*versions, strict=True))
    rows = await run(
        vault.session, VERSIONS_BY_STAMP, str(vault.id.tenant_id), vault.id.user_id, ids, [*map(_stamp, tags)]
    )
    wanted, found = set(versions), dict[tuple[UUID, str], IdeaResponse]()
    with computing(vault.session):
        slices.restart()
        for row in rows:
            columns = IdeaColumns(*row[:WIDTH])
            name = columns.id, idea_tag(columns.stamp, columns.revision)
            if name in wanted:
                found[name] = open_version(vault.cipher, VersionColumns(columns, *row[WIDTH:]))
            await slices.rest_if_over()
    return found


def _stamp(tag: str) -> int:
    """Returns the stamp in an entity tag of ours; 0 of a row that has none."""
    stamp = tag.strip('"')
    return int(stamp, 16) if len(stamp) == 16 else 0
