"""Converts ideas to rows and back. docs/encryption.md specifies what each ciphertext is bound to.

Each of the three ciphertexts is bound to the whole row, so a row is sealed as a whole and cannot be edited, moved,
mixed or rolled back undetected.
"""

import os
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import msgspec

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import vault_ids
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import context, microseconds
from creatorvault.crypto.errors import Tampered
from creatorvault.crypto.records import RecordCipher
from creatorvault.ideas.ranks import PRIORITIES, PRIORITY_RANK, STAGE_RANK, STAGES
from creatorvault.ideas.schemas import IdeaResponse

DOMAIN: Final = b"creatorvault/idea/v3"
DOMAIN_BEFORE_HISTORY: Final = b"creatorvault/idea/v2"
DOMAIN_BEFORE_STAMPS: Final = b"creatorvault/idea/v1"
SEALED: Final = (b"title", b"notes", b"tags")

# The encoding of envelope.context for the parts of a row, each preceded by its length, in one call: id, version, stage,
# priority, due date or an empty part, creation, update.
_DUE: Final = struct.Struct(">I16sIQIhIhIqIqIq")
_UNDUE: Final = struct.Struct(">I16sIQIhIhIIqIq")
# The same encoding of the position, which follows.
_POSITION: Final = struct.Struct(">IiIq")

_encode: Final = msgspec.json.Encoder().encode
_title: Final = msgspec.json.Decoder(str).decode
_notes: Final = msgspec.json.Decoder(str | None).decode
_tags: Final = msgspec.json.Decoder(list[str]).decode


class Position(NamedTuple):
    """Of a version among those of its idea.

    `number` is 1 for the first and grows by one with each change. `previous` names the kept version before this one by
    its stamp; it is NONE_KEPT, or KEPT_WITHOUT_STAMP for a row without one. It is None in rows that were last changed
    before there was a history: those have the number 1, and are bound to neither.
    """

    number: int
    previous: int | None


NONE_KEPT: Final = 0
KEPT_WITHOUT_STAMP: Final = -1
FIRST: Final = Position(1, NONE_KEPT)


class SealedRow(NamedTuple):
    """The columns of `ideas` that a writer sets, except the two columns that identify the vault."""

    id: UUID
    title: bytes
    notes: bytes
    tags: bytes
    stage: int
    priority: int
    due_date: datetime | None
    created_at: datetime
    updated_at: datetime
    stamp: int
    number: int
    previous: int | None

    @property
    def size(self) -> int:
        """Of the ciphertexts, in bytes."""
        return len(self.title) + len(self.notes) + len(self.tags)

    def next_position(self, *, kept: bool) -> Position:
        """Returns that of the version that replaces this one."""
        return Position(self.number + 1, self.stamp if kept else NONE_KEPT)


class IdeaColumns(NamedTuple):
    """The columns of `ideas` that a reader needs: those of SealedRow, and the revision assigned by the database."""

    id: UUID
    title: bytes
    notes: bytes
    tags: bytes
    stage: int
    priority: int
    due_date: datetime | None
    created_at: datetime
    updated_at: datetime
    stamp: int
    number: int
    previous: int | None
    revision: int

    @property
    def size(self) -> int:
        """Of the ciphertexts, in bytes."""
        return len(self.title) + len(self.notes) + len(self.tags)

    @property
    def link(self) -> int:
        """What the next version calls `previous` if this one is kept."""
        return self.stamp or KEPT_WITHOUT_STAMP

    def next_position(self, *, kept: bool) -> Position:
        """Returns that of the version that replaces this one."""
        return Position(self.number + 1, self.link if kept else NONE_KEPT)


STAMP: Final = IdeaColumns._fields.index("stamp")
REVISION: Final = IdeaColumns._fields.index("revision")


def new_stamp() -> int:
    """Returns a random number from 1 to 2^63 - 1. Two changes of an idea have the same one with probability 2^-63."""
    return (int.from_bytes(os.urandom(8)) >> 1) or 1


class IdeaSealer:
    """Seals and opens the ideas of one vault."""

    @classmethod
    def of(cls, cipher: VaultCipher) -> Self:
        """Returns the sealer cached with the cipher: creating one takes as long as opening half an idea."""
        return cipher.derived(cls)

    def __init__(self, cipher: VaultCipher) -> None:
        vault = cipher.vault
        self._record, self._record_before_history, self._record_before_stamps = (
            RecordCipher(cipher, context(domain, vault.tenant_id.bytes, vault.user_id.encode()), SEALED)
            for domain in (DOMAIN, DOMAIN_BEFORE_HISTORY, DOMAIN_BEFORE_STAMPS)
        )
        self._vault = vault
        self._user_id = vault.user_id

    def seal(
        self, idea: IdeaResponse, position: Position = FIRST, stamp: int | None = None, bound_too: bytes = b""
    ) -> SealedRow:
        """Seals the idea, with a new stamp unless one is given. `bound_too` is what else it is bound to."""
        stage, priority = STAGE_RANK[idea.stage], PRIORITY_RANK[idea.priority]
        times = idea.created_at, idea.updated_at
        stamp = new_stamp() if stamp is None else stamp
        row = row_context(idea.id, stamp, stage, priority, idea.due_date, *times, position) + bound_too
        title, notes, tags = self._record.seal((_encode(idea.title), _encode(idea.notes), _encode(idea.tags)), row)
        return SealedRow(idea.id, title, notes, tags, stage, priority, idea.due_date, *times, stamp, *position)

    def open(self, columns: Sequence[Any], bound_too: bytes = b"") -> IdeaResponse:
        """`columns` are those of IdeaColumns. Raises Tampered, WrongKey or LostKey, each naming the idea."""
        idea_id, title, notes, tags, stage, priority, due_date, created_at, updated_at, stamp, *position, revision = (
            columns
        )
        record, version = (self._record, stamp) if stamp else (self._record_before_stamps, revision)
        if position[1] is None and stamp:
            record = self._record_before_history
        if due_date is not None and due_date.tzinfo is None:
            due_date = due_date.replace(tzinfo=UTC)  # as ideas.models.DueDate reads it
        try:
            row = row_context(idea_id, version, stage, priority, due_date, created_at, updated_at, position) + bound_too
            title, notes, tags = decoded(*record.open((title, notes, tags), row))
            return IdeaResponse(
                title=title,
                notes=notes,
                stage=STAGES[stage],
                priority=PRIORITIES[priority],
                tags=tags,
                due_date=due_date,
                id=idea_id,
                user_id=self._user_id,
                created_at=created_at,
                updated_at=updated_at,
            )
        except Alert as alert:
            alert.ids["idea_id"] = str(idea_id)
            raise
        except (TypeError, ValueError, OverflowError, struct.error, msgspec.DecodeError, UnicodeDecodeError):
            # A clear column with a value that is never sealed, such as `infinity` as a time, or an invalid plaintext.
            pass  # The decoder's error contains the plaintext, and would be stored as `__context__`.
        raise Tampered(**vault_ids(self._vault), idea_id=str(idea_id))


def decoded(title: bytes, notes: bytes, tags: bytes) -> tuple[str, str | None, list[str]]:
    """Raises DecodeError or UnicodeDecodeError, which contain plaintext."""
    return _title(title), _notes(notes), _tags(tags)


def row_context(
    idea_id: UUID,
    version: int,
    stage: int,
    priority: int,
    due_date: datetime | None,
    created_at: datetime,
    updated_at: datetime,
    position: Sequence[int | None],
) -> bytes:
    """`position` has the fields of Position. Raises ValueError for one that no row has."""
    created = microseconds(created_at)
    updated = created if updated_at == created_at else microseconds(updated_at)  # equal for most ideas
    if due_date is None:
        row = _UNDUE.pack(16, idea_id.bytes, 8, version, 2, stage, 2, priority, 0, 8, created, 8, updated)
    else:
        due = microseconds(due_date)
        row = _DUE.pack(16, idea_id.bytes, 8, version, 2, stage, 2, priority, 8, due, 8, created, 8, updated)
    number, previous = position
    if previous is not None:
        return row + _POSITION.pack(4, number, 8, previous)
    if number != FIRST.number:
        raise ValueError("a row from before there was a history is the first version")
    return row
