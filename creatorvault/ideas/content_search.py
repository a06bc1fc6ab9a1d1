"""Queries about content: search, tags, periods, the orders of titles and of due dates, and counts.

They are answered from memory or by a full read of the vault. Both take processor time that grows with the vault, so a
query counts against the creator's allowance, runs in slices, and ends when the client disconnects.
"""

from functools import partial
from typing import Final, Protocol

from litestar.types import HTTPScope, Receive

from creatorvault.core.database.replica import ReplicaUnavailable
from creatorvault.core.http.paging import CursorInvalid
from creatorvault.core.identifiers import VaultVersion, vault_ids
from creatorvault.core.limits.work_allowance import Meter, Metered, WorkAllowance
from creatorvault.core.telemetry.request_context import request_context_of
from creatorvault.core.waiting.client_watch import ClientWatch
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.errors import Tampered
from creatorvault.ideas.bodies import read_bodies
from creatorvault.ideas.checkpoints.comparing import ComparedRead, stored_checkpoint
from creatorvault.ideas.checkpoints.writer import CheckpointWriter
from creatorvault.ideas.full_reads import FullReads
from creatorvault.ideas.reader import Segments, VaultReader
from creatorvault.ideas.repositories import IdeaRepository
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.search.questions import Question
from creatorvault.ideas.segments.repositories import SegmentRepository
from creatorvault.ideas.segments.writer import SegmentWriter
from creatorvault.ideas.statements.checkpoints import WITH_CHECKPOINT
from creatorvault.tenants.errors import Undecided, VaultMismatch, VaultSetBack
from creatorvault.tenants.opening import OpenVault, Snapshot
from creatorvault.tenants.services import VaultService

DRIVER_SHARE: Final = 1 / 2
"""The driver's processor time for a full read, as a fraction of the measured time. The driver runs between the task's
steps, or concurrently when segments are read ahead. Measured: 0.7 for segments, 0.25 for rows, 0.1 if folding prevails.
"""


class ContentSearchParts:
    """Shared by all searches of a process. `segments` is None if segments are disabled."""

    def __init__(
        self,
        cache: SearchCache,
        full_reads: FullReads,
        allowance: WorkAllowance,
        budget: EventLoopBudget,
        segments: SegmentWriter | None,
        checkpoints: CheckpointWriter,
    ) -> None:
        self.cache = cache
        self.full_reads = full_reads
        self.allowance = allowance
        self.budget = budget
        self.segments = segments
        self.checkpoints = checkpoints


class ContentQuery[FoundT, AnswerT](Protocol):
    """A query about the content of a vault, as it is before and after the vault is asked."""

    def question(self, cipher: VaultCipher | None) -> Question[FoundT]:
        """Returns a new one each time. `cipher` is None if the vault has no key. Raises CursorInvalid."""

    def answer(self, vault: OpenVault, found: FoundT) -> AnswerT: ...

    def answer_of_nothing(self) -> AnswerT:
        """For a creator who has not stored anything yet."""


class ContentSearch:
    """The content queries of one request."""

    def __init__(self, parts: ContentSearchParts, vault: VaultService, scope: HTTPScope, receive: Receive) -> None:
        self._parts = parts
        self._vault = vault
        self._scope = scope
        self._receive = receive
        self._creator = request_context_of(scope).caller or ""
        self._seen: VaultVersion | None = None

    async def answer[FoundT, AnswerT](self, query: ContentQuery[FoundT, AnswerT]) -> AnswerT:
        """Everything in the answer is of the same snapshot.

        Raises WorkUsedUp, ClientGone, CursorInvalid, VaultMismatch, VaultSetBack, the errors of `FullReads.lock` and
        `VaultService.snapshot`, the alerts of `opened`, and as the query's question.
        """
        self._admit()
        meter = Meter()
        try:
            async with ClientWatch(self._receive) as watch:
                time_slice = TimeSlice(self._parts.budget, watch.start)
                return await Metered(meter, self._answer(query, time_slice, watch, meter))
        finally:
            self._parts.allowance.charge(self._scope, self._creator, meter)

    async def _answer[FoundT, AnswerT](
        self, query: ContentQuery[FoundT, AnswerT], time_slice: TimeSlice, watch: ClientWatch, meter: Meter
    ) -> AnswerT:
        if (answer := await self._answer_from_memory(query, time_slice)) is not None:
            return answer
        seen = self._seen or await self._version()
        rows = 0 if seen is None else self._rows_to_read(seen)
        watch.start()
        full_reads = self._parts.full_reads
        async with full_reads.lock(self._creator, rows):
            self._admit()
            before = meter.seconds
            try:
                return await self._answer_of_full_read(query, seen, time_slice)
            finally:
                meter.seconds += (meter.seconds - before) * DRIVER_SHARE

    async def _answer_from_memory[FoundT, AnswerT](
        self, query: ContentQuery[FoundT, AnswerT], time_slice: TimeSlice
    ) -> AnswerT | None:
        """Returns None if the index is not in memory at the vault's current revision."""
        try:
            question = query.question(self._vault.cipher)
            vault = (await self._vault.look()).vault
        except (CursorInvalid, Undecided):
            return None  # the cursor may be sealed with a key that this process has not read yet
        if vault is None:
            return None
        self._seen = vault.version
        bodies = partial(read_bodies, self._vault, vault.version, time_slice)
        try:
            found = await self._parts.cache.ask_at_hand(vault.id, vault.version, question, time_slice, bodies)
        except (Undecided, VaultMismatch):
            return None  # the vault has changed meanwhile, or a snapshot decides that it has not
        return None if found is None else query.answer(vault, found)

    async def _answer_of_full_read[FoundT, AnswerT](
        self, query: ContentQuery[FoundT, AnswerT], seen: VaultVersion | None, time_slice: TimeSlice
    ) -> AnswerT:
        full_reads = self._parts.full_reads
        if full_reads.replica is not None and seen is not None:
            try:
                async with self._vault.replayed(full_reads.replica, seen, WITH_CHECKPOINT) as snapshot:
                    if snapshot is not None:
                        return await self._answer_of(snapshot, query, time_slice)
            except (ReplicaUnavailable, Tampered, VaultMismatch, VaultSetBack):
                pass  # the primary decides
        async with self._vault.snapshot(full_reads.database, WITH_CHECKPOINT) as snapshot:
            return await self._answer_of(snapshot, query, time_slice)

    async def _answer_of[FoundT, AnswerT](
        self, snapshot: Snapshot, query: ContentQuery[FoundT, AnswerT], time_slice: TimeSlice
    ) -> AnswerT:
        repository, vault = IdeaRepository(snapshot.session, snapshot.id), snapshot.vault
        question = query.question(snapshot.cipher)
        checkpoint = stored_checkpoint(snapshot.more)
        if vault is None:
            if checkpoint is not None or await repository.count():
                raise VaultMismatch(**vault_ids(snapshot.id))
            return query.answer_of_nothing()
        segments = None
        if self._parts.segments is not None:
            segments = Segments(SegmentRepository(snapshot.session, vault.id), self._parts.segments)
        compared = ComparedRead(vault, checkpoint, self._parts.checkpoints)
        reader = VaultReader(repository, snapshot, vault, time_slice, segments, compared)
        return query.answer(vault, await self._parts.cache.ask(vault.id, reader, question, time_slice))

    async def _version(self) -> VaultVersion | None:
        """Returns the vault's version; None if nothing was stored yet. For a vault that this process does not know."""
        async with self._vault.snapshot() as snapshot:
            return None if snapshot.vault is None else snapshot.vault.version

    def _rows_to_read(self, seen: VaultVersion) -> int:
        """Returns an upper bound: an idea has one revision, and a vault has one for each of its changes."""
        return seen.revision - self._parts.cache.revision_of(self._vault.id)

    def _admit(self) -> None:
        self._parts.allowance.admit(self._scope, self._creator)
