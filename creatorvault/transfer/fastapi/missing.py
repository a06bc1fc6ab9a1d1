"""Finds ideas that were imported and whose rows are gone: a table has no trace of what was deleted."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from creatorvault.core.database.sessions import run
from creatorvault.core.errors import Alert, Forbidden, PreconditionFailed
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.ideas.errors import IdeaNotFound
from creatorvault.tenants.services import VaultService
from creatorvault.transfer.fastapi.report import Kind, Report
from creatorvault.transfer.fastapi.source import SourceSnapshot
from creatorvault.transfer.fastapi.statements import NEXT_REMEMBERED
from creatorvault.transfer.fastapi.table import SourceTable
from creatorvault.transfer.fastapi.target import Target
from creatorvault.transfer.fastapi.vault_ideas import VaultIdeas

AT_ONCE: Final = 500
BEGINNING: Final = UUID(int=0)
GONE: Final = "no row of the source any more"
CHANGED: Final = "no row of the source any more, but changed in CreatorVault"


class MissingIdeas:
    """After a pass over everything, in the same snapshot. Ideas that no import has stored are never looked at."""

    def __init__(self, target: Target, snapshot: SourceSnapshot, report: Report, *, delete: bool) -> None:
        self._target = target
        self._snapshot = snapshot
        self._report = report
        self._delete = delete
        self._budget = EventLoopBudget()

    async def find(self, table: SourceTable) -> None:
        """Reports them, and deletes those that their creators have not changed if that is asked for.

        Nothing is missing if the pass has seen as many imported ideas as are remembered, and none of them twice.
        """
        if table.has_unique_ids and self._report.tally.remembered == await self._target.remembered():
            return
        async for vault in self._target.vaults_of_source():
            try:
                await self._find_in(vault)
            except (Forbidden, Alert) as refusal:
                reason = refusal.alarm if isinstance(refusal, Alert) else type(refusal).__name__
                self._report.found(Kind.REFUSED, vault.id.user_id, [""], reason)

    async def _find_in(self, vault: VaultService) -> None:
        ideas, after, user_id = VaultIdeas(self._target, vault, self._budget), BEGINNING, vault.id.user_id
        while rows := await self._remembered(vault, after):
            after = rows[-1]
            existing = await self._snapshot.existing(user_id, rows)
            if gone := [idea_id for idea_id in rows if idea_id not in existing]:
                await self._judge(ideas, user_id, gone)

    async def _remembered(self, vault: VaultService, after: UUID) -> Sequence[UUID]:
        async with self._target.vaults.database.reading(vault.id.tenant_id) as session:
            scope = str(vault.id.tenant_id), vault.id.user_id
            rows = await run(session, NEXT_REMEMBERED, *scope, self._target.source_id, after, AT_ONCE)
        return [row[0] for row in rows]

    async def _judge(self, ideas: VaultIdeas, user_id: str, gone: Sequence[UUID]) -> None:
        seen = await ideas.seen(gone)
        forgotten = list[UUID]()
        for idea_id, (stamp, imported, _) in seen.items():
            if stamp is None:  # deleted here as well
                forgotten.append(idea_id)
            elif stamp != imported:
                self._report.found(Kind.CONFLICT, user_id, [idea_id], CHANGED)
            elif not self._delete:
                self._report.found(Kind.MISSING, user_id, [idea_id], GONE)
            else:
                try:
                    await ideas.delete(idea_id, stamp)
                except (PreconditionFailed, IdeaNotFound):
                    self._report.found(Kind.CONFLICT, user_id, [idea_id], CHANGED)
                else:
                    self._report.found(Kind.DELETED, user_id, [idea_id], GONE)
                    forgotten.append(idea_id)
        if forgotten:
            await ideas.forget(forgotten)
