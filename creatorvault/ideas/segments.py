"""Many ideas of a vault sealed as one: opened in one call, a fraction of the time that their rows take.

A segment is a copy. It holds all ideas whose revision lies in its span and, since every change gives an idea a new
revision, speaks of them as they are for as long as the vault has that many ideas with a revision in it. What it is
bound to is written down in docs/encryption.md.
"""

from collections.abc import Sequence
from itertools import pairwise
from struct import Struct
from typing import Final, NamedTuple, Self

import msgspec

from creatorvault.core.errors import Alarm
from creatorvault.crypto.cipher import SEGMENTS, VaultCipher
from creatorvault.crypto.envelope import Sealed, context
from creatorvault.ideas.entries import Entry
from creatorvault.ideas.folding import RULE

DOMAIN: Final = b"creatorvault/segment/v1"

MOST: Final = 128
"""Ideas in a segment. The more there are, the more have to be read one by one after a change of one of them."""

MOST_BYTES: Final = 512 * 1024
"""Of memory that the ideas in a segment take (`Entry.size`): with the largest ideas there are, there are few in it."""

FEWEST: Final = 32
"""Sealing fewer is not worth the row, unless they are large."""

ENDLESS: Final = 2**63 - 1

_LENGTH: Final = Struct(">I")
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Entry]).decode


class Span(NamedTuple):
    """From the first to the last revision, both included; `folding` is the rule that its texts are folded by."""

    first: int
    last: int
    ideas: int
    folding: str = RULE


class Gap(NamedTuple):
    """The revisions between the two."""

    after: int
    before: int


class Segment(NamedTuple):
    span: Span
    sealed: Sealed


def go_together(spans: Sequence[Span]) -> bool:
    """Whether all are folded as this process folds, and none overlap. They are in the order of their revisions."""
    return all(span.folding == RULE for span in spans) and all(a.last < b.first for a, b in pairwise(spans))


def gaps_between(spans: Sequence[Span]) -> list[Gap]:
    """Where ideas may be that are in none of them. They are in order and do not overlap."""
    afters, befores = [0, *(span.last for span in spans)], [*(span.first for span in spans), ENDLESS]
    return [Gap(*ends) for ends in zip(afters, befores, strict=True) if ends[1] - ends[0] > 1]


class SegmentSealer:
    """Seals and opens the segments of one vault."""

    @classmethod
    def of(cls, cipher: VaultCipher) -> Self:
        return cipher.derived(cls)

    def __init__(self, cipher: VaultCipher) -> None:
        self._cipher = cipher.for_purpose(SEGMENTS)
        self._shared = context(DOMAIN, cipher.vault.tenant_id.bytes, cipher.vault.user_id.encode())

    def seal(self, entries: Sequence[Entry], folding: str = RULE) -> Segment:
        """`entries`, at least one, are in the order of their revisions."""
        span = Span(entries[0].revision, entries[-1].revision, len(entries), folding)
        packed = _encode([(entry.revision, entry.id, entry.haystack, entry.body) for entry in entries])
        return Segment(span, self._cipher.seal(_LENGTH.pack(len(packed)) + packed, self._context(span)))

    def open(self, segment: Segment) -> list[Entry]:
        """Raises as `VaultCipher.open_decoded`, naming the segment."""
        try:
            return self._cipher.open_decoded(segment.sealed, self._context(segment.span), _unpacked)
        except Alarm as alarm:
            alarm.ids["segment"] = f"{segment.span.first}-{segment.span.last}"
            raise

    def _context(self, span: Span) -> bytes:
        first, last, ideas, folding = span
        numbers = first.to_bytes(8, signed=True), last.to_bytes(8, signed=True), ideas.to_bytes(4, signed=True)
        return self._shared + context(*numbers, folding.encode())


def _unpacked(padded: bytes) -> list[Entry]:
    [length] = _LENGTH.unpack_from(padded)
    return _decode(memoryview(padded)[_LENGTH.size : _LENGTH.size + length])
