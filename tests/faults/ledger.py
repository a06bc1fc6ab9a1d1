"""What clients have written and been told, by which every later answer is judged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

type Versions = Mapping[str, str]
"""The entity tag of each stored idea, by id."""


@dataclass
class Write:
    """A change of one idea, whose notes become `token`. `tag` is the entity tag that it was acknowledged with."""

    token: str
    began: float
    idea_id: str | None = None
    tag: str | None = None
    acknowledged_at: float | None = None
    is_deletion: bool = False


@dataclass
class Ledger:
    """All writes of all clients. Each idea is written by one client at a time, so its writes have an order."""

    writes: dict[str, Write] = field(default_factory=dict)
    of_idea: dict[str, list[Write]] = field(default_factory=lambda: defaultdict(list))

    def begin(self, began: float, idea_id: str | None = None, *, is_deletion: bool = False) -> Write:
        write = Write(str(uuid4()), began, idea_id, is_deletion=is_deletion)
        self.writes[write.token] = write
        if idea_id is not None:
            self.of_idea[idea_id].append(write)
        return write

    def acknowledge(self, write: Write, idea_id: str, at: float, tag: str | None = None) -> None:
        """A deletion has no `tag`."""
        if write.idea_id is None:
            write.idea_id = idea_id
            self.of_idea[idea_id].append(write)
        write.tag, write.acknowledged_at = tag, at

    def lost(self, stored: Versions, since: float, until: float) -> Sequence[Write]:
        """Returns the writes acknowledged between the two moments that `stored`, the state at the later one, lacks.

        A write without an answer may or may not be stored, and so may hide those before it.
        """
        return [
            write
            for idea_id, writes in self.of_idea.items()
            for write in _lost([write for write in writes if write.began < until], stored.get(idea_id))
            if write.acknowledged_at is not None and since <= write.acknowledged_at < until
        ]


def _lost(writes: Sequence[Write], tag: str | None) -> Sequence[Write]:
    """`tag` is what is stored of the idea: everything that was acknowledged after it is lost."""
    known = {write.tag for write in writes if write.tag is not None}
    lost: list[Write] = []
    for write in reversed(writes):
        if write.acknowledged_at is None:
            # It explains a version that nobody was told of, and an idea that is gone.
            if tag not in known if tag is not None else write.is_deletion:
                return lost
        elif write.tag == tag:  # also a deletion, of an idea that is not stored
            return lost
        else:
            lost.append(write)
    return lost


@dataclass(frozen=True)
class Failover:
    """`stored` is what the promoted server had of the writes to the earlier one."""

    ledger: Ledger
    stored: Versions
    killed_at: float
    promoting_at: float

    def is_ghost(self, idea_id: str, write: Write) -> bool:
        """Whether this version of an idea, shown after the failover, was lost with the earlier server."""
        if write.began >= self.killed_at or (write.acknowledged_at or 0) >= self.promoting_at:
            return False
        tag = self.stored.get(idea_id)
        if tag is None or write.tag is not None:
            return tag is None or write.tag != tag
        return tag in {other.tag for other in self.ledger.of_idea.get(idea_id, ())}

    def is_ghost_tag(self, idea_id: str, tag: str) -> bool:
        """The same of an entity tag that matched."""
        named = (write for write in self.ledger.of_idea[idea_id] if write.tag == tag)
        return any(self.is_ghost(idea_id, write) for write in named)
