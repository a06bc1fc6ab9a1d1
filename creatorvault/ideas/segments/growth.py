"""Segments of what this process stores in large vaults, so that a first search finds nearly all ideas in segments."""

from collections.abc import Iterable
from time import monotonic
from typing import Final

from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.core.lru import LRU
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.search.blocks import MOST, MOST_BYTES, Block
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.segments.sealing import SegmentSealer
from creatorvault.ideas.segments.writer import SegmentWriter

LARGE: Final = 5_000
"""A vault's revision from which on its ideas are collected. Reading as many row by row takes a tenth of a second."""

RUN_SECONDS: Final = 5.0
"""One run begins in this time, so that a process that does nothing but store ideas collects few of them: collecting all
would cost it a tenth, mostly since changes of the vault wait while its segments are written.
"""

MOST_VAULTS: Final = 1_000
KEPT_BYTES: Final = 8 * 2**20


class Run:
    """Ideas of consecutive revisions of a vault, in their order, each in its latest state."""

    __slots__ = ("ideas", "last", "size")

    def __init__(self, last: int) -> None:
        self.last = last
        self.size = 0
        self.ideas: dict[bytes, OpenedIdea] = {}

    def drop(self, idea_id: bytes) -> None:
        if gone := self.ideas.pop(idea_id, None):
            self.size -= gone.size

    def add(self, idea: OpenedIdea) -> None:
        self.ideas[idea.document.id] = idea
        self.size += idea.size


class GrowingSegments:
    """One per process. Collects the ideas that requests have just sealed, and has each full block of them written.

    A run ends if another process changes the vault, or if there are too many, and may begin only some time after the
    last one. The other ideas are in no segment until a search has read them. `SegmentWriter` writes only what equals
    the rows, so an idea may be reported before its change is committed.
    """

    def __init__(self, writer: SegmentWriter | None) -> None:
        """Collects nothing without a writer."""
        self._writer = writer
        self._runs = LRU[VaultId, Run](MOST_VAULTS)
        self._bytes = 0
        self._next_begins = 0.0

    def __len__(self) -> int:
        return len(self._runs)

    def stored(
        self, vault: VaultId, cipher: VaultCipher, revision: VaultRevision, stamp: int, idea: IdeaResponse
    ) -> None:
        """Reports a new or changed idea, stored at this revision."""
        if self._writer is None or revision < LARGE or not self._writer.has_room:
            return
        run = self._continued(vault, revision) or self._begun(vault, revision)
        if run is None:
            return
        before = run.size
        run.drop(idea.id.bytes)
        run.add(OpenedIdea.of(revision, stamp, idea))
        self._bytes += run.size - before
        if len(run.ideas) >= MOST or run.size >= MOST_BYTES:
            self.forget(vault)
            block = Block.of(list(run.ideas.values()))
            self._writer.write(vault, SegmentSealer.of(cipher).seal(block), block.digest)
        while self._bytes > KEPT_BYTES:
            self.forget(next(iter(self._runs)))

    def deleted(self, vault: VaultId, revision: VaultRevision, idea_id: bytes) -> None:
        """Reports a deletion that gave the vault this revision."""
        if run := self._continued(vault, revision):
            self._bytes -= run.size
            run.drop(idea_id)
            self._bytes += run.size

    def vaults(self) -> Iterable[VaultId]:
        return self._runs

    def forget(self, vault: VaultId) -> None:
        if run := self._runs.pop(vault):
            self._bytes -= run.size

    def _continued(self, vault: VaultId, revision: VaultRevision) -> Run | None:
        """Returns the run that goes on with this revision, if there is one."""
        run = self._runs.use(vault)
        if run is None or run.last + 1 != revision:
            self.forget(vault)
            return None
        run.last = revision
        return run

    def _begun(self, vault: VaultId, revision: VaultRevision) -> Run | None:
        now = monotonic()
        if now < self._next_begins:
            return None
        self._next_begins = now + RUN_SECONDS
        if len(self._runs) >= MOST_VAULTS:
            self.forget(next(iter(self._runs)))
        run = Run(revision)
        self._runs.put(vault, run)
        return run
