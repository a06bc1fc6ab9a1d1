"""The tables of ideas whose values are sealed with vault keys, for rotation and verification of keys."""

from collections.abc import Sequence
from datetime import UTC
from typing import Final

import msgspec

from creatorvault.core.database.sealed_data import Contexts, SealedTable, Values
from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.cipher import CHECKPOINTS, IDEAS, SEGMENTS
from creatorvault.crypto.envelope import context
from creatorvault.ideas.checkpoints.sealing import Checkpoint, checkpoint_context, is_checkpoint
from creatorvault.ideas.history.sealing import (
    deletion_context,
    is_nothing,
    previous_until_context,
    pruning_context,
)
from creatorvault.ideas.models import HistoryPruning, Idea, IdeaSegment, IdeaVersion, TrashedIdea, VaultCheckpoint
from creatorvault.ideas.sealing import (
    DOMAIN,
    DOMAIN_BEFORE_HISTORY,
    DOMAIN_BEFORE_STAMPS,
    SEALED,
    decoded,
    row_context,
)
from creatorvault.ideas.segments.sealing import WRITTEN_BY, Span, segment_context, unpacked

# Skips the trigger that deletes an idea's segment: rotation does not change ideas, and an erasure has deleted them all.
NO_SEGMENTS: Final = "SET LOCAL app.unsegmented = 'true'"


BOUND: Final = (
    *("stage", "priority", "due_date", "created_at", "updated_at"),
    *("stamp", "number", "previous", "revision"),
)
"""The clear columns of an idea's row, besides its id."""

CONTENT: Final = ("title", "notes", "tags")


def _idea_contexts(vault: VaultId) -> Contexts:
    prefixes, prefixes_before_history, prefixes_before_stamps = (
        [context(domain, vault.tenant_id.bytes, vault.user_id.encode(), name) for name in SEALED]
        for domain in (DOMAIN, DOMAIN_BEFORE_HISTORY, DOMAIN_BEFORE_STAMPS)
    )

    def contexts(values: Values) -> Sequence[bytes]:
        idea_id, stage, priority, due_date, created_at, updated_at, stamp, number, previous, revision = values
        if due_date is not None and due_date.tzinfo is None:
            due_date = due_date.replace(tzinfo=UTC)  # as ideas.models.DueDate reads it
        times = created_at, updated_at
        row = row_context(idea_id, stamp or revision, stage, priority, due_date, *times, (number, previous))
        known = prefixes if previous is not None else prefixes_before_history
        return [prefix + row for prefix in (known if stamp else prefixes_before_stamps)]

    return contexts


def _version_contexts(vault: VaultId) -> Contexts:
    of_row = _idea_contexts(vault)

    def contexts(values: Values) -> Sequence[bytes]:
        idea_id, number, *more, previous_until = values
        stage, priority, due_date, created_at, updated_at, stamp, previous, revision = more
        row = (stage, priority, due_date, created_at, updated_at, stamp, number, previous, revision)
        return [bound + previous_until_context(previous_until) for bound in of_row((idea_id, *row))]

    return contexts


def _trash_contexts(vault: VaultId) -> Contexts:
    of_row = _idea_contexts(vault)

    def contexts(values: Values) -> Sequence[bytes]:
        *row, deleted_at = values
        stamp, number = row[BOUND.index("stamp") + 1], row[BOUND.index("number") + 1]
        return [*of_row(row), deletion_context(vault, row[0], number, stamp, deleted_at)]

    return contexts


def _is_idea(_: Values, plaintexts: Sequence[bytes]) -> bool:
    try:
        decoded(*plaintexts[: len(SEALED)])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _segment_contexts(vault: VaultId) -> Contexts:
    return lambda values: [segment_context(vault, Span(*values))]


def _is_segment(values: Values, plaintexts: Sequence[bytes]) -> bool:
    first, last, ideas, _ = values
    try:
        return bool(len(unpacked(plaintexts[0], (first, last))) == ideas)
    except (msgspec.DecodeError, ValueError):
        return False


IDEAS_SEALED: Final = SealedTable(
    model=Idea,
    purpose=IDEAS,
    key=("id",),
    bound=BOUND,
    sealed=CONTENT,
    contexts=_idea_contexts,
    is_readable=_is_idea,
    first=NO_SEGMENTS,
    tally=lambda values: (values[BOUND.index("stamp") + 1], values[-1]),
    counted=CONTENT,
)
VERSIONS_SEALED: Final = SealedTable(
    model=IdeaVersion,
    purpose=IDEAS,
    key=("id", "number"),
    bound=(*(name for name in BOUND if name != "number"), "previous_until"),
    sealed=CONTENT,
    contexts=_version_contexts,
    is_readable=_is_idea,
    counted=CONTENT,
)
TRASH_SEALED: Final = SealedTable(
    model=TrashedIdea,
    purpose=IDEAS,
    key=("id",),
    bound=(*BOUND, "deleted_at"),
    sealed=(*CONTENT, "deletion"),
    contexts=_trash_contexts,
    is_readable=lambda values, plaintexts: _is_idea(values, plaintexts) and is_nothing(values, plaintexts[-1:]),
    counted=CONTENT,
    is_trash=True,
)
SEGMENTS_SEALED: Final = SealedTable(
    model=IdeaSegment,
    purpose=SEGMENTS,
    key=("first_revision", "last_revision"),
    bound=("ideas", "folding"),
    sealed=("sealed",),
    contexts=_segment_contexts,
    is_readable=_is_segment,
    is_outdated=lambda values: values[-1] != WRITTEN_BY,
)


def _checkpoint_contexts(vault: VaultId) -> Contexts:
    return lambda values: [checkpoint_context(vault, values[0])]


CHECKPOINTS_SEALED: Final = SealedTable(
    model=VaultCheckpoint,
    purpose=CHECKPOINTS,
    key=(),
    bound=("revision", "ideas", "digest"),
    sealed=("sealed",),
    contexts=_checkpoint_contexts,
    is_readable=lambda values, plaintexts: is_checkpoint(Checkpoint(*values), plaintexts[0]),
)
PRUNINGS_SEALED: Final = SealedTable(
    model=HistoryPruning,
    purpose=CHECKPOINTS,
    key=(),
    bound=("pruned_until",),
    sealed=("sealed",),
    contexts=lambda vault: lambda values: [pruning_context(vault, *values)],
    is_readable=is_nothing,
)
