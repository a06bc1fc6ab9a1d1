"""Changes of several ideas of one vault that follow each other, before any of them is stored.

Each change is made and sealed as if the ones before it were stored already, so that the rows are those that single
requests would have left. Nothing here uses the database.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from creatorvault.core.http.conditional import Precondition
from creatorvault.ideas.drafting import StoredIdea, idea_tag
from creatorvault.ideas.errors import IdeaNotFound
from creatorvault.ideas.history.undo_tokens import DeletedVersion
from creatorvault.ideas.many.errors import IdTaken
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer, SealedRow
from creatorvault.tenants.opening import OpenVault
from creatorvault.tenants.quotas import QuotaLedger
from creatorvault.tenants.statements.changes import UsageDelta


class FoundId(NamedTuple):
    """What is stored under an id. `is_buried` is whether it is in the trash or was deleted. `forgotten` is the size in
    bytes of earlier versions that go with a change, in a vault that keeps none.
    """

    row: IdeaColumns | None
    is_buried: bool = False
    forgotten: int = 0


class SealedVersion(NamedTuple):
    """`place` is the number of the change in the batch, from 1: its revision is that many after the vault's."""

    row: SealedRow
    place: int


class Made(NamedTuple):
    """A change that was made. `idea` is None if it is a deletion."""

    place: int
    idea_id: UUID
    stamp: int
    idea: IdeaResponse | None


class IdeaState:
    """One idea: the stored row, the versions that were sealed since, oldest first, and the place of its deletion."""

    __slots__ = ("deleted_place", "found", "idea", "versions")

    def __init__(self, found: FoundId) -> None:
        self.found = found
        self.idea: IdeaResponse | None = None
        self.versions: list[SealedVersion] = []
        self.deleted_place: int | None = None

    @property
    def row(self) -> SealedRow | IdeaColumns | None:
        """The current version, deleted or not."""
        return self.versions[-1].row if self.versions else self.found.row

    @property
    def living(self) -> SealedRow | IdeaColumns | None:
        return None if self.deleted_place is not None else self.row

    @property
    def replaces(self) -> bool:
        """Whether a version is replaced or deleted."""
        return self.deleted_place is not None or len(self.versions) > (self.found.row is None)

    @property
    def is_taken(self) -> bool:
        return self.found.is_buried or self.row is not None


class Batch:
    """The changes of one request. `keeps` is whether the vault keeps what is replaced or deleted.

    `usage` and `digest` are what all changes together make of the vault's counters, `made` are the changes.
    """

    def __init__(
        self, vault: OpenVault, found: Mapping[UUID, FoundId], opened: OpenedIdeas, ledger: QuotaLedger, *, keeps: bool
    ) -> None:
        self.keeps = keeps
        self.usage = UsageDelta(0, 0)
        self.digest = 0
        self.made: list[Made] = []
        self.vault = vault
        self._sealer = IdeaSealer.of(vault.cipher)
        self._opened = opened
        self._ledger = ledger
        self._states = {idea_id: IdeaState(row) for idea_id, row in found.items()}

    @property
    def changed(self) -> Sequence[IdeaState]:
        return [state for state in self._states.values() if state.versions or state.deleted_place is not None]

    def current(self, idea_id: UUID) -> StoredIdea | None:
        """Returns None if the idea does not exist. Raises as `OpenedIdeas.idea`."""
        state = self._states.get(idea_id)
        row = None if state is None else state.living
        return None if state is None or row is None else StoredIdea(self._idea(state), _tag(row))

    def lives(self, idea_id: UUID) -> bool:
        state = self._states.get(idea_id)
        return state is not None and state.living is not None

    def create(self, idea: IdeaResponse) -> StoredIdea:
        """Raises IdTaken and QuotaExceeded."""
        state = self._states.get(idea.id) or IdeaState(FoundId(None))
        if state.is_taken:
            raise IdTaken(idea.id)
        row = self._sealer.seal(idea)
        self._add(UsageDelta(1, row.size), row.stamp, Made(self._next_place, idea.id, row.stamp, idea))
        self._states[idea.id] = state
        return self._store(state, row, idea)

    def change(
        self, idea_id: UUID, precondition: Precondition, change: Callable[[IdeaResponse], IdeaResponse]
    ) -> StoredIdea:
        """Raises IdeaNotFound, PreconditionFailed, QuotaExceeded, and as `OpenedIdeas.idea`."""
        state, old = self._living(idea_id)
        before = self._idea(state)
        precondition.check(_tag(old), lambda: before)
        idea = change(before)
        if idea is before:
            return StoredIdea(before, _tag(old))
        row = self._sealer.seal(idea, old.next_position(kept=self.keeps))
        usage = UsageDelta(0, row.size - self._forgotten(state, old))
        self._add(usage, row.stamp ^ old.stamp, Made(self._next_place, idea_id, row.stamp, idea))
        return self._store(state, row, idea)

    def delete(self, idea_id: UUID, precondition: Precondition) -> None:
        """Raises IdeaNotFound, PreconditionFailed, and as `OpenedIdeas.idea` if it raises that."""
        state, old = self._living(idea_id)
        precondition.check(_tag(old), partial(self._idea, state))
        usage = UsageDelta(-1, 0, 1) if self.keeps else UsageDelta(-1, -self._forgotten(state, old))
        place = self._next_place
        self._add(usage, old.stamp, Made(place, idea_id, old.stamp, None))
        state.deleted_place = place

    @property
    def deleted(self) -> Sequence[DeletedVersion]:
        return [DeletedVersion(made.idea_id, made.stamp) for made in self.made if made.idea is None]

    @property
    def deleted_rows(self) -> Sequence[SealedRow | IdeaColumns]:
        return [state.row for state in self.changed if state.deleted_place is not None and state.row is not None]

    @property
    def _next_place(self) -> int:
        return len(self.made) + 1

    def _living(self, idea_id: UUID) -> tuple[IdeaState, SealedRow | IdeaColumns]:
        state = self._states.get(idea_id)
        row = None if state is None else state.living
        if state is None or row is None:
            raise IdeaNotFound(idea_id)
        return state, row

    def _idea(self, state: IdeaState) -> IdeaResponse:
        if state.idea is None:
            assert state.found.row is not None  # noqa: S101 - a version that was sealed here comes with its idea
            state.idea = self._opened.idea(self.vault, state.found.row)
        return state.idea

    def _forgotten(self, state: IdeaState, old: SealedRow | IdeaColumns) -> int:
        """Returns the size of what goes with a change. Earlier versions go with the first one."""
        if self.keeps:
            return 0
        return old.size if state.versions else old.size + state.found.forgotten

    def _add(self, usage: UsageDelta, digest: int, made: Made) -> None:
        """Raises QuotaExceeded."""
        self._ledger.add(usage)
        self.usage = UsageDelta(*(one + other for one, other in zip(self.usage, usage, strict=True)))
        self.digest ^= digest
        self.made.append(made)

    def _store(self, state: IdeaState, row: SealedRow, idea: IdeaResponse) -> StoredIdea:
        state.versions.append(SealedVersion(row, len(self.made)))
        state.idea = idea
        return StoredIdea(idea, _tag(row))


def _tag(row: SealedRow | IdeaColumns) -> str:
    """Only rows that were read have no stamp."""
    return idea_tag(row.stamp, row.revision if isinstance(row, IdeaColumns) else 0)
