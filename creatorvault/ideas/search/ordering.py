"""Sort orders of ideas. Every order ends with the id, so that pages neither skip nor repeat ideas."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import batched, chain
from typing import Literal, NamedTuple, Self, cast
from uuid import UUID

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.documents import Document
from creatorvault.ideas.search.times import EVER, NO_DUE
from creatorvault.ideas.text.collation import title_key

type SortField = Literal["created_at", "updated_at", "title", "priority", "stage", "due_date", "due_date_or_first"]
"""Ideas without a due date are last in both directions. `due_date` has them last, for the ascending direction;
`due_date_or_first` has them first, and is read backwards for the descending one.
"""
type SortKey = tuple[datetime | str | int | bytes, ...]

RUN_ROWS = 1024
"""Sorting this many takes less than a millisecond."""


def due_or_first(due: int) -> int:
    return EVER.first if due == NO_DUE else due


SORT_KEYS: dict[SortField, Callable[[Document], SortKey]] = {
    "created_at": lambda document: ((document.known_keys or document.keys).created_at, document.id),
    "updated_at": lambda document: ((document.known_keys or document.keys).updated_at, document.id),
    "title": lambda document: ((keys := document.known_keys or document.keys).title_order, keys.title, document.id),
    "priority": lambda document: ((document.known_keys or document.keys).priority, document.id),
    "stage": lambda document: ((document.known_keys or document.keys).stage, document.id),
    "due_date": lambda document: ((document.known_keys or document.keys).due, document.id),
    "due_date_or_first": lambda document: (due_or_first((document.known_keys or document.keys).due), document.id),
}


class Place(NamedTuple):
    """The position of an idea in an order: the sort value, which is a title, a time or a number, and the id."""

    value: datetime | str | int
    id: UUID

    @classmethod
    def of(cls, key: SortKey) -> Self:
        return cls(cast("datetime | str | int", key[-2]), UUID(bytes=cast("bytes", key[-1])))

    @property
    def key(self) -> SortKey:
        value = title_key(self.value) if isinstance(self.value, str) else (self.value,)
        return (*value, self.id.bytes)


async def sort_in_turns[T](rows: Sequence[T], key: Callable[[T], SortKey], time_slice: TimeSlice) -> list[T]:
    """Sorts as `sorted` does, without holding the event loop longer than a run of `RUN_ROWS` takes.

    A sample sort: each run is sorted separately, pivots are sampled from the runs, and the rows between two pivots in
    all runs are sorted together.
    """
    runs = []
    for run in batched(rows, RUN_ROWS):
        runs.append(sorted(run, key=key))
        await time_slice.rest_if_over()
    if len(runs) < 2:
        return runs[0] if runs else []
    sample = sorted(key(row) for run in runs for row in run[:: RUN_ROWS // 8])
    pivots = sample[8::8]
    result: list[T] = []
    starts = [0] * len(runs)
    for pivot in [*pivots, None]:
        ends = [len(run) if pivot is None else bisect_left(run, pivot, key=key) for run in runs]
        pieces = [run[start:end] for run, start, end in zip(runs, starts, ends, strict=True)]
        result.extend(sorted(chain.from_iterable(pieces), key=key))
        starts = ends
        await time_slice.rest_if_over()
    return result
