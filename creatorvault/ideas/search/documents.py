"""One idea prepared for search: folded and encoded as JSON. Its sort and filter keys are read on demand."""

from datetime import UTC, datetime
from sys import getsizeof, intern
from typing import Self

import msgspec

from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import IdeaResponse, PriorityEnum, StageEnum
from creatorvault.ideas.search.times import NO_DUE, microseconds
from creatorvault.ideas.text.collation import title_key
from creatorvault.ideas.text.folding import fold, fold_tag

NON_JOINER = "\u200c"
POINTER_BYTES = STAMP_BYTES = 8
PLACES = 16
"""Pointers that an index has to a document: in its block, in each of seven orders, in recent results, and for each of
three tags.
"""


class Keys(msgspec.Struct, frozen=True, gc=False):
    """The sort and filter keys of an idea. `stage` and `priority` are ranks, `tags` are folded.

    `due` is in microseconds, or NO_DUE.
    """

    created_at: datetime
    updated_at: datetime
    title: str
    title_order: bytes
    stage: int
    priority: int
    tags: tuple[str, ...]
    due: int

    @classmethod
    def of(cls, body: bytes) -> Self:
        read = read_values(body)
        title_order, title = title_key(read.title)
        # Ideas share tags. Interning stores each tag once, for as long as a document has it.
        tags = tuple([intern(fold_tag(tag)) for tag in read.tags])
        stage, priority = STAGE_RANK[read.stage], PRIORITY_RANK[read.priority]
        return cls(read.created_at, read.updated_at, title, title_order, stage, priority, tags, read.due)


class Document(msgspec.Struct, gc=False):
    """`id` has the bytes of the UUID, which sort as in PostgreSQL. `body` is the idea's JSON, so that a page needs no
    idea opened or encoded again. `known_keys` are decoded from it when a query needs them.

    Not tracked by the garbage collector, which would traverse all of them repeatedly; it is never part of a cycle.
    """

    id: bytes
    body: bytes
    known_keys: Keys | None = None

    @property
    def keys(self) -> Keys:
        """Loops over many documents try `known_keys` first, since a call takes as long as a comparison."""
        if self.known_keys is None:
            self.known_keys = Keys.of(self.body)
        return self.known_keys


class OpenedIdea(msgspec.Struct, gc=False):
    """`text` is the folded title and notes in UTF-8, each followed by U+0000, which no text of an idea and no search
    can contain; without notes only the title. A text with ZERO WIDTH NON-JOINERs is added a second time with spaces
    instead: in Persian both are typed. `size` is computed by `memory_size`.
    """

    revision: int
    stamp: int
    text: bytes
    document: Document
    size: int

    @classmethod
    def of(cls, revision: int, stamp: int, idea: IdeaResponse) -> Self:
        folded = _folded(idea.title, idea.notes)
        # A copy: the result holds the encoder's larger buffer, test_the_estimated_size_is_close_to_the_allocated_size.
        text, body = folded.encode(), bytes(memoryview(_encode(idea)))
        return cls(revision, stamp, text, Document(idea.id.bytes, body), memory_size(text, body))


def _folded(title: str, notes: str | None) -> str:
    texts = [title, notes] if notes else [title]
    joined = "\0".join(texts)
    if joined.isascii():
        return f"{fold(joined)}\0"  # at once, since each letter is folded alone, and U+0000 ends a run of white space
    texts += [text.replace(NON_JOINER, " ") for text in texts if NON_JOINER in text]
    return "".join([f"{fold(text)}\0" for text in texts])


def memory_size(text: bytes, body: bytes) -> int:
    """Estimates the bytes of an idea in an index, including its keys and pointers. `text` is folded."""
    title = text[: text.index(b"\0")]  # the keys contain the unfolded title and its sort key
    titles = _title_bytes(title)
    tags_at = body.rfind(b'"tags":[')  # from the end, which is faster
    more_tags = 0 if len(body) - tags_at < FEW_TAGS_LETTERS else _more_tags(body, tags_at) * MORE_TAG_BYTES
    return FIXED_BYTES + len(text) + titles + len(body) + more_tags


def _title_bytes(folded: bytes) -> int:
    """Estimates the bytes of the title as a CPython string, and three bytes for the weights of each character.

    If accents were removed, the title takes more than its folded form; the weights mostly take less.
    """
    if folded.isascii():
        return 4 * len(folded)
    title = folded.decode()
    return getsizeof(title) - _EMPTY_TEXT + 3 * len(title)


class ReadValues(msgspec.Struct, gc=False):
    """What sort and filter keys are made of, as in the JSON of an idea."""

    title: str
    stage: StageEnum
    priority: PriorityEnum
    tags: list[str]
    due_date: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def due(self) -> int:
        """In microseconds, or NO_DUE."""
        return NO_DUE if self.due_date is None else microseconds(self.due_date)


def _more_tags(body: bytes, tags_at: int) -> int:
    """Counts the tags beyond the three that are included for every idea; one more if there is a due date."""
    return max(0, body.count(b'","', tags_at) - OTHER_SEPARATORS)


_encode = msgspec.json.Encoder().encode
read_values = msgspec.json.Decoder(ReadValues).decode

_EMPTY_TEXT = getsizeof("")
_NOW = datetime.now(UTC)
_BLANK_KEYS = Keys(_NOW, _NOW, "", b"", 0, 0, (), NO_DUE)
_BLANK = Document(bytes(16), b"", _BLANK_KEYS)
_END_OF_TEXT = 2**20  # an integer that CPython does not cache
TAGS_BYTES = 3 * (POINTER_BYTES + _EMPTY_TEXT + 8)
FEW_TAGS_LETTERS = 320
"""If the JSON is shorter than this from the tags to its end, there are hardly more than three tags."""

OTHER_SEPARATORS = 5
"""Between three tags, and between the ids and times that follow them."""

MORE_TAG_BYTES = 150
"""For each further tag, shared or not: its text, its list of ideas, and its entries in three tables."""
COUNTS_BYTES = 64
"""Its share of the counts that a block keeps: a due date, months, and tags (`summaries`)."""

FIXED_BYTES = (
    (PLACES + 1) * POINTER_BYTES
    + STAMP_BYTES
    + sum(map(getsizeof, (_BLANK, _BLANK.id, b"", _BLANK_KEYS, _NOW, _NOW, "", b"", (), NO_DUE, _END_OF_TEXT)))
    + len(_BLANK.id)
    + TAGS_BYTES
    + COUNTS_BYTES
)
