"""The chain of an idea's versions: each names the kept version before it, so none can vanish unseen. A pure rule."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from creatorvault.ideas.history.sealing import VersionColumns
from creatorvault.ideas.sealing import KEPT_WITHOUT_STAMP, IdeaColumns


class Link(NamedTuple):
    """The columns of an earlier version that connect it with others. They are trusted once the version was opened."""

    number: int
    stamp: int
    previous: int | None
    previous_until: datetime | None
    updated_at: datetime
    replaced_at: datetime

    @classmethod
    def of(cls, version: VersionColumns) -> "Link":
        row = version.row
        return cls(row.number, row.stamp, row.previous, version.previous_until, row.updated_at, version.replaced_at)

    @property
    def name(self) -> int:
        """What the next version calls `previous` (`IdeaColumns.link`)."""
        return self.stamp or KEPT_WITHOUT_STAMP

    @property
    def linked_until(self) -> datetime:
        """When the version that `previous` names was replaced."""
        return self.previous_until or self.updated_at


class End(NamedTuple):
    """What a version says of the one before it: `previous` names it, and it was replaced at `until`."""

    number: int
    previous: int | None
    until: datetime

    @classmethod
    def of(cls, link: Link) -> "End":
        return cls(link.number, link.previous, link.linked_until)

    @classmethod
    def of_newest(cls, row: IdeaColumns) -> "End":
        """`row` is that of the idea, or its row in the trash."""
        return cls(row.number, row.previous, row.updated_at)


def is_unbroken(newest: End, earlier: Sequence[Link], pruned_until: datetime | None) -> bool:
    """Whether `earlier`, newest first, are all kept versions before the newest one.

    The last of them may name another one if that was replaced until `pruned_until`; None means that none was pruned.
    """
    end = newest
    for link in earlier:
        if not end.previous or (link.name, link.replaced_at) != (end.previous, end.until) or link.number >= end.number:
            return False
        end = End.of(link)
    return not end.previous or (pruned_until is not None and end.until <= pruned_until)
