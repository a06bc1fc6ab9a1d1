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
from creatorvault.ideas.models import Idea, IdeaSegment, VaultCheckpoint
from creatorvault.ideas.sealing import DOMAIN, DOMAIN_BEFORE_STAMPS, SEALED, decoded, row_context
from creatorvault.ideas.segments.sealing import WRITTEN_BY, Span, segment_context, unpacked

# Skips the trigger that deletes an idea's segment: rotation does not change ideas, and an erasure has deleted them all.
NO_SEGMENTS: Final = "SET LOCAL app.unsegmented = 'true'"


def _idea_contexts(vault: VaultId) -> Contexts:
    prefixes, prefixes_before_stamps = (
        [context(domain, vault.tenant_id.bytes, vault.user_id.encode(), name) for name in SEALED]
        for domain in (DOMAIN, DOMAIN_BEFORE_STAMPS)
    )

    def contexts(values: Values) -> Sequence[bytes]:
        idea_id, stage, priority, due_date, created_at, updated_at, stamp, revision = values
        if due_date is not None and due_date.tzinfo is None:
            due_date = due_date.replace(tzinfo=UTC)  # as ideas.models.DueDate reads it
        row = row_context(idea_id, stamp or revision, stage, priority, due_date, created_at, updated_at)
        return [prefix + row for prefix in (prefixes if stamp else prefixes_before_stamps)]

    return contexts


def _is_idea(_: Values, plaintexts: Sequence[bytes]) -> bool:
    try:
        decoded(*plaintexts)
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
    bound=("stage", "priority", "due_date", "created_at", "updated_at", "stamp", "revision"),
    sealed=("title", "notes", "tags"),
    contexts=_idea_contexts,
    is_readable=_is_idea,
    first=NO_SEGMENTS,
    tally=lambda values: (values[-2], values[-1]),
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
