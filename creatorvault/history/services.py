"""Undo for creators. A change is committed when its method returns.

Every method raises ServiceUnavailable and the errors of opening the vault, as `ideas.services.IdeaService` does.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID

import msgspec

from creatorvault.core.http.paging import CursorInvalid, ListQuery
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.crypto.cursors import vault_cursors
from creatorvault.history.differences import difference
from creatorvault.history.errors import UndoExpired
from creatorvault.history.restoring import Restoring
from creatorvault.history.retention import choose_retention, read_settings
from creatorvault.history.schemas import (
    CURRENT,
    IdeaVersion,
    TrashList,
    UndoResponse,
    VaultSettings,
    VaultSettingsUpdate,
    VersionDifference,
    VersionList,
)
from creatorvault.history.trash import deleted_at_time, expunge, expunge_oldest, has_trash, page_of_trash
from creatorvault.history.versions import versions_of
from creatorvault.ideas.drafting import StoredIdea
from creatorvault.ideas.errors import IdeaNotFound, UndoInvalid
from creatorvault.ideas.history.undo_tokens import Undo, read_undo_token
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.services import IdeaService
from creatorvault.tenants.opening import VaultView
from creatorvault.tenants.services import VaultService

_numbers: Final = msgspec.json.Decoder(tuple[int])


class TrashService:
    """The trash of one vault, for one request."""

    def __init__(self, vault: VaultService, restoring: Restoring, budget: EventLoopBudget) -> None:
        self._vault = vault
        self._restoring = restoring
        self._budget = budget

    async def page(self, query: ListQuery) -> TrashList:
        """Raises CursorInvalid, VaultMismatch, and the alerts of what does not open."""
        time_slice = TimeSlice(self._budget)
        read = partial(page_of_trash, query, self._vault.default_retention_days, time_slice)
        return await self._vault.read(read, CursorInvalid)

    async def restore(self, idea_id: UUID) -> StoredIdea:
        """Returns an idea that lives as it is. Raises IdeaNotFound, PreconditionFailed and QuotaExceeded."""
        return await self._vault.write(partial(self._restoring.restore, idea_id), idea_id)

    async def undo(self, token: str) -> UndoResponse:
        """Restores what one request has deleted; several ideas in one transaction.

        Raises UndoInvalid, UndoExpired, UndoSuperseded, NotInTrash and QuotaExceeded.
        """
        undo = await self._vault.read(partial(_opened, token), UndoInvalid)
        if undo.is_expired(datetime.now(UTC)):
            raise UndoExpired
        if len(undo.versions) == 1:
            [version] = undo.versions
            stored = await self._vault.write(partial(self._restoring.undo, version, undo.deleted_at), version.id)
            return UndoResponse(items=[stored.idea])
        return UndoResponse(items=await self._undo_many(undo))

    async def _undo_many(self, undo: Undo) -> list[IdeaResponse]:
        items, time_slice = list[IdeaResponse](), TimeSlice(self._budget)
        left = undo.versions or await self._vault.read(partial(deleted_at_time, undo.deleted_at))
        while left:
            async with self._vault.transaction() as vault:
                # The rest of them follow under the next key, which another transaction makes.
                restored = left[: vault.last_revision - vault.revision]
                for version in restored:
                    items.append((await self._restoring.undo(version, undo.deleted_at, vault)).idea)
                    await time_slice.rest_if_over()
            left = left[len(restored) :]
        return items

    async def expunge(self, idea_id: UUID) -> None:
        """Raises NotInTrash."""
        await self._vault.write(partial(expunge, idea_id), idea_id)

    async def empty(self) -> None:
        """In several transactions, so that other changes of the vault go on meanwhile."""
        if await self._vault.read(has_trash):
            while await self._vault.write(expunge_oldest):
                pass


class VersionService:
    """The versions of the ideas of one vault, for one request."""

    def __init__(self, vault: VaultService, ideas: IdeaService) -> None:
        self._vault = vault
        self._ideas = ideas

    async def page(self, idea_id: UUID, query: ListQuery) -> VersionList:
        """Raises IdeaNotFound, CursorInvalid, VaultMismatch if versions are missing, and the alerts of what does not
        open.
        """
        async with self._vault.snapshot() as snapshot:
            if snapshot.vault is None:
                raise IdeaNotFound(idea_id)
            versions = await versions_of(idea_id, self._vault.retention_days(snapshot.vault), snapshot)
            cursors = vault_cursors(snapshot.cipher, query, _numbers, "versions", idea_id.bytes)
            [after] = cursors.place() or (None,)
            first = query.offset if after is None else sum(link.number >= after for link in versions.kept)
            links = versions.kept[first : first + query.rows_wanted]
            page = cursors.page(links, len(versions.kept), lambda link: (link.number,))
            items = await versions.page(first, query.limit)
        return VersionList(
            items=items,
            current=versions.current,
            **page.fields(query),
        )

    async def one(self, idea_id: UUID, number: int) -> IdeaVersion:
        """Raises as `page`, and VersionNotFound."""
        [version] = await self._some(idea_id, number)
        return version

    async def compare(self, idea_id: UUID, number: int, to: str) -> VersionDifference:
        """`to` is a number or CURRENT. Raises as `one`."""
        before, after = await self._some(idea_id, number, None if to == CURRENT else int(to))
        return difference(before, after)

    async def restore(self, idea_id: UUID, number: int) -> StoredIdea:
        """Gives the idea the content of an earlier version, as any other change. Raises as `one` and `IdeaService`."""
        return await self._ideas.revert(idea_id, await self.one(idea_id, number))

    async def _some(self, idea_id: UUID, *numbers: int | None) -> list[IdeaVersion]:
        """None is the number of the current version."""
        async with self._vault.snapshot() as snapshot:
            if snapshot.vault is None:
                raise IdeaNotFound(idea_id)
            versions = await versions_of(idea_id, self._vault.retention_days(snapshot.vault), snapshot)
            return [await versions.one(versions.current if number is None else number) for number in numbers]


class SettingsService:
    """The settings of one vault."""

    def __init__(self, vault: VaultService) -> None:
        self._vault = vault

    async def read(self) -> VaultSettings:
        return await self._vault.read(partial(read_settings, self._vault.default_retention_days))

    async def change(self, given: VaultSettingsUpdate) -> VaultSettings:
        """With a retention of 0, what is kept is deleted in the same transaction."""
        if "retention_days" not in given.model_fields_set:
            return await self.read()
        async with self._vault.transaction() as vault:
            return await choose_retention(given.retention_days, self._vault.default_retention_days, vault)


async def _opened(token: str, vault: VaultView) -> Undo:
    """Raises UndoInvalid."""
    seen = await vault.look()
    return read_undo_token(None if seen.vault is None else seen.vault.cipher, token)
