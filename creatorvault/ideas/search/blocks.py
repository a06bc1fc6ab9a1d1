"""Blocks of ideas: one call searches the texts of a whole block. A vault of ten thousand ideas has eighty blocks."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from functools import reduce
from itertools import accumulate, pairwise
from operator import xor
from struct import pack, unpack
from typing import Final, Self

import msgspec

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.search.documents import Document, OpenedIdea, ReadValues, memory_size, read_values
from creatorvault.ideas.search.needles import Find
from creatorvault.ideas.search.summaries import Counts, TagUse, count, pack_tags, unpack_tags
from creatorvault.ideas.search.times import microseconds

MOST: Final = 128
"""Maximum number of ideas in a block. The larger the block, the longer it takes to remove one of them."""

MOST_BYTES: Final = 512 * 1024
"""Maximum memory of the ideas in a block: a block of the largest possible ideas contains few of them."""

ID_BYTES: Final = 16
STAMP_BYTES: Final = 8


class Block:
    """At least one idea. Immutable to callers.

    `size` is the approximate memory of its ideas in an index, in bytes. `revisions` are the lowest and the highest
    revision of its ideas at creation. `digest` combines the stamps of its ideas by exclusive or.
    """

    __slots__ = ("_counts", "_documents", "_ends", "_ids", "_stamps", "_tags", "_texts", "digest", "revisions", "size")

    def __init__(
        self,
        size: int,
        ids: bytes,
        stamps: bytes,
        ends: list[int],
        texts: bytes,
        documents: Sequence[Document] | bytes,
        revisions: tuple[int, int],
    ) -> None:
        """`stamps` are unsigned, 8 bytes each. `ends` are the end positions of the ideas' texts in `texts`. `documents`
        may be the packed bodies.
        """
        self.size = size
        self.revisions = revisions
        self.digest = reduce(xor, stamps_in(stamps), 0)
        self._ids = ids
        self._stamps = stamps
        self._ends = ends
        self._texts = texts
        self._documents = documents
        self._counts: Counts | None = None
        self._tags: bytes | None = None

    @classmethod
    def of(cls, ideas: Sequence[OpenedIdea]) -> Self:
        """`ideas` are in the order of their revisions."""
        revisions = ideas[0].revision, ideas[-1].revision
        size = sum([idea.size for idea in ideas])
        stamps = [idea.stamp for idea in ideas]
        return cls._made(size, [idea.document for idea in ideas], stamps, [idea.text for idea in ideas], revisions)

    @classmethod
    def _made(
        cls,
        size: int,
        documents: Sequence[Document],
        stamps: Sequence[int],
        texts: Sequence[bytes],
        revisions: tuple[int, int],
    ) -> Self:
        ids, ends = b"".join([document.id for document in documents]), list(accumulate(map(len, texts)))
        return cls(size, ids, packed_stamps(stamps), ends, b"".join(texts), documents, revisions)

    @classmethod
    def unpacked(cls, packed: bytes | memoryview, revisions: tuple[int, int]) -> Self:
        """Inverse of `packed`. Raises msgspec.DecodeError if the bytes do not have that format."""
        size, ids, stamps, ends, texts, bodies = _unpack(packed)
        if (len(ids), len(stamps)) != (ID_BYTES * len(ends), STAMP_BYTES * len(ends)) or ends[-1:] != [len(texts)]:
            raise msgspec.DecodeError("Its parts are not of the same ideas")
        return cls(size, ids, stamps, ends, texts, bodies, revisions)

    def packed(self) -> bytes:
        """Returns MessagePack, as specified for segments in docs/encryption.md."""
        bodies = _pack([document.body for document in self.documents])
        return _pack((self.size, self._ids, self._stamps, self._ends, self._texts, bodies))

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def ids(self) -> Sequence[bytes]:
        return ids_in(self._ids)

    @property
    def stamps(self) -> Sequence[int]:
        return stamps_in(self._stamps)

    @property
    def packed_columns(self) -> tuple[bytes, bytes, bytes, list[int]]:
        """Ids, stamps, texts, and the end positions of the texts, as given to the block."""
        return self._ids, self._stamps, self._texts, self._ends

    @property
    def bodies(self) -> Sequence[bytes]:
        """The JSON of the ideas. Creates no documents."""
        if isinstance(self._documents, bytes):
            return _unpack_bodies(self._documents)
        return [document.body for document in self._documents]

    @property
    def texts(self) -> Sequence[bytes]:
        """In the format of `OpenedIdea.text`."""
        return [self._texts[start:end] for start, end in pairwise([0, *self._ends])]

    @property
    def documents(self) -> Sequence[Document]:
        """Returns the same objects each time. They are created on first use, which most blocks never see."""
        if isinstance(self._documents, bytes):
            self._documents = list(map(Document, self.ids, _unpack_bodies(self._documents)))
        return self._documents

    async def counts(self, time_slice: TimeSlice) -> Counts:
        """Computed on first use, as `tags` are."""
        if self._counts is None:
            read = await self._values(time_slice)
            self._counts = count(
                [microseconds(values.created_at) for values in read],
                [values.due for values in read],
                bytes([STAGE_RANK[values.stage] for values in read]),
                bytes([PRIORITY_RANK[values.priority] for values in read]),
            )
        return self._counts

    async def tags(self, time_slice: TimeSlice) -> list[TagUse]:
        """Returns each tag once, in new objects."""
        if self._tags is None:
            read = await self._values(time_slice)
            created = [microseconds(values.created_at) for values in read]
            self._tags = pack_tags(self.ids, created, [values.tags for values in read])
        return unpack_tags(self._tags)

    async def _values(self, time_slice: TimeSlice) -> list[ReadValues]:
        read: list[ReadValues] = []
        for body in self.bodies:
            read.append(read_values(body))
            if time_slice.is_over:
                await time_slice.rest()
        return read

    def holding(self, find: Find) -> Sequence[Document]:
        """Returns the ideas whose title or notes contain the needle."""
        texts, ends = self._texts, self._ends
        at = find(texts, 0)
        if at < 0:
            return ()
        documents, found = self.documents, []
        while at >= 0:
            place = bisect_right(ends, at)
            found.append(documents[place])
            at = find(texts, ends[place])
        return found

    def without(self, gone: Collection[bytes]) -> Self | None:
        """Returns a block of the ideas with other ids, or None if there are none."""
        documents, stamps, texts, size = list[Document](), list[int](), list[bytes](), 0
        for document, stamp, text in zip(self.documents, stamps_in(self._stamps), self.texts, strict=True):
            if document.id not in gone:
                documents.append(document)
                stamps.append(stamp)
                texts.append(text)
                size += memory_size(text, document.body)
        return self._made(size, documents, stamps, texts, self.revisions) if documents else None

    def joined(self, other: Self) -> Self:
        """Returns a block of the ideas of both. They must have none in common."""
        first, last = zip(self.revisions, other.revisions, strict=True)
        documents, texts = [*self.documents, *other.documents], [*self.texts, *other.texts]
        stamps = stamps_in(self._stamps + other._stamps)
        return self._made(self.size + other.size, documents, stamps, texts, (min(first), max(last)))


def ids_in(packed: bytes) -> Sequence[bytes]:
    """Splits into 16 bytes each, in a fifth of the time of slicing."""
    return unpack(f"{ID_BYTES}s" * (len(packed) // ID_BYTES), packed)


def stamps_in(packed: bytes) -> Sequence[int]:
    return unpack(f">{len(packed) // STAMP_BYTES}Q", packed)


def packed_stamps(stamps: Sequence[int]) -> bytes:
    return pack(f">{len(stamps)}Q", *stamps)


_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(tuple[int, bytes, bytes, list[int], bytes, bytes]).decode
_unpack_bodies: Final = msgspec.msgpack.Decoder(list[bytes]).decode
