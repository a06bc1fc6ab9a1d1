"""Takes ideas back from the trash."""

from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Final
from uuid import UUID

from creatorvault.core.http.conditional import Precondition
from creatorvault.history.errors import NotInTrash, UndoSuperseded
from creatorvault.history.statements.trash import RESTORE, RESTORED
from creatorvault.history.trash import TrashedRow, find_place
from creatorvault.ideas.drafting import StoredIdea, idea_tag
from creatorvault.ideas.errors import IdeaNotFound
from creatorvault.ideas.history.undo_tokens import DeletedVersion
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.sealing import NONE_KEPT, IdeaColumns, IdeaSealer, Position, SealedRow
from creatorvault.ideas.segments.growth import GrowingSegments
from creatorvault.tenants.opening import OpenVault, WritableVault
from creatorvault.tenants.statements.changes import UsageDelta, VaultChange

_restored: Final[Callable[[SealedRow], tuple[object, ...]]] = attrgetter(*RESTORED)


class Restoring:
    """Of one request. An idea comes back as it was: with its id, its times, its version and those before it.

    An idea that lives is left as it is, so that a request may be repeated. `retention_days` is the settings' default.
    """

    def __init__(
        self, retention_days: int, opened: OpenedIdeas, growing: GrowingSegments, precondition: Precondition
    ) -> None:
        self._retention_days = retention_days
        self._opened = opened
        self._growing = growing
        self._precondition = precondition

    async def restore(self, idea_id: UUID, vault: WritableVault) -> StoredIdea:
        """Raises IdeaNotFound, then PreconditionFailed, and as `open_trashed`."""
        trashed, living = await find_place(idea_id, self._retention_days, vault)
        if living is not None:
            return self._living(*living)
        if trashed is None:
            raise IdeaNotFound(idea_id)
        return await self._restore(trashed, vault)

    async def undo(self, deleted: DeletedVersion, deleted_at: datetime, vault: WritableVault) -> StoredIdea:
        """Raises NotInTrash, UndoSuperseded, UndoExpired for an idea that is still in the trash, and as `restore`."""
        trashed, living = await find_place(deleted.id, self._retention_days, vault)
        if living is not None:
            return self._living(*living)
        if trashed is None:
            raise NotInTrash(deleted.id)
        if (trashed.row.stamp, trashed.deleted_at) != (deleted.stamp, deleted_at):
            raise UndoSuperseded
        return await self._restore(trashed, vault)

    def _living(self, vault: OpenVault, row: IdeaColumns) -> StoredIdea:
        tag = idea_tag(row.stamp, row.revision)
        idea = self._opened.idea(vault, row)
        self._precondition.check(tag, lambda: idea)
        return StoredIdea(idea, tag)

    async def _restore(self, trashed: TrashedRow, vault: WritableVault) -> StoredIdea:
        old = trashed.row
        self._precondition.check(idea_tag(old.stamp, old.revision), trashed.idea)
        idea, cipher = trashed.idea(), trashed.vault.cipher
        position = Position(old.number, NONE_KEPT if old.previous is None else old.previous)
        row = IdeaSealer.of(cipher).seal(idea, position, old.stamp or None)
        usage = UsageDelta(ideas=1, sealed_bytes=row.size - old.size, trashed=-1)
        given = (*_restored(row), old.stamp, trashed.deleted_at)
        restoration = VaultChange(RESTORE, usage, row.stamp, datetime.now(UTC), given)
        revision = await vault.apply(restoration, cipher)
        self._growing.stored(vault.id, cipher, revision, row.stamp, idea)
        return StoredIdea(idea, idea_tag(row.stamp, revision))
