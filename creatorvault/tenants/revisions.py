"""The highest revision of each vault that this process knows to be committed.

It is a cached hint of the vault's current revision, which the database checks. It is also a lower bound: a vault's
revision never decreases unless somebody sets its row back, or the database has lost commits.
"""

from typing import Final, Protocol

from creatorvault.core.identifiers import VaultId, VaultRevision, vault_ids
from creatorvault.core.lru import LRU
from creatorvault.tenants.errors import VaultSetBack

REMEMBERED: Final = 10_000


class RevisionWatcher(Protocol):
    """Is told of committed revisions. Its methods are called within requests, and must take next to no time."""

    def seen(self, vault: VaultId, revision: VaultRevision) -> None:
        """The revision is new to this process, whoever has committed it."""

    def committed(self, vault: VaultId) -> None:
        """The process itself has committed a change of the vault. `seen` was called before."""


class SeenRevisions:
    """The revisions of the `size` most recently used vaults. One per process, for one event loop."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._revisions = LRU[VaultId, VaultRevision](size)
        self.watchers: list[RevisionWatcher] = []

    def __len__(self) -> int:
        return len(self._revisions)

    def get(self, vault: VaultId) -> VaultRevision | None:
        return self._revisions.peek(vault)

    def put(self, vault: VaultId, revision: VaultRevision) -> None:
        """Records a committed revision. A lower one is ignored, since a read may report after a later change."""
        known = self._revisions.use(vault)
        if known is None or revision > known:
            self._revisions.put(vault, revision)
            for watcher in self.watchers:
                watcher.seen(vault, revision)

    def committed(self, vault: VaultId, revision: VaultRevision) -> None:
        """Records the revision of a change that this process has just committed.

        A read may have reported it before: then only the other processes are still to be told.
        """
        self.put(vault, revision)
        for watcher in self.watchers:
            watcher.committed(vault)

    def check(self, vault: VaultId, known: VaultRevision | None, revision: VaultRevision | None) -> None:
        """Raises VaultSetBack if `revision` is lower than `known`, or None because there is no such vault.

        `known` is the result of `get` before the statement or snapshot that shows `revision` began. Later values must
        not be used, since the statement may show an earlier state.

        The alert is raised once. Then the vault is forgotten, so that a database that has lost commits in a failover is
        served again.
        """
        if known is not None and (revision is None or revision < known):
            self.forget(vault)
            raise VaultSetBack(**vault_ids(vault), seen=str(known), stored=str(revision))

    def forget(self, vault: VaultId) -> None:
        self._revisions.pop(vault)
