"""One idea as a corpus holds it: folded for searching, and encoded for answering."""

from datetime import UTC, datetime
from sys import getsizeof, intern

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
    `size` is the memory that the entry and its places in a corpus take, in bytes.
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
    size: int

    @classmethod
    def of(cls, idea: IdeaResponse) -> "Entry":
        folded_title, title = title_key(idea.title)
        haystack = f"{fold(title)}\0{fold(idea.notes)}" if idea.notes else fold(title)
        # Ideas share their tags. Interned, each is there once, for as long as an entry has it.
        tags = tuple([intern(fold_tag(tag)) for tag in idea.tags])
        # A copy, since the encoder's bytes keep its larger buffer: test_the_bytes_counted_are_about_the_bytes_taken.
        body = bytes(memoryview(_encode(idea)))
        texts = sum(map(_size_of, (haystack, title, folded_title, *tags))) + len(tags) * POINTER_BYTES + len(body)
        return cls(
            id=idea.id.int,
            stage=STAGE_RANK[idea.stage],
            priority=PRIORITY_RANK[idea.priority],
            created_at=idea.created_at,
            updated_at=idea.updated_at,
            title=title,
            folded_title=folded_title,
            haystack=haystack,
            tags=tags,
            body=body,
            size=FIXED_BYTES + texts,
        )


def _size_of(text: str) -> int:
    # What getsizeof says, several times as fast for most texts.
    return _EMPTY_TEXT + len(text) if text.isascii() else getsizeof(text)


_EMPTY_TEXT = getsizeof("")
_BLANK = Entry(2**127, 0, 0, datetime.now(UTC), datetime.now(UTC), "", "", "", (), b"", 2**29)
FIXED_BYTES = PLACES * POINTER_BYTES + sum(
    map(getsizeof, (_BLANK, _BLANK.id, _BLANK.created_at, _BLANK.updated_at, _BLANK.tags, _BLANK.body, _BLANK.size))
)
