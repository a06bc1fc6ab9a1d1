"""One idea as a corpus holds it: folded for searching, and encoded for answering."""

from datetime import datetime
from sys import getsizeof

import msgspec

from creatorvault.ideas.folding import fold, fold_tag, title_key
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import IdeaResponse

POINTER_BYTES = 8
PLACES = 12
"""Pointers that a corpus keeps to an entry: in each of five orders, in results of late, in the dictionary by id."""

_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, gc=False):
    """`haystack` is the folded title and notes, parted by U+0000, which no text of an idea and no search can hold.

    `body` is the idea's JSON, so that a page is answered without opening or encoding an idea again.
    Not tracked by the garbage collector, which would walk through all of them again and again; it is never in a cycle.
    """

    id: int
    stage: int
    priority: int
    created_at: datetime
    updated_at: datetime
    title: str
    folded_title: str
    haystack: str
    tags: tuple[str, ...]
    body: bytes

    @classmethod
    def of(cls, idea: IdeaResponse) -> "Entry":
        folded_title, title = title_key(idea.title)
        return cls(
            id=idea.id.int,
            stage=STAGE_RANK[idea.stage],
            priority=PRIORITY_RANK[idea.priority],
            created_at=idea.created_at,
            updated_at=idea.updated_at,
            title=title,
            folded_title=folded_title,
            haystack=f"{fold(idea.title)}\0{fold(idea.notes)}" if idea.notes else fold(idea.title),
            tags=tuple(map(fold_tag, idea.tags)),
            body=_encode(idea),
        )

    def size(self) -> int:
        """Bytes of memory that the entry and its places in a corpus take."""
        texts = (self.title, self.folded_title, self.haystack, self.body, *self.tags)
        numbers = (self.id, self.created_at, self.updated_at)
        return PLACES * POINTER_BYTES + sum(map(getsizeof, (self, self.tags, *texts, *numbers)))
