"""The digest of a vault's content: of the id and the stamp of every idea, in the order of their revisions."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.blocks import ID_BYTES, packed_stamps

COUNT_BYTES: Final = 8


class DigestedPart(NamedTuple):
    """Some ideas of a vault: all whose revision is from `first_revision` up to that of the next part, in that order.

    `ids` has 16 bytes for each, `stamps` 8.
    """

    first_revision: int
    ids: bytes
    stamps: bytes

    @classmethod
    def of(cls, ideas: Iterable[tuple[int, UUID, int]]) -> "DigestedPart":
        """`ideas` are at least one revision, id and stamp each, in any order."""
        revisions, ids, stamps = zip(*sorted(ideas), strict=True)
        return cls(revisions[0], b"".join([idea_id.bytes for idea_id in ids]), packed_stamps(stamps))


class ContentDigest:
    """Collects the parts of a vault in any order. The digest does not depend on how the ideas were divided into parts.

    Takes 2 ms for 100,000 ideas; sorting them by id would take ten times as long and more (decision 23).
    """

    def __init__(self) -> None:
        self._parts: list[DigestedPart] = []

    def add(self, part: DigestedPart) -> None:
        self._parts.append(part)

    @property
    def ideas(self) -> int:
        return sum([len(part.ids) for part in self._parts]) // ID_BYTES

    def value(self) -> bytes:
        """Returns SHA-256 of the number of ideas (u64), all ids, and all stamps (u64 each): 32 bytes."""
        digest = sha256()
        for piece in self._pieces():
            digest.update(piece)
        return digest.digest()

    async def value_in_slices(self, time_slice: TimeSlice) -> bytes:
        """As `value`, for the event loop of a service."""
        digest = sha256()
        for piece in self._pieces():
            digest.update(piece)
            await time_slice.rest_if_over()
        return digest.digest()

    def _pieces(self) -> Iterator[bytes]:
        parts = sorted(self._parts, key=attrgetter("first_revision"))
        yield self.ideas.to_bytes(COUNT_BYTES)
        yield from [part.ids for part in parts]
        yield from [part.stamps for part in parts]
