"""Blocks of ideas as columns, without their JSON: what is needed to find ideas and to sort them."""

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from itertools import accumulate, chain, pairwise
from operator import xor
from typing import Final, NamedTuple, Self
from zlib import compress, decompress

import msgspec

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.search.blocks import ID_BYTES, STAMP_BYTES, Block, ids_in, packed_stamps, stamps_in
from creatorvault.ideas.search.documents import read_values
from creatorvault.ideas.search.filters import Filter
from creatorvault.ideas.search.needles import Find
from creatorvault.ideas.search.ordering import SortField, SortKey, due_or_first
from creatorvault.ideas.search.summaries import Counts, TagUse, count, pack_tags, unpack_tags
from creatorvault.ideas.search.times import EVER, NO_DUE, microseconds
from creatorvault.ideas.text.collation import title_key
from creatorvault.ideas.text.folding import fold_tag

FAST: Final = 1
"""The level of compression: titles and tags are needed for one order and one filter only."""

TIME_BYTES: Final = 8
BYTES_PER_IDEA: Final = ID_BYTES + STAMP_BYTES + TIME_BYTES + 4 + 1 + 1 + 8
"""Of the columns for id, stamp, creation, end of text, stage, priority and head of the title's sort key."""

BLOCK_BYTES: Final = 1600
"""Memory of a block's objects beside the bytes in them."""

HEAD_BYTES: Final = 8
HIGHEST_HEAD: Final = 256**HEAD_BYTES - 1

type SlimIdea = tuple[bytes, int, bytes, str, list[str], int, int, int, int, int]
"""Id, stamp, text, title, tags, times of creation, update and publication, ranks of stage and priority: a row of
`Columns`.
"""


class Columns(NamedTuple):
    """Ideas, one column for each part. `texts` are folded (`OpenedIdea.text`) and contiguous, `ends` their end
    positions. Titles and tags are not folded. Times are microseconds since 1970; `due` may be NO_DUE.
    """

    ids: bytes
    stamps: bytes
    texts: bytes
    ends: Sequence[int]
    titles: Sequence[str]
    tags: Sequence[Sequence[str]]
    created: Sequence[int]
    updated: Sequence[int]
    due: Sequence[int]
    stages: bytes
    priorities: bytes


class SlimBlock:
    """At least one idea, as columns. Immutable. `size`, `revisions` and `digest` as in `Block`."""

    __slots__ = (
        *(
            "_created",
            "_due",
            "_ends",
            "_heads",
            "_ids",
            "_priorities",
            "_stages",
            "_stamps",
            "_tags",
            "_texts",
            "_titles",
            "_updated",
        ),
        *("digest", "revisions", "size"),
    )

    def __init__(self, columns: Columns, digest: int, revisions: tuple[int, int]) -> None:
        self.revisions = revisions
        self.digest = digest
        self._ids = columns.ids
        self._stamps = columns.stamps
        self._texts = columns.texts
        self._ends = array("I", columns.ends)
        self._titles = compress(_pack(columns.titles), FAST)
        self._tags = compress(_pack(columns.tags), FAST)
        self._heads: array[int] | None = None
        self._created = array("q", columns.created)
        # Equal for many vaults.
        self._updated = self._created if columns.created == columns.updated else array("q", columns.updated)
        # None if no idea has a due date.
        self._due = array("q", columns.due) if min(columns.due) != NO_DUE else None
        self._stages = columns.stages
        self._priorities = columns.priorities
        times = (self._updated is not self._created) + (self._due is not None)
        per_idea = BYTES_PER_IDEA + times * TIME_BYTES
        self.size = BLOCK_BYTES + len(self) * per_idea + sum(map(len, (self._texts, self._titles, self._tags)))

    @classmethod
    def of(cls, block: Block) -> Self:
        """Shares the ids, stamps and texts of the block."""
        read = [read_values(body) for body in block.bodies]
        created = [microseconds(values.created_at) for values in read]
        columns = Columns(
            *block.packed_columns,
            titles=[values.title for values in read],
            tags=[values.tags for values in read],
            created=created,
            updated=[
                first if values.updated_at == values.created_at else microseconds(values.updated_at)
                for first, values in zip(created, read, strict=True)
            ],
            due=[values.due for values in read],
            stages=bytes([STAGE_RANK[values.stage] for values in read]),
            priorities=bytes([PRIORITY_RANK[values.priority] for values in read]),
        )
        return cls(columns, block.digest, block.revisions)

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def ids(self) -> Sequence[bytes]:
        return ids_in(self._ids)

    async def counts(self, _time_slice: TimeSlice) -> Counts:
        """Computed each time, from columns, as `tags` are."""
        return count(self._created, self._all_due(), self._stages, self._priorities)

    async def tags(self, _time_slice: TimeSlice) -> list[TagUse]:
        return unpack_tags(pack_tags(self.ids, self._created, self._all_tags()))

    def stamp(self, place: int) -> int:
        return int.from_bytes(self._stamps[place * STAMP_BYTES : (place + 1) * STAMP_BYTES])

    def without(self, gone: Collection[bytes]) -> Self | None:
        """Returns a block of the ideas with other ids, or None if there are none."""
        left = [idea for idea in self._ideas() if idea[0] not in gone]
        return self._made(left, self.revisions) if left else None

    def joined(self, other: Self) -> Self:
        """Returns a block of the ideas of both. They must have none in common."""
        first, last = zip(self.revisions, other.revisions, strict=True)
        return self._made([*self._ideas(), *other._ideas()], (min(first), max(last)))

    def matching(self, wanted: Filter, find: Find | None) -> Sequence[int]:
        """Returns the places of the ideas that match the filter. `find` finds its needle; None if it has none."""
        places: Sequence[int] = range(len(self)) if find is None else self._holding(find)
        if wanted.stages:
            places = [place for place in places if self._stages[place] in wanted.stages]
        if wanted.priorities:
            places = [place for place in places if self._priorities[place] in wanted.priorities]
        if wanted.tags and places:
            tags = self._all_tags()
            spellings = {tag for tag in set(chain.from_iterable(tags)) if fold_tag(tag) in wanted.tags}
            places = [place for place in places if not spellings.isdisjoint(tags[place])]
        for (first, until), times in (
            (wanted.due, self._all_due()),
            (wanted.created, self._created),
            (wanted.updated, self._updated),
        ):
            if (first, until) != EVER:
                places = [place for place in places if first <= times[place] < until]
        return places

    async def sort_keys(self, sort: SortField, places: Iterable[int], time_slice: TimeSlice) -> list[SortKey]:
        """Returns the sort keys of `ordering.SORT_KEYS`, with times as microseconds."""
        ids = self.ids
        if sort == "title":
            titles, keys = self._all_titles(), list[SortKey]()
            for place in places:
                keys.append((*title_key(titles[place]), ids[place]))
                if time_slice.is_over:
                    await time_slice.rest()
            return keys
        if sort == "due_date_or_first":
            due = self._all_due()
            return [(due_or_first(due[place]), ids[place]) for place in places]
        column = {
            "created_at": self._created,
            "updated_at": self._updated,
            "stage": self._stages,
            "priority": self._priorities,
            "due_date": self._all_due(),
        }[sort]
        return [(column[place], ids[place]) for place in places]

    async def heads(self, time_slice: TimeSlice) -> Sequence[int]:
        """Returns the first `HEAD_BYTES` of each title's sort key as a number. They are computed on first use."""
        if self._heads is None:
            heads: list[int] = []
            for title in self._all_titles():
                heads.append(head_of(title_key(title)[0]))
                if time_slice.is_over:
                    await time_slice.rest()
            self._heads = array("Q", heads)
        return self._heads

    def _all_titles(self) -> list[str]:
        return _unpack_titles(decompress(self._titles))

    def _all_tags(self) -> list[list[str]]:
        return _unpack_tags(decompress(self._tags))

    def _all_due(self) -> "array[int]":
        return array("q", [NO_DUE]) * len(self) if self._due is None else self._due

    def _holding(self, find: Find) -> list[int]:
        texts, ends, found = self._texts, self._ends, list[int]()
        at = find(texts, 0)
        while at >= 0:
            place = bisect_right(ends, at)
            found.append(place)
            at = find(texts, ends[place])
        return found

    def _ideas(self) -> list[SlimIdea]:
        texts = [self._texts[start:end] for start, end in pairwise([0, *self._ends])]
        titles, tags = self._all_titles(), self._all_tags()
        numbers = self._created, self._updated, self._all_due(), self._stages, self._priorities
        return list(zip(self.ids, stamps_in(self._stamps), texts, titles, tags, *numbers, strict=True))

    @classmethod
    def _made(cls, ideas: Sequence[SlimIdea], revisions: tuple[int, int]) -> Self:
        ids, stamps, texts, titles, tags, created, updated, due, stages, priorities = zip(*ideas, strict=True)
        packed = b"".join(ids), packed_stamps(stamps), b"".join(texts), list(accumulate(map(len, texts)))
        columns = Columns(*packed, titles, tags, created, updated, due, bytes(stages), bytes(priorities))
        return cls(columns, reduce(xor, stamps, 0), revisions)


def head_of(title_order: bytes) -> int:
    return int.from_bytes(title_order[:HEAD_BYTES].ljust(HEAD_BYTES, b"\0"))


_pack: Final = msgspec.msgpack.Encoder().encode
_unpack_titles: Final = msgspec.msgpack.Decoder(list[str]).decode
_unpack_tags: Final = msgspec.msgpack.Decoder(list[list[str]]).decode
