"""Ideas side by side: one call looks through the texts of all, and a vault of ten thousand is eighty of these."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate, pairwise
from struct import unpack
from typing import Final, Self

import msgspec

from creatorvault.ideas.search.documents import Entry, OpenedIdea, memory_size
from creatorvault.ideas.search.needles import Find

MOST: Final = 128
"""Ideas in a block. The more there are, the longer it takes to leave one of them out."""

MOST_BYTES: Final = 512 * 1024
"""Of memory that the ideas in a block take: with the largest ideas there are, there are few in it."""

ID_BYTES: Final = 16


class Block:
    """At least one idea. Immutable as seen from outside.

    `size` is about the bytes of memory that its ideas take in a corpus. `revisions` are the lowest and the highest of
    its ideas, when it was made.
    """

    __slots__ = ("_ends", "_entries", "_ids", "_texts", "revisions", "size")

    def __init__(
        self,
        size: int,
        ids: bytes,
        ends: list[int],
        texts: bytes,
        entries: Sequence[Entry] | bytes,
        revisions: tuple[int, int],
    ) -> None:
        """`ends` are where the text of each idea ends in `texts`. The entries may be their bodies, packed."""
        self.size = size
        self.revisions = revisions
        self._ids = ids
        self._ends = ends
        self._texts = texts
        self._entries = entries

    @classmethod
    def of(cls, ideas: Sequence[OpenedIdea]) -> Self:
        """`ideas` are in the order of their revisions."""
        revisions = ideas[0].revision, ideas[-1].revision
        size = sum([idea.size for idea in ideas])
        return cls._made(size, [idea.entry for idea in ideas], [idea.text for idea in ideas], revisions)

    @classmethod
    def _made(cls, size: int, entries: Sequence[Entry], texts: Sequence[bytes], revisions: tuple[int, int]) -> Self:
        ids, ends = b"".join([entry.id for entry in entries]), list(accumulate(map(len, texts)))
        return cls(size, ids, ends, b"".join(texts), entries, revisions)

    @classmethod
    def unpacked(cls, packed: bytes | memoryview, revisions: tuple[int, int]) -> Self:
        """What `packed` returned. Raises msgspec.DecodeError if it is nothing of that form."""
        size, ids, ends, texts, bodies = _unpack(packed)
        if len(ids) != ID_BYTES * len(ends) or ends[-1:] != [len(texts)]:
            raise msgspec.DecodeError("Its parts are not of the same ideas")
        return cls(size, ids, ends, texts, bodies, revisions)

    def packed(self) -> bytes:
        """MessagePack, as docs/encryption.md has it for segments."""
        return _pack((self.size, self._ids, self._ends, self._texts, _pack([entry.body for entry in self.entries])))

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def ids(self) -> Sequence[bytes]:
        return ids_in(self._ids)

    @property
    def texts(self) -> Sequence[bytes]:
        """As `OpenedIdea` has them."""
        return [self._texts[start:end] for start, end in pairwise([0, *self._ends])]

    @property
    def entries(self) -> Sequence[Entry]:
        """The same objects each time. There are none before they are asked for, and in most blocks no search does."""
        if isinstance(self._entries, bytes):
            self._entries = list(map(Entry, self.ids, _unpack_bodies(self._entries)))
        return self._entries

    def holding(self, find: Find) -> Sequence[Entry]:
        """The ideas in whose title or notes a needle is found."""
        texts, ends = self._texts, self._ends
        at = find(texts, 0)
        if at < 0:
            return ()
        entries, found = self.entries, []
        while at >= 0:
            place = bisect_right(ends, at)
            found.append(entries[place])
            at = find(texts, ends[place])
        return found

    def without(self, gone: Collection[bytes]) -> Self | None:
        """The ideas with other ids; None if there are none."""
        entries, texts, size = list[Entry](), list[bytes](), 0
        for entry, text in zip(self.entries, self.texts, strict=True):
            if entry.id not in gone:
                entries.append(entry)
                texts.append(text)
                size += memory_size(text, entry.body)
        return self._made(size, entries, texts, self.revisions) if entries else None

    def joined(self, other: Self) -> Self:
        """The ideas of both, which have none in common."""
        first, last = zip(self.revisions, other.revisions, strict=True)
        texts = [*self.texts, *other.texts]
        return self._made(self.size + other.size, [*self.entries, *other.entries], texts, (min(first), max(last)))


def ids_in(packed: bytes) -> Sequence[bytes]:
    """16 bytes each. It takes a fifth of what slices take."""
    return unpack(f"{ID_BYTES}s" * (len(packed) // ID_BYTES), packed)


_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(tuple[int, bytes, list[int], bytes, bytes]).decode
_unpack_bodies: Final = msgspec.msgpack.Decoder(list[bytes]).decode
