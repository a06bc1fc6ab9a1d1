"""From an idea to its row and back. What each ciphertext is bound to is written down in docs/encryption.md.

Every one of the three ciphertexts is bound to all of the row, so a row is sealed as a whole and cannot be edited,
moved, mixed or rolled back unseen.
"""

import struct
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

import msgspec

from creatorvault.core.errors import Alarm
from creatorvault.core.identifiers import VaultRevision
from creatorvault.crypto.cipher import VaultCipher, vault_ids
from creatorvault.crypto.envelope import context, microseconds
from creatorvault.crypto.errors import Tampered
from creatorvault.ideas.ranks import PRIORITIES, PRIORITY_RANK, STAGE_RANK, STAGES
from creatorvault.ideas.schemas import IdeaResponse

DOMAIN: Final = b"creatorvault/idea/v1"
TITLE, NOTES, TAGS = (context(column) for column in (b"title", b"notes", b"tags"))

# What envelope.context makes of the row's parts, each after its length, in one call: id, revision, stage, priority, due
# date or an empty part, creation, update.
_DUE: Final = struct.Struct(">I16sIQIhIhIqIqIq")
_UNDUE: Final = struct.Struct(">I16sIQIhIhIIqIq")

_title: Final = msgspec.json.Decoder(str)
_notes: Final = msgspec.json.Decoder(str | None)
_tags: Final = msgspec.json.Decoder(list[str])


class IdeaRow(Protocol):
    """The columns of `ideas` that a reader needs, as an entity or as a row of a select."""

    @property
    def id(self) -> UUID: ...
    @property
    def title(self) -> bytes: ...
    @property
    def notes(self) -> bytes: ...
    @property
    def tags(self) -> bytes: ...
    @property
    def stage(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def due_date(self) -> datetime | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...
    @property
    def revision(self) -> int: ...


class SealedRow(NamedTuple):
    """Column values, save for the vault's own two, and what the ciphertexts among them take, in bytes."""

    values: dict[str, Any]
    size: int


def sealed_size(title: bytes, notes: bytes, tags: bytes) -> int:
    return len(title) + len(notes) + len(tags)


class IdeaSealer:
    """Seals and opens the ideas of one vault."""

    def __init__(self, cipher: VaultCipher) -> None:
        self._cipher = cipher
        vault = cipher.vault
        self._vault = context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode())
        self._user_id = vault.user_id

    def seal(self, idea: IdeaResponse, revision: VaultRevision) -> SealedRow:
        stage, priority = STAGE_RANK[idea.stage], PRIORITY_RANK[idea.priority]
        row = self._row_context(idea.id, revision, stage, priority, idea.due_date, idea.created_at, idea.updated_at)
        seal = self._cipher.seal_json
        title = seal(idea.title, self._vault + TITLE + row)
        notes = seal(idea.notes, self._vault + NOTES + row)
        tags = seal(idea.tags, self._vault + TAGS + row)
        values = {
            "id": idea.id,
            "title": title,
            "notes": notes,
            "tags": tags,
            "stage": stage,
            "priority": priority,
            "due_date": idea.due_date,
            "created_at": idea.created_at,
            "updated_at": idea.updated_at,
            "revision": revision,
        }
        return SealedRow(values, sealed_size(title, notes, tags))

    def open(self, row: IdeaRow) -> IdeaResponse:
        """Raises Tampered, WrongKey or LostKey, each naming the idea."""
        opened = self._cipher.open_json
        try:
            bound = self._row_context(
                row.id, row.revision, row.stage, row.priority, row.due_date, row.created_at, row.updated_at
            )
            return IdeaResponse(
                title=opened(row.title, self._vault + TITLE + bound, _title),
                notes=opened(row.notes, self._vault + NOTES + bound, _notes),
                stage=STAGES[row.stage],
                priority=PRIORITIES[row.priority],
                tags=opened(row.tags, self._vault + TAGS + bound, _tags),
                due_date=row.due_date,
                id=row.id,
                user_id=self._user_id,
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
        except Alarm as alarm:
            alarm.ids["idea_id"] = str(row.id)
            raise
        except (TypeError, OverflowError, struct.error):
            # A clear column that no sealed row can have, `infinity` as a time for one.
            raise Tampered(**vault_ids(self._cipher.vault), idea_id=str(row.id)) from None

    def _row_context(
        self,
        idea_id: UUID,
        revision: int,
        stage: int,
        priority: int,
        due_date: datetime | None,
        created_at: datetime,
        updated_at: datetime,
    ) -> bytes:
        if due_date is None:
            return _UNDUE.pack(
                *(16, idea_id.bytes, 8, revision, 2, stage, 2, priority, 0),
                *(8, microseconds(created_at), 8, microseconds(updated_at)),
            )
        return _DUE.pack(
            *(16, idea_id.bytes, 8, revision, 2, stage, 2, priority, 8, microseconds(due_date)),
            *(8, microseconds(created_at), 8, microseconds(updated_at)),
        )
