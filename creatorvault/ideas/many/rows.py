"""The rows that a batch of changes stores, as the arguments of its statement."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from creatorvault.ideas.many.batch import Batch, IdeaState
from creatorvault.ideas.statements.many import (
    CHANGE_MANY,
    DELETED,
    MOVED,
    REPLACED,
    STORED,
    TRASHED,
    UPDATED,
    VERSIONS,
)
from creatorvault.tenants.statements.changes import VaultChange

type Row = tuple[object, ...]


def change_of(batch: Batch, deletions: Mapping[UUID, bytes], now: datetime) -> VaultChange:
    """Returns the change that stores the batch. `now` is the time of all deletions in it, which are sealed by id if the
    vault keeps what is deleted.
    """
    states = batch.changed
    forgotten = [] if batch.keeps else [state.found for state in states if state.found.row is not None]
    kept = states if batch.keeps else ()
    replaces = any(state.replaces for state in states)
    return VaultChange(
        CHANGE_MANY,
        batch.usage,
        batch.digest,
        now,
        (
            len(batch.made),
            now,
            [found.row.id for found in forgotten if found.row is not None],
            sum(found.forgotten for found in forgotten),
            *_arrays(STORED, _stored(states)),
            *_arrays(UPDATED, _updated(states)),
            *_arrays(REPLACED, _replaced(kept)),
            *_arrays(VERSIONS, _versions(kept)),
            *_arrays(DELETED, _deleted(states)),
            *_arrays(MOVED, _moved(kept, deletions)),
            *_arrays(TRASHED, _trashed(kept, deletions)),
        ),
        keeps=batch.keeps if replaces else None,
    )


def _stored(states: Iterable[IdeaState]) -> Iterator[Row]:
    for state in states:
        if state.found.row is None and state.deleted_place is None:
            row, place = state.versions[-1]
            yield *row, state.versions[0].place, place


def _updated(states: Iterable[IdeaState]) -> Iterator[Row]:
    for state in states:
        if state.found.row is not None and state.versions and state.deleted_place is None:
            row, place = state.versions[-1]
            yield *row, place, state.found.row.stamp


def _replaced(states: Iterable[IdeaState]) -> Iterator[Row]:
    for state in states:
        if state.found.row is not None and state.versions:
            yield state.found.row.id, state.found.row.stamp, state.versions[0].row.updated_at


def _versions(states: Iterable[IdeaState]) -> Iterator[Row]:
    for state in states:
        for earlier, later in zip(state.versions, state.versions[1:], strict=False):
            yield *earlier.row, earlier.place, later.row.updated_at


def _deleted(states: Iterable[IdeaState]) -> Iterator[Row]:
    for state in states:
        if state.deleted_place is None:
            continue
        if state.found.row is not None:
            yield state.found.row.id, state.found.row.stamp, None, state.deleted_place
        else:
            yield state.versions[0].row.id, None, state.versions[0].place, state.deleted_place


def _moved(states: Iterable[IdeaState], deletions: Mapping[UUID, bytes]) -> Iterator[Row]:
    for state in states:
        row = state.found.row
        if row is not None and state.deleted_place is not None and not state.versions:
            yield row.id, row.stamp, deletions[row.id]


def _trashed(states: Iterable[IdeaState], deletions: Mapping[UUID, bytes]) -> Iterator[Row]:
    for state in states:
        if state.deleted_place is not None and state.versions:
            row, place = state.versions[-1]
            first = state.versions[0].place if state.found.row is None else None
            yield *row, first, place, deletions[row.id]


def _arrays(columns: Mapping[str, str], rows: Iterable[Row]) -> Sequence[list[object]]:
    transposed = [list(column) for column in zip(*rows, strict=True)]
    return transposed or [[] for _ in columns]
