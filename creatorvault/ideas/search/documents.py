"""One idea as a search needs it: folded, encoded for answering, its keys read when they are asked for."""

from datetime import UTC, datetime
from sys import getsizeof, intern
from typing import Self

import msgspec

from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import IdeaResponse, PriorityEnum, StageEnum
from creatorvault.ideas.text.collation import title_key
from creatorvault.ideas.text.folding import fold, fold_tag

NON_JOINER = "\u200c"
POINTER_BYTES = STAMP_BYTES = 8
PLACES = 14
"""Pointers that a corpus keeps to an entry: in its block, in each of five orders, in results of late, and for each of
three tags.
"""


class Keys(msgspec.Struct, frozen=True, gc=False):
    """What ideas are ordered and filtered by. `stage` and `priority` are ranks, `tags` are folded."""

    created_at: datetime
    updated_at: datetime
    title: str
    title_order: bytes
    stage: int
    priority: int
    tags: tuple[str, ...]

    @classmethod
    def of(cls, body: bytes) -> Self:
        read = _read(body)
        title_order, title = title_key(read.title)
        # Ideas share their tags. Interned, each is there once, for as long as an entry has it.
        tags = tuple([intern(fold_tag(tag)) for tag in read.tags])
        stage, priority = STAGE_RANK[read.stage], PRIORITY_RANK[read.priority]
        return cls(read.created_at, read.updated_at, title, title_order, stage, priority, tags)


class Document(msgspec.Struct, gc=False):
    """`id` is that of the UUID, which sorts as PostgreSQL sorts it. `body` is the idea's JSON, so that a page is
    answered without opening or encoding an idea again. `known_keys` are read out of it when a question needs them.

    Not tracked by the garbage collector, which would walk through all of them again and again; it is never in a cycle.
    """

    id: bytes
    body: bytes
    known_keys: Keys | None = None

    @property
    def keys(self) -> Keys:
        """Who goes through many entries asks `known_keys` before, since a call takes as long as comparing does."""
        if self.known_keys is None:
            self.known_keys = Keys.of(self.body)
        return self.known_keys


class OpenedIdea(msgspec.Struct, gc=False):
    """`text` is the folded title and notes in UTF-8, each followed by U+0000, which no text of an idea and no search
    can hold; without notes the title alone. What holds ZERO WIDTH NON-JOINERs stands in it once more, with blanks in
    their place: in Persian both are typed for them. `size` is as `memory_size` has it.
    """

    revision: int
    stamp: int
    text: bytes
    document: Document
    size: int

    @classmethod
    def of(cls, revision: int, stamp: int, idea: IdeaResponse) -> Self:
        folded = "".join([f"{fold(text)}\0" for text in _read_as(idea)])
        # A copy, since the encoder's bytes keep its larger buffer: test_the_bytes_counted_are_about_the_bytes_taken.
        text, body = folded.encode(), bytes(memoryview(_encode(idea)))
        return cls(revision, stamp, text, Document(idea.id.bytes, body), memory_size(text, body))


def _read_as(idea: IdeaResponse) -> list[str]:
    texts = [idea.title, idea.notes] if idea.notes else [idea.title]
    return texts + [text.replace(NON_JOINER, " ") for text in texts if NON_JOINER in text]


def memory_size(text: bytes, body: bytes) -> int:
    """About the bytes that an idea takes in a corpus, with its keys and its places there. `text` is the folded one."""
    title = text[: text.index(b"\0")]  # the keys have it as it is, and its place in the order of titles
    titles = _title_bytes(title)
    tags_at = body.rfind(b'"tags":[')  # from the end, since this is done for every idea
    more_tags = 0 if len(body) - tags_at < FEW_TAGS_LETTERS else _more_tags(body, tags_at) * MORE_TAG_BYTES
    return FIXED_BYTES + len(text) + titles + len(body) + more_tags


def _title_bytes(folded: bytes) -> int:
    """Of the title as CPython keeps strings, and three bytes for the weights of each character.

    Where accents were folded away, the title takes more than its folded form; the weights mostly take less.
    """
    if folded.isascii():
        return 4 * len(folded)
    title = folded.decode()
    return getsizeof(title) - _EMPTY_TEXT + 3 * len(title)


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
_BLANK_KEYS = Keys(_NOW, _NOW, "", b"", 0, 0, ())
_BLANK = Document(bytes(16), b"", _BLANK_KEYS)
_END_OF_TEXT = 2**20  # a number that is no small one
TAGS_BYTES = 3 * (POINTER_BYTES + _EMPTY_TEXT + 8)
FEW_TAGS_LETTERS = 320
"""So little text, with all that follows the tags in an idea's JSON, is hardly more than three of them."""

OTHER_SEPARATORS = 5
"""Between three tags, and between the ids and times after them."""

MORE_TAG_BYTES = 150
"""For each further tag, which others may share or not: with its text, its list of ideas, and places in three tables."""
FIXED_BYTES = (
    (PLACES + 1) * POINTER_BYTES
    + STAMP_BYTES
    + sum(map(getsizeof, (_BLANK, _BLANK.id, b"", _BLANK_KEYS, _NOW, _NOW, "", b"", (), _END_OF_TEXT)))
    + len(_BLANK.id)
    + TAGS_BYTES
)
