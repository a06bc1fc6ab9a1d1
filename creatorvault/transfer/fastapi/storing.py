"""Stores batches of one creator's ideas, reads them back, and says what has become of each.

An idea is stored once, and replaced when its row has changed. What its creator has done to it in CreatorVault stays:
the stamp of an imported version is remembered, and every change gives an idea another one.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final
from uuid import UUID

from creatorvault.core.errors import Alert, Forbidden, PreconditionFailed
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.ideas.bulk import store_batches
from creatorvault.ideas.errors import IdeaNotFound
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.transfer.fastapi.digests import DigestKey
from creatorvault.transfer.fastapi.report import Kind, Report
from creatorvault.transfer.fastapi.rows import BrokenRow
from creatorvault.transfer.fastapi.target import Target
from creatorvault.transfer.fastapi.vault_ideas import Seen, VaultIdeas

REPEATED: Final = "id: repeated"
CHANGED: Final = "changed in CreatorVault"
DELETED: Final = "deleted in CreatorVault"
ABSENT: Final = "is not stored"
UNREADABLE: Final = "cannot be opened"
DIFFERENT: Final = "differs, though nobody has changed it in CreatorVault and updated_at is the same"
CREATED_AT: Final = "differs in created_at"


class Verdict(Enum):
    """An idea of the source beside the vault. OUTDATED: its row has changed since it was imported."""

    SAME = auto()
    ABSENT = auto()
    OUTDATED = auto()
    CHANGED = auto()
    DELETED = auto()
    DIFFERENT = auto()


def judged(idea: IdeaResponse, seen: Seen) -> Verdict:
    version, imported = seen.stored.get(idea.id), seen.imported.get(idea.id)
    if version is None:
        return Verdict.ABSENT if imported is None else Verdict.DELETED
    if version.idea is None:
        return Verdict.DIFFERENT
    if version.idea == idea:
        return Verdict.SAME
    if version.stamp != imported:
        return Verdict.CHANGED
    is_later = version.idea.updated_at != idea.updated_at and version.idea.created_at == idea.created_at
    return Verdict.OUTDATED if is_later else Verdict.DIFFERENT


class Storing:
    """Of one pass. `report` gets numbers, digests and lines."""

    def __init__(self, target: Target, report: Report) -> None:
        self._target = target
        self._report = report
        self._tally = report.tally
        self._key = DigestKey()
        self._budget = EventLoopBudget()

    async def take(self, user_id: str, ideas: Sequence[IdeaResponse]) -> None:
        """Raises ServiceUnavailable. What the vault refuses is reported."""
        left = dict[UUID, IdeaResponse]()
        for idea in ideas:
            if left.setdefault(idea.id, idea) is not idea:  # in another spelling, or in a table without a key
                self._report.broken(BrokenRow(user_id, str(idea.id), [REPEATED]))
        self._tally.accepted += len(left)
        try:
            await self._take(VaultIdeas(self._target, self._target.vault(user_id), self._budget), left)
        except (Forbidden, Alert) as refusal:
            reason = refusal.code if isinstance(refusal, Alert) else type(refusal).__name__
            self._report.found(Kind.REFUSED, user_id, left, reason)

    async def _take(self, vault: VaultIdeas, left: dict[UUID, IdeaResponse]) -> None:
        """Removes from `left` what is settled."""
        seen = await vault.seen([*left])
        verdicts = _verdicts(left.values(), seen)
        absent = [idea for idea in left.values() if verdicts[idea.id] is Verdict.ABSENT]
        outdated = [idea for idea in left.values() if verdicts[idea.id] is Verdict.OUTDATED]
        settled = {idea_id: v for idea_id, v in verdicts.items() if v not in {Verdict.ABSENT, Verdict.OUTDATED}}
        self._tally.already_stored += await self._settle(vault, left, seen, settled)
        if absent:
            async for _ in store_batches(vault.vault, _alone(absent), self._budget, vault.remember_rows):
                pass
        for idea in outdated:
            with suppress(PreconditionFailed, IdeaNotFound):  # a conflict, which is found when it is read again
                await vault.replace(idea, seen.imported[idea.id])
        if left:
            await self._confirm(vault, left, absent, outdated)

    async def _confirm(
        self,
        vault: VaultIdeas,
        left: dict[UUID, IdeaResponse],
        absent: Sequence[IdeaResponse],
        outdated: Sequence[IdeaResponse],
    ) -> None:
        """Reads back what was stored."""
        seen = await vault.seen([*left])
        now = datetime.now(UTC)
        self._tally.stored += await self._settle(vault, left, seen, _verdicts(absent, seen))
        self._tally.replaced += await self._settle(vault, left, seen, _verdicts(outdated, seen), now)

    async def _settle(
        self,
        vault: VaultIdeas,
        left: dict[UUID, IdeaResponse],
        seen: Seen,
        verdicts: Mapping[UUID, Verdict],
        changed_at: datetime | None = None,
    ) -> int:
        """Returns how many are the same, and remembers them. What is still absent or outdated was not stored."""
        tally, digest = self._tally, self._key.of
        unremembered = dict[UUID, int]()
        for idea_id, verdict in verdicts.items():
            idea, version = left[idea_id], seen.stored.get(idea_id)
            if verdict is Verdict.SAME and version is not None and seen.imported.get(idea_id) != version.stamp:
                unremembered[idea_id] = version.stamp
            tally.remembered += verdict is Verdict.SAME or idea_id in seen.imported
            if verdict in {Verdict.CHANGED, Verdict.DELETED}:
                reason = CHANGED if verdict is Verdict.CHANGED else DELETED
                self._report.found(Kind.CONFLICT, idea.user_id, [idea_id], reason)
                continue
            tally.source.add(digest(idea))
            if version is not None and version.idea is not None:
                tally.vaults.add(digest(version.idea))
            if verdict is not Verdict.SAME:
                self._report.found(Kind.MISMATCH, idea.user_id, [idea_id], _difference(idea, seen))
        if unremembered:
            await vault.remember(unremembered, changed_at)
        for idea_id in verdicts:
            del left[idea_id]
        return [*verdicts.values()].count(Verdict.SAME)


def _verdicts(ideas: Iterable[IdeaResponse], seen: Seen) -> dict[UUID, Verdict]:
    return {idea.id: judged(idea, seen) for idea in ideas}


def _difference(idea: IdeaResponse, seen: Seen) -> str:
    version = seen.stored.get(idea.id)
    if version is None:
        return ABSENT
    if version.idea is None:
        return UNREADABLE
    return DIFFERENT if version.idea.created_at == idea.created_at else CREATED_AT


async def _alone(ideas: Sequence[IdeaResponse]) -> AsyncGenerator[Sequence[IdeaResponse]]:
    yield ideas
