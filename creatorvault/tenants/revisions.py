"""The highest revision of each vault that this process knows to be committed.

It is a guess at how the vault is now, which the database checks. And it is a lower bound: a vault's revision never goes
down, unless somebody sets its row back, or the database has lost commits.
"""

from typing import Final

from creatorvault.core.identifiers import VaultId, VaultRevision, vault_ids
from creatorvault.core.lru import LRU
from creatorvault.core.waiting.keyed_locks import KeyedLock, KeyedLocks
from creatorvault.tenants.errors import VaultSetBack

REMEMBERED: Final = 10_000


class SeenRevisions:
    """Of the `size` vaults that were looked at most recently. One per process, for one event loop.

    Changes of one vault take turns in this process: of two that begin with the same guess, one would be in vain.
    """

    def __init__(self, answer_seconds: float, size: int = REMEMBERED) -> None:
        """`answer_seconds` are what a request may wait in all, for its turn too."""
        self._revisions = LRU[VaultId, VaultRevision](size)
        self._changing = KeyedLocks[VaultId](answer_seconds)

    def __len__(self) -> int:
        return len(self._revisions)

    def get(self, vault: VaultId) -> VaultRevision | None:
        return self._revisions.peek(vault)

    def put(self, vault: VaultId, revision: VaultRevision) -> None:
        """`revision` is committed. A read that began before a change may tell of it after the change did."""
        known = self._revisions.peek(vault)
        self._revisions.put(vault, revision if known is None else max(revision, known))

    def check(self, vault: VaultId, known: VaultRevision | None, revision: VaultRevision | None) -> None:
        """Raises VaultSetBack when `revision` is lower than `known`, or None: there is no such vault.

        `known` is what `get` gave before the statement, or the snapshot, that shows `revision` began. What was learned
        while it was under way does not count, since its answer may be of a moment before.

        The alarm is raised once. After it the vault is forgotten, so that a database that has lost commits in a
        failover is served from then on.
        """
        if known is not None and (revision is None or revision < known):
            self.forget(vault)
            raise VaultSetBack(**vault_ids(vault), seen=str(known), stored=str(revision))

    def forget(self, vault: VaultId) -> None:
        self._revisions.pop(vault)

    def lock(self, vault: VaultId) -> KeyedLock:
        """Raises ServiceUnavailable when the turn does not come while the request may wait."""
        return self._changing.lock(vault)
