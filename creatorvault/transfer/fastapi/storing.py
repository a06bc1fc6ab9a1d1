"""Stores batches of one creator's ideas, reads them back, and says what has become of each.

An idea is stored once, and replaced when its row has changed. What its creator has done to it in CreatorVault stays:
the stamp of an imported version is remembered, and every change gives an idea another one.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final, NamedTuple
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
from creatorvault.transfer.fastapi.vault_ideas import SeenIdea, VaultIdeas

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


def judged(idea: IdeaResponse, seen: SeenIdea) -> Verdict:
    if seen.stamp is None:
        return Verdict.ABSENT if seen.imported is None else Verdict.DELETED
    if seen.idea is None:
        return Verdict.DIFFERENT
    if seen.idea == idea:
        return Verdict.SAME
    if seen.stamp != seen.imported:
        return Verdict.CHANGED
    is_later = seen.idea.updated_at != idea.updated_at and seen.idea.created_at == idea.created_at
    return Verdict.OUTDATED if is_later else Verdict.DIFFERENT


class Judged(NamedTuple):
    idea: IdeaResponse
    seen: SeenIdea
    verdict: Verdict


NOTHING: Final = SeenIdea(None, None, None)


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
        left = {idea.id: idea for idea in reversed(ideas)}
        if len(left) < len(ideas):  # in another spelling, or in a table without a key
            repeated = [idea for idea in ideas if left[idea.id] is not idea]
            for idea in repeated:
                self._report.broken(BrokenRow(user_id, str(idea.id), [REPEATED]))
        self._tally.accepted += len(left)
        try:
            await self._take(VaultIdeas(self._target, self._target.vault(user_id), self._budget), left)
        except (Forbidden, Alert) as refusal:
            reason = refusal.alarm if isinstance(refusal, Alert) else type(refusal).__name__
            self._report.found(Kind.REFUSED, user_id, left, reason)

    async def _take(self, vault: VaultIdeas, left: dict[UUID, IdeaResponse]) -> None:
        """Removes from `left` what is settled. Other tasks change the tally while this one waits."""
        found = await self._judged(vault, left.values())
        absent = [one.idea for one in found if one.verdict is Verdict.ABSENT]
        outdated = [one for one in found if one.verdict is Verdict.OUTDATED]
        if len(absent) + len(outdated) < len(found):
            settled = [one for one in found if one.verdict not in {Verdict.ABSENT, Verdict.OUTDATED}]
            same = await self._settle(vault, settled, left)
            self._tally.already_stored += same
        if absent:
            async for _ in store_batches(vault.vault, _alone(absent), self._budget, vault.remember_rows):
                pass
            same = await self._settle(vault, await self._judged(vault, absent), left)
            self._tally.stored += same
        for one in outdated:
            with suppress(PreconditionFailed, IdeaNotFound):  # a conflict, which is found when it is read again
                await vault.replace(one.idea, one.seen.imported or 0)
        if outdated:
            found = await self._judged(vault, [one.idea for one in outdated])
            same = await self._settle(vault, found, left, datetime.now(UTC))
            self._tally.replaced += same

    async def _judged(self, vault: VaultIdeas, ideas: Iterable[IdeaResponse]) -> Sequence[Judged]:
        seen = await vault.seen([idea.id for idea in ideas])
        found = [(idea, seen.get(idea.id, NOTHING)) for idea in ideas]
        return [Judged(idea, as_seen, judged(idea, as_seen)) for idea, as_seen in found]

    async def _settle(
        self,
        vault: VaultIdeas,
        found: Sequence[Judged],
        left: dict[UUID, IdeaResponse],
        changed_at: datetime | None = None,
    ) -> int:
        """Returns how many are the same, and remembers them. What is absent or outdated now was not stored."""
        tally, digest = self._tally, self._key.of
        unremembered = list[tuple[UUID, int]]()
        same = 0
        for idea, seen, verdict in found:
            if verdict is Verdict.SAME:
                same += 1
                if seen.stamp is not None and seen.stamp != seen.imported:
                    unremembered.append((idea.id, seen.stamp))
            tally.remembered += verdict is Verdict.SAME or seen.imported is not None
            if verdict in CONFLICTS:
                self._report.found(Kind.CONFLICT, idea.user_id, [idea.id], CONFLICTS[verdict])
                continue
            tally.source.add(digest(idea))
            if seen.idea is not None:
                tally.vaults.add(digest(seen.idea))
            if verdict is not Verdict.SAME:
                self._report.found(Kind.MISMATCH, idea.user_id, [idea.id], _difference(idea, seen))
        if unremembered:
            await vault.remember(unremembered, changed_at)
        for idea, _, _ in found:
            del left[idea.id]
        return same


CONFLICTS: Final = {Verdict.CHANGED: CHANGED, Verdict.DELETED: DELETED}


def _difference(idea: IdeaResponse, seen: SeenIdea) -> str:
    if seen.stamp is None:
        return ABSENT
    if seen.idea is None:
        return UNREADABLE
    return DIFFERENT if seen.idea.created_at == idea.created_at else CREATED_AT


async def _alone(ideas: Sequence[IdeaResponse]) -> AsyncGenerator[Sequence[IdeaResponse]]:
    yield ideas
