"""What statistics need of a block: times, ranks and tags as columns, so that they are counted without the ideas."""

from asyncio import Lock
from collections.abc import Sequence
from itertools import chain
from sys import getsizeof
from typing import Final, NamedTuple

import msgspec

from creatorvault.ideas.text.folding import fold_tag


class TagUse(msgspec.Struct, array_like=True, gc=False):
    """A tag of some ideas. `spelling` is that of the newest one, which was created at `created` and has the id `id`."""

    folded: str
    ideas: int
    created: int
    id: bytes
    spelling: str

    def add(self, other: "TagUse") -> None:
        """Adds the use of the same tag in other ideas."""
        self.ideas += other.ideas
        if (other.created, other.id) > (self.created, self.id):
            self.created, self.id, self.spelling = other.created, other.id, other.spelling


class KeptTags:
    """The tags of a vault at one version. `uses` is None until they are counted, by the request that holds `lock`."""

    __slots__ = ("lock", "size", "uses")

    def __init__(self) -> None:
        self.lock = Lock()
        self.uses: Sequence[TagUse] | None = None
        self.size = 0

    def keep(self, uses: Sequence[TagUse]) -> None:
        self.uses = uses
        self.size = USE_BYTES * len(uses) + sum([getsizeof(use.folded) + getsizeof(use.spelling) for use in uses])


class Summary(NamedTuple):
    """Of the ideas of a block. Times are microseconds since 1970, `due` may be NO_DUE. `packed_tags` are TagUses."""

    created: Sequence[int]
    due: Sequence[int]
    stages: bytes
    priorities: bytes
    packed_tags: bytes

    def tags(self) -> list[TagUse]:
        """Returns each tag once. The caller may change them."""
        return _unpack(self.packed_tags)


def pack_tags(ids: Sequence[bytes], created: Sequence[int], tags: Sequence[Sequence[str]]) -> bytes:
    """The arguments have one value for each idea. Tags are not folded."""
    folded = {tag: fold_tag(tag) for tag in set(chain.from_iterable(tags))}
    uses: dict[str, TagUse] = {}
    for idea_id, time, row in zip(ids, created, tags, strict=True):
        # Tags of an idea differ, but another version of Unicode may fold two of them alike.
        for tag, spelling in {folded[tag]: tag for tag in reversed(row)}.items():
            use = TagUse(tag, 1, time, idea_id, spelling)
            if (known := uses.setdefault(tag, use)) is not use:
                known.add(use)
    return _pack(list(uses.values()))


USE_BYTES: Final = 8 + sum(map(getsizeof, (TagUse("", 0, 2**60, bytes(16), ""), 2**60, bytes(16))))
"""Memory of a TagUse and of a pointer to it, without its texts."""

_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(list[TagUse]).decode
