"""What statistics need of a block of ideas, so that a vault is counted without its ideas."""

from array import array
from asyncio import Lock
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from sys import getsizeof
from typing import Final, NamedTuple

import msgspec

from creatorvault.ideas.ranks import PRIORITIES, STAGES
from creatorvault.ideas.search.times import NO_DUE
from creatorvault.ideas.text.folding import fold_tag

MONTHS: Final = 12
DAY: Final = 24 * 60 * 60 * 1_000_000
DAYS_BEFORE_1970: Final = date(1970, 1, 1).toordinal()
REMEMBERED_DAYS: Final = 4096


class TagUse(msgspec.Struct, array_like=True, gc=False):
    """A tag of some ideas. `spelling` is that of the newest one, which was created at `created` and has the id `id`."""

    folded: str
    ideas: int
    created: int
    id: bytes
    spelling: str

    def add(self, other: "TagUse") -> None:
        """Adds the use of the same tag in other ideas."""
        self.ideas += other.ideas
        if (other.created, other.id) > (self.created, self.id):
            self.created, self.id, self.spelling = other.created, other.id, other.spelling


class KeptTags:
    """The tags of a vault at one version. `uses` is None until they are counted, by the request that holds `lock`."""

    __slots__ = ("lock", "size", "uses")

    def __init__(self) -> None:
        self.lock = Lock()
        self.uses: Sequence[TagUse] | None = None
        self.size = 0

    def keep(self, uses: Sequence[TagUse]) -> None:
        self.uses = uses
        self.size = USE_BYTES * len(uses) + sum([getsizeof(use.folded) + getsizeof(use.spelling) for use in uses])


class Counts(NamedTuple):
    """Of ideas. `stages` and `priorities` are counts by rank, `due` are the due dates in order, in microseconds.

    `months` are triples: a month, and the number of ideas that were created and that are due in it. A month is
    year * 12 + month, where January is 0.
    """

    ideas: int
    stages: Sequence[int]
    priorities: Sequence[int]
    due: Sequence[int]
    months: Sequence[int]


def count(created: Iterable[int], due: Iterable[int], stages: bytes, priorities: bytes) -> Counts:
    """The arguments have one value for each idea: microseconds since 1970, `due` perhaps NO_DUE, and ranks."""
    dated = array("q", sorted([time for time in due if time != NO_DUE]))
    months: dict[int, list[int]] = {}
    for place, times in enumerate((created, dated), start=1):
        for day, ideas in Counter([time // DAY for time in times]).items():
            month = _month_of(day)
            months.setdefault(month, [month, 0, 0])[place] += ideas
    return Counts(
        len(stages),
        [stages.count(rank) for rank in range(len(STAGES))],
        [priorities.count(rank) for rank in range(len(PRIORITIES))],
        dated,
        array("i", chain.from_iterable(months.values())),
    )


@lru_cache(REMEMBERED_DAYS)
def _month_of(day: int) -> int:
    """`day` is counted from the first of 1970."""
    the_date = date.fromordinal(day + DAYS_BEFORE_1970)
    return the_date.year * MONTHS + the_date.month - 1


def pack_tags(ids: Sequence[bytes], created: Sequence[int], tags: Sequence[Sequence[str]]) -> bytes:
    """Packs TagUses, each tag once. The arguments have one value for each idea. Tags are not folded."""
    folded = {tag: fold_tag(tag) for tag in set(chain.from_iterable(tags))}
    uses: dict[str, TagUse] = {}
    for idea_id, time, row in zip(ids, created, tags, strict=True):
        # Tags of an idea differ, but another version of Unicode may fold two of them alike.
        for tag, spelling in {folded[tag]: tag for tag in reversed(row)}.items():
            use = TagUse(tag, 1, time, idea_id, spelling)
            if (known := uses.setdefault(tag, use)) is not use:
                known.add(use)
    return _pack(list(uses.values()))


USE_BYTES: Final = 8 + sum(map(getsizeof, (TagUse("", 0, 2**60, bytes(16), ""), 2**60, bytes(16))))
"""Memory of a TagUse and of a pointer to it, without its texts."""

_pack: Final = msgspec.msgpack.Encoder().encode
unpack_tags: Final = msgspec.msgpack.Decoder(list[TagUse]).decode
