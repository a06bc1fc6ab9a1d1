"""One idea as a corpus holds it: folded for searching, encoded for answering, its keys read when they are asked for."""

from datetime import UTC, datetime
from sys import getsizeof, intern

import msgspec

from creatorvault.ideas.folding import fold, fold_tag, title_key
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import IdeaResponse, PriorityEnum, StageEnum

POINTER_BYTES = 8
PLACES = 15
"""Pointers that a corpus keeps to an entry: in each of five orders, in results of late, in the dictionary by id, and
for each of three tags.
"""


class Keys(msgspec.Struct, frozen=True, gc=False):
    """What ideas are ordered and filtered by. `stage` and `priority` are ranks, `tags` are folded."""

    created_at: datetime
    updated_at: datetime
    title: str
    folded_title: str
    stage: int
    priority: int
    tags: tuple[str, ...]

    @classmethod
    def of(cls, body: bytes) -> "Keys":
        read = _read(body)
        folded_title, title = title_key(read.title)
        # Ideas share their tags. Interned, each is there once, for as long as an entry has it.
        tags = tuple([intern(fold_tag(tag)) for tag in read.tags])
        stage, priority = STAGE_RANK[read.stage], PRIORITY_RANK[read.priority]
        return cls(read.created_at, read.updated_at, title, folded_title, stage, priority, tags)


class Entry(msgspec.Struct, array_like=True, gc=False):
    """`id` is that of the UUID, which sorts as PostgreSQL sorts it. `haystack` is the folded title and notes, parted by
    U+0000, which no text of an idea and no search can hold.

    `body` is the idea's JSON, so that a page is answered without opening or encoding an idea again, and a search has
    not to read what it does not find. Once it does, `known_keys` has them.
    Not tracked by the garbage collector, which would walk through all of them again and again; it is never in a cycle.
    """

    revision: int
    id: bytes
    haystack: str
    body: bytes
    known_keys: Keys | None = None

    @classmethod
    def of(cls, revision: int, idea: IdeaResponse) -> "Entry":
        haystack = f"{fold(idea.title)}\0{fold(idea.notes)}" if idea.notes else fold(idea.title)
        # A copy, since the encoder's bytes keep its larger buffer: test_the_bytes_counted_are_about_the_bytes_taken.
        return cls(revision, idea.id.bytes, haystack, bytes(memoryview(_encode(idea))))

    @property
    def keys(self) -> Keys:
        """Who goes through many entries asks `known_keys` before, since a call takes as long as comparing does."""
        if self.known_keys is None:
            self.known_keys = Keys.of(self.body)
        return self.known_keys

    @property
    def size(self) -> int:
        """About the memory that the entry, its keys and its places in a corpus take, in bytes."""
        haystack, body = self.haystack, self.body
        letters = len(haystack)
        texts = letters if haystack.isascii() else getsizeof(haystack) - _EMPTY_TEXT
        title = haystack.find("\0")  # which the keys have twice
        titles = 2 * texts if title < 0 else 2 * texts * title // letters
        tags_at = body.rfind(b'"tags":[')  # from the end, since this is done for every idea
        more_tags = 0 if len(body) - tags_at < FEW_TAGS_LETTERS else _more_tags(body, tags_at) * MORE_TAG_BYTES
        return FIXED_BYTES + texts + titles + len(body) + more_tags


class _Read(msgspec.Struct, gc=False):
    title: str
    stage: StageEnum
    priority: PriorityEnum
    tags: list[str]
    created_at: datetime
    updated_at: datetime


def _more_tags(body: bytes, tags_at: int) -> int:
    """How many tags there are beyond the three that are counted for every idea; one more where there is a due date."""
    return max(0, body.count(b'","', tags_at) - OTHER_SEPARATORS)


_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(_Read).decode

_EMPTY_TEXT = getsizeof("")
_NOW = datetime.now(UTC)
_BLANK_KEYS = Keys(_NOW, _NOW, "", "", 0, 0, ())
_BLANK = Entry(2**31, bytes(16), "", b"", _BLANK_KEYS)
TAGS_BYTES = 3 * (POINTER_BYTES + _EMPTY_TEXT + 8)
FEW_TAGS_LETTERS = 320
"""So little text, with all that follows the tags in an idea's JSON, is hardly more than three of them."""

OTHER_SEPARATORS = 5
"""Between three tags, and between the ids and times after them."""

MORE_TAG_BYTES = 150
"""For each further tag, which others may share or not: with its text, its list of ideas, and places in three tables."""
FIXED_BYTES = (
    PLACES * POINTER_BYTES
    + sum(map(getsizeof, (_BLANK, _BLANK.revision, _BLANK.id, "", b"", _BLANK_KEYS, _NOW, _NOW, "", "", ())))
    + TAGS_BYTES
)
