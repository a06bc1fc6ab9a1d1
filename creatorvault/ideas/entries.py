"""One idea as a corpus holds it: folded for searching, beside the idea as it is answered."""

from datetime import UTC, datetime
from sys import getsizeof, intern
from uuid import UUID

import msgspec

from creatorvault.ideas.folding import fold, fold_tag, title_key
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import IdeaResponse

POINTER_BYTES = 8
PLACES = 12
"""Pointers that a corpus keeps to an entry: in each of five orders, in results of late, in the dictionary by id."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """`haystack` is the folded title and notes, parted by U+0000, which no text of an idea and no search can hold.

    `size` is about the memory that the entry, its idea and their places in a corpus take, in bytes.
    Not tracked by the garbage collector, which would walk through all of them again and again; it is never in a cycle.
    """

    idea: IdeaResponse
    id: int
    stage: int
    priority: int
    created_at: datetime
    updated_at: datetime
    title: str
    folded_title: str
    haystack: str
    tags: tuple[str, ...]
    size: int

    @classmethod
    def of(cls, idea: IdeaResponse) -> "Entry":
        folded_title, title = title_key(idea.title)
        haystack = f"{fold(title)}\0{fold(idea.notes)}" if idea.notes else fold(title)
        # Ideas share their tags. Interned, each is there once, for as long as an entry has it.
        tags = tuple([intern(fold_tag(tag)) for tag in idea.tags])
        return cls(
            idea,
            idea.id.int,
            STAGE_RANK[idea.stage],
            PRIORITY_RANK[idea.priority],
            idea.created_at,
            idea.updated_at,
            title,
            folded_title,
            haystack,
            tags,
            FIXED_BYTES + _size_of_texts(idea, haystack, folded_title) + len(tags) * TAG_BYTES,
        )


def _size_of_texts(idea: IdeaResponse, haystack: str, folded_title: str) -> int:
    if haystack.isascii():  # a byte for each character, in the idea and folded
        return 2 * len(haystack) + len(folded_title)
    return sum(map(getsizeof, (idea.title, idea.notes, haystack, folded_title))) - 4 * _EMPTY_TEXT


_EMPTY_TEXT = getsizeof("")
_NOW = datetime.now(UTC)
_BLANK_IDEA = IdeaResponse(title="", notes="", id=UUID(int=2**127), user_id="", created_at=_NOW, updated_at=_NOW)
_BLANK = Entry(_BLANK_IDEA, 2**127, 0, 0, _NOW, _NOW, "", "", "", (), 2**29)
TAG_BYTES = 2 * POINTER_BYTES + 2 * (_EMPTY_TEXT + 8)
"""As the creator wrote it, and folded."""

FIXED_BYTES = (
    PLACES * POINTER_BYTES
    + 4 * _EMPTY_TEXT
    + sum(map(getsizeof, (_BLANK, _BLANK_IDEA, _BLANK_IDEA.id, _BLANK.id, _NOW, _NOW, _BLANK_IDEA.tags, (), 2**29)))
)
