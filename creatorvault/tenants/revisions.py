"""What this process saw of each vault last: a guess at how it is now, which the database checks."""

from collections import OrderedDict
from typing import Final

from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.core.queues import Queues, Turn

REMEMBERED: Final = 10_000


class SeenRevisions:
    """Of the `size` vaults that were looked at most recently. One per process, for one event loop.

    Changes of one vault take turns in this process: of two that begin with the same guess, one would be in vain.
    """

    def __init__(self, answer_seconds: float, size: int = REMEMBERED) -> None:
        """`answer_seconds` are what a request may wait in all, for its turn too."""
        self._size = size
        self._revisions: OrderedDict[VaultId, VaultRevision] = OrderedDict()
        self._changing = Queues[VaultId](answer_seconds)

    def __len__(self) -> int:
        return len(self._revisions)

    def get(self, vault: VaultId) -> VaultRevision | None:
        return self._revisions.get(vault)

    def put(self, vault: VaultId, revision: VaultRevision) -> None:
        self._revisions[vault] = revision
        self._revisions.move_to_end(vault)
        if len(self._revisions) > self._size:
            self._revisions.popitem(last=False)

    def turn(self, vault: VaultId) -> Turn:
        """Raises ServiceUnavailable when the turn does not come while the request may wait."""
        return self._changing.turn(vault)
