"""Segments: many ideas of a vault sealed as one value. Opening one takes a fraction of the time of opening the rows.

A segment is a copy. It contains all ideas whose revision is in its span. Every change gives an idea a new revision, so
the copy is current as long as the vault has that many ideas with a revision in the span. docs/encryption.md specifies
what a segment is bound to.
"""

from collections.abc import Iterator, Sequence
from itertools import batched, pairwise
from struct import Struct
from typing import Final, NamedTuple, Self

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import KeyVersion, VaultId
from creatorvault.crypto.cipher import SEGMENTS, VaultCipher
from creatorvault.crypto.envelope import Sealed, context, key_version_of
from creatorvault.ideas.search.blocks import MOST, MOST_BYTES, Block
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.text.folding import RULE

DOMAIN: Final = b"creatorvault/segment/v2"

WRITTEN_BY: Final = f"{RULE}/3"
"""The folding rule of the texts, and the version of the layout.

Segments with any other value are rebuilt from the rows and never opened.
"""

FEWEST: Final = 32
"""Minimum number of ideas in a segment, unless they are large."""

ENDLESS: Final = 2**63 - 1

_LENGTH: Final = Struct(">I")


class Span(NamedTuple):
    """From the first to the last revision, inclusive; `folding` has the format of `WRITTEN_BY`."""

    first: int
    last: int
    ideas: int
    folding: str = WRITTEN_BY


class Gap(NamedTuple):
    """The revisions between the two, exclusive."""

    after: int
    before: int


class Segment(NamedTuple):
    span: Span
    sealed: Sealed

    @property
    def key_version(self) -> KeyVersion:
        return key_version_of(self.sealed)


def go_together(spans: Sequence[Span]) -> bool:
    """Returns whether all have the current `WRITTEN_BY` and none overlap. `spans` are ordered by revision."""
    return all(span.folding == WRITTEN_BY for span in spans) and all(a.last < b.first for a, b in pairwise(spans))


def gaps_between(spans: Sequence[Span]) -> list[Gap]:
    """Returns the gaps that may contain ideas outside of all spans. `spans` are ordered and do not overlap."""
    afters, befores = [0, *(span.last for span in spans)], [*(span.first for span in spans), ENDLESS]
    return [Gap(*ends) for ends in zip(afters, befores, strict=True) if ends[1] - ends[0] > 1]


class SegmentSealer:
    """Seals and opens the segments of one vault."""

    @classmethod
    def of(cls, cipher: VaultCipher) -> Self:
        return cipher.derived(cls)

    def __init__(self, cipher: VaultCipher) -> None:
        self._cipher = cipher.for_purpose(SEGMENTS)
        self._vault = cipher.vault

    def seal(self, block: Block, folding: str = WRITTEN_BY) -> Segment:
        span = Span(*block.revisions, len(block), folding)
        packed = block.packed()
        sealed = self._cipher.seal(_LENGTH.pack(len(packed)) + packed, segment_context(self._vault, span))
        return Segment(span, sealed)

    def seal_all(self, ideas: Sequence[OpenedIdea]) -> Iterator[tuple[Segment, int]]:
        """Seals all ideas of a batch, which have consecutive revisions, in that order. Yields segments of about the
        same number of ideas, each with the digest of its block.
        """
        parts = -(-len(ideas) // MOST)
        for part in batched(ideas, -(-len(ideas) // parts)):
            some, size = list[OpenedIdea](), 0
            for idea in part:
                some.append(idea)
                size += idea.size
                if size >= MOST_BYTES:
                    yield self._sealed(some)
                    some, size = [], 0
            if some:
                yield self._sealed(some)

    def _sealed(self, ideas: Sequence[OpenedIdea]) -> tuple[Segment, int]:
        block = Block.of(ideas)
        return self.seal(block), block.digest

    def open(self, segment: Segment) -> Block:
        """Raises as `VaultCipher.open_decoded`, with the segment in the alert's ids."""
        first, last, _, _ = span = segment.span
        try:
            return self._cipher.open_decoded(
                segment.sealed, segment_context(self._vault, span), lambda padded: unpacked(padded, (first, last))
            )
        except Alert as alert:
            alert.ids["segment"] = f"{first}-{last}"
            raise


def unpacked(padded: bytes, span: tuple[int, int]) -> Block:
    """Raises as `Block.unpacked`."""
    [length] = _LENGTH.unpack_from(padded)
    return Block.unpacked(memoryview(padded)[_LENGTH.size : _LENGTH.size + length], span)


def segment_context(vault: VaultId, span: Span) -> bytes:
    first, last, ideas, folding = span
    numbers = first.to_bytes(8, signed=True), last.to_bytes(8, signed=True), ideas.to_bytes(4, signed=True)
    return context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode(), *numbers, folding.encode())
