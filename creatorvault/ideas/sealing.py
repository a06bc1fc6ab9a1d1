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

DOMAIN: Final = b"creatorvault/idea/v2"
DOMAIN_BEFORE_STAMPS: Final = b"creatorvault/idea/v1"
SEALED: Final = (b"title", b"notes", b"tags")

# The encoding of envelope.context for the parts of a row, each preceded by its length, in one call: id, version, stage,
# priority, due date or an empty part, creation, update.
_DUE: Final = struct.Struct(">I16sIQIhIhIqIqIq")
_UNDUE: Final = struct.Struct(">I16sIQIhIhIIqIq")

_encode: Final = msgspec.json.Encoder().encode
_title: Final = msgspec.json.Decoder(str).decode
_notes: Final = msgspec.json.Decoder(str | None).decode
_tags: Final = msgspec.json.Decoder(list[str]).decode


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

    @property
    def size(self) -> int:
        """Of the ciphertexts, in bytes."""
        return len(self.title) + len(self.notes) + len(self.tags)


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
    revision: int

    @property
    def size(self) -> int:
        """Of the ciphertexts, in bytes."""
        return len(self.title) + len(self.notes) + len(self.tags)


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
        self._record, self._record_before_stamps = (
            RecordCipher(cipher, context(domain, vault.tenant_id.bytes, vault.user_id.encode()), SEALED)
            for domain in (DOMAIN, DOMAIN_BEFORE_STAMPS)
        )
        self._vault = vault
        self._user_id = vault.user_id

    def seal(self, idea: IdeaResponse) -> SealedRow:
        """Seals the idea with a new stamp."""
        stage, priority = STAGE_RANK[idea.stage], PRIORITY_RANK[idea.priority]
        times = idea.created_at, idea.updated_at
        row = row_context(idea.id, stamp := new_stamp(), stage, priority, idea.due_date, *times)
        title, notes, tags = self._record.seal((_encode(idea.title), _encode(idea.notes), _encode(idea.tags)), row)
        return SealedRow(idea.id, title, notes, tags, stage, priority, idea.due_date, *times, stamp)

    def open(self, columns: Sequence[Any]) -> IdeaResponse:
        """`columns` are those of IdeaColumns. Raises Tampered, WrongKey or LostKey, each naming the idea."""
        idea_id, title, notes, tags, stage, priority, due_date, created_at, updated_at, stamp, revision = columns
        record, version = (self._record, stamp) if stamp else (self._record_before_stamps, revision)
        if due_date is not None and due_date.tzinfo is None:
            due_date = due_date.replace(tzinfo=UTC)  # as ideas.models.DueDate reads it
        try:
            row = row_context(idea_id, version, stage, priority, due_date, created_at, updated_at)
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
        except (TypeError, OverflowError, struct.error, msgspec.DecodeError, UnicodeDecodeError):
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
) -> bytes:
    created = microseconds(created_at)
    updated = created if updated_at == created_at else microseconds(updated_at)  # equal for most ideas
    if due_date is None:
        return _UNDUE.pack(16, idea_id.bytes, 8, version, 2, stage, 2, priority, 0, 8, created, 8, updated)
    due = microseconds(due_date)
    return _DUE.pack(16, idea_id.bytes, 8, version, 2, stage, 2, priority, 8, due, 8, created, 8, updated)
