"""Counts the ideas of a vault: by stage, priority, due date and month, and by tag."""

from bisect import bisect_left
from collections.abc import AsyncIterable, Sequence
from itertools import batched
from operator import add
from typing import Final, cast

import msgspec

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.errors import MOST_TAGS, TooManyTags
from creatorvault.ideas.ranks import PRIORITIES, STAGES
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.draft import Index
from creatorvault.ideas.search.filters import Bodies
from creatorvault.ideas.search.ordering import sort_in_turns
from creatorvault.ideas.search.slim_blocks import SlimBlock
from creatorvault.ideas.search.summaries import MONTHS, TagUse
from creatorvault.ideas.statistics.schemas import DueCounts, IdeaStats, MonthCounts, PriorityCounts, StageCounts

_encode: Final = msgspec.json.Encoder().encode


class CountIdeas:
    """A question, as `search.questions`. Overdue is what was due before `now`, in microseconds since 1970."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._total = self._dated = self._overdue = 0
        self._stages, self._priorities = [0] * len(STAGES), [0] * len(PRIORITIES)
        self._months: dict[int, list[int]] = {}

    async def of_index(self, search_index: Index, _bodies: Bodies, time_slice: TimeSlice) -> IdeaStats:
        time_slice.restart()
        for block in search_index.blocks:
            await self.add(block, time_slice)
        return await self.counted(time_slice)

    def of_stream(self) -> "CountIdeas":
        return self

    async def add(self, block: Block | SlimBlock, time_slice: TimeSlice) -> None:
        counts = await block.counts(time_slice)
        self._total += counts.ideas
        self._dated += len(counts.due)
        self._overdue += bisect_left(counts.due, self._now)
        self._stages = list(map(add, self._stages, counts.stages))
        self._priorities = list(map(add, self._priorities, counts.priorities))
        for month, created, due in batched(counts.months, 3, strict=True):
            known = self._months.setdefault(month, [0, 0])
            known[0] += created
            known[1] += due
        await time_slice.rest_if_over()

    async def result(self, _again: AsyncIterable[Block], time_slice: TimeSlice) -> IdeaStats:
        return await self.counted(time_slice)

    async def counted(self, time_slice: TimeSlice) -> IdeaStats:
        months: list[msgspec.Raw] = []
        for month, (created, due) in await sort_in_turns(list(self._months.items()), _by_month, time_slice):
            name = f"{month // MONTHS:04}-{month % MONTHS + 1:02}"
            months.append(msgspec.Raw(_encode(MonthCounts(month=name, created=created, due=due))))
            if time_slice.is_over:
                await time_slice.rest()
        return IdeaStats(
            total=self._total,
            by_stage=StageCounts(**{stage.value: self._stages[rank] for rank, stage in enumerate(STAGES)}),
            by_priority=PriorityCounts(**{one.value: self._priorities[rank] for rank, one in enumerate(PRIORITIES)}),
            by_due=DueCounts(
                none=self._total - self._dated, overdue=self._overdue, upcoming=self._dated - self._overdue
            ),
            by_month=cast("list[MonthCounts]", months),
        )


def _by_month(counted: tuple[int, list[int]]) -> tuple[int]:
    return counted[:1]


class CountTags:
    """A question: all tags of the vault, the most frequent first, equally frequent ones by their folded form."""

    def __init__(self) -> None:
        self._uses: dict[str, TagUse] = {}

    async def of_index(self, search_index: Index, _bodies: Bodies, time_slice: TimeSlice) -> Sequence[TagUse]:
        """Raises TooManyTags. The result is kept with the index; one request at a time computes it."""
        kept = search_index.tags
        async with kept.lock:
            if kept.uses is None:
                time_slice.restart()
                for block in search_index.blocks:
                    await self.add(block, time_slice)
                kept.keep(await self._sorted(time_slice))
            return kept.uses or ()

    def of_stream(self) -> "CountTags":
        return self

    async def add(self, block: Block | SlimBlock, time_slice: TimeSlice) -> None:
        uses = self._uses
        for use in await block.tags(time_slice):
            if (known := uses.setdefault(use.folded, use)) is not use:
                known.add(use)
        if len(uses) > MOST_TAGS:
            raise TooManyTags
        await time_slice.rest_if_over()

    async def result(self, _again: AsyncIterable[Block], time_slice: TimeSlice) -> Sequence[TagUse]:
        return await self._sorted(time_slice)

    async def _sorted(self, time_slice: TimeSlice) -> Sequence[TagUse]:
        return await sort_in_turns(list(self._uses.values()), _by_count, time_slice)


def _by_count(use: TagUse) -> tuple[int, str]:
    return -use.ideas, use.folded
