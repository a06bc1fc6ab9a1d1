"""From what a foreign file says to an idea that the API would accept, and the losses on the way."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Final
from uuid import UUID, uuid5

import msgspec
from pydantic import ValidationError

from creatorvault.core.text import UNSTORABLE
from creatorvault.ideas.fields import NOTES_LENGTH, TAGS_LENGTH, TITLE_LENGTH, split_tags
from creatorvault.ideas.schemas import IdeaCreate, PriorityEnum, StageEnum
from creatorvault.ideas.text.folding import fold_tag
from creatorvault.transfer.formats.dates import moment
from creatorvault.transfer.formats.imported import Context, Format, ImportedIdea, Loss, LossKind, Mapping, place
from creatorvault.transfer.formats.words import priority_of, stage_of

UNTITLED: Final = "Untitled"
REPLACEMENT: Final = "\ufffd"
MOST_TAGS: Final = TAGS_LENGTH
"""More distinct tags than characters do not fit."""


class Draft(msgspec.Struct, kw_only=True):
    """An idea in the words of its file. Stage, priority and times are None, or text in the words of the file.

    `identity` is what makes it the same idea in another import of the file, unique among ideas of this format.
    `id` is an id in the file, which is kept if it is a UUID: other ids may stand in other files as well.
    """

    identity: str
    source: str
    title: str
    notes: str = ""
    stage: str | None = None
    priority: str | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    due_date: str | None = None
    created_at: str | datetime | None = None
    updated_at: str | datetime | None = None
    deleted_at: datetime | None = None
    number: int = 1
    id: str = ""


def finished(draft: Draft, found: Format, context: Context) -> Iterator[ImportedIdea | Loss | Mapping]:
    """Yields what became of values, then losses, then the idea; only a loss if nothing can be made of it."""
    finisher = _Finisher(draft, context.now)
    derived = uuid5(context.namespace, f"{found}:{UNSTORABLE.sub(REPLACEMENT, draft.identity)}")
    idea = finisher.idea(finisher.given_id() or derived)
    if idea is not None:
        yield from _values("stage", draft.stage, idea.stage)
        yield from _values("priority", draft.priority, idea.priority)
    yield from finisher.losses
    if idea is not None:
        yield idea


def _values(field: str, text: str | None, became: str) -> Iterator[Mapping]:
    if text and (shown := place(text.strip())) and shown != became:
        yield Mapping(field, field, shown, str(became))


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) >= 32 else None
    except ValueError:
        return None


class _Finisher:
    def __init__(self, draft: Draft, now: datetime) -> None:
        self.draft = draft
        self.now = now
        self.losses: list[Loss] = []
        self._where = place(draft.source)

    def given_id(self) -> UUID | None:
        if (found := uuid_of(self.draft.id)) is None and self.draft.id.strip():
            self._lost(LossKind.FIELD_DROPPED, "id", "An id that is no UUID is not kept")
        return found

    def idea(self, idea_id: UUID) -> ImportedIdea | None:
        draft = self.draft
        title, notes = self._title_and_notes()
        created, updated = self._times()
        given = {
            "title": title,
            "notes": notes or None,
            "stage": self._stage(),
            "priority": self._priority(),
            "tags": self._tags(),
            "due_date": self._moment("due_date", draft.due_date),
        }
        try:
            checked = IdeaCreate.model_validate(given)
        except ValidationError:
            self._lost(LossKind.ROW_BROKEN, None, "The API would refuse this idea")
            return None
        return ImportedIdea(
            **checked.__dict__,
            id=idea_id,
            created_at=created,
            updated_at=updated,
            source=self._where,
            number=draft.number,
            deleted_at=draft.deleted_at,
        )

    def _title_and_notes(self) -> tuple[str, str]:
        title = self._repaired("title", self.draft.title).strip()
        notes = self._repaired("notes", self.draft.notes)
        if not title:
            self._lost(LossKind.TITLE_MISSING, "title", f"Without a title: it is called {UNTITLED}")
            title = UNTITLED
        if len(title) > TITLE_LENGTH:
            self._lost(
                LossKind.VALUE_CLIPPED,
                "title",
                f"Titles have at most {TITLE_LENGTH} characters: the whole title is at the beginning of the notes",
                len(title) - TITLE_LENGTH,
            )
            notes = f"{title}\n\n{notes}" if notes else title
            title = title[:TITLE_LENGTH].strip()
        if len(notes) > NOTES_LENGTH:
            self._lost(
                LossKind.VALUE_CLIPPED,
                "notes",
                f"Notes have at most {NOTES_LENGTH} characters: the others are lost",
                len(notes) - NOTES_LENGTH,
            )
            notes = notes[:NOTES_LENGTH]
        return title, notes

    def _repaired(self, field: str, text: str) -> str:
        repaired, count = UNSTORABLE.subn(REPLACEMENT, text)
        if count:
            self._lost(LossKind.TEXT_REPAIRED, field, "Characters that cannot be stored became U+FFFD", count)
        return repaired

    def _stage(self) -> StageEnum:
        if not (text := self.draft.stage) or not text.strip():
            return StageEnum.IDEA
        if (stage := stage_of(text)) is None:
            self._lost(LossKind.VALUE_UNKNOWN, "stage", "Not a known stage: it became idea")
        return stage or StageEnum.IDEA

    def _priority(self) -> PriorityEnum:
        if not (text := self.draft.priority) or not text.strip():
            return PriorityEnum.MEDIUM
        if (priority := priority_of(text)) is None:
            self._lost(LossKind.VALUE_UNKNOWN, "priority", "Not a known priority: it became medium")
        return priority or PriorityEnum.MEDIUM

    def _tags(self) -> list[str]:
        """Keeps the tags that fit the limits of the API, in order."""
        kept: dict[str, str] = {}
        length, dropped = -1, 0
        for part in chain.from_iterable(map(split_tags, self.draft.tags)):
            if len(part) > TAGS_LENGTH or len(kept) >= MOST_TAGS:
                dropped += 1
                continue
            tag = self._repaired("tags", part)
            if (folded := fold_tag(tag)) in kept:
                continue
            if length + 1 + len(tag) > TAGS_LENGTH:
                dropped += 1
                continue
            kept[folded] = tag
            length += 1 + len(tag)
        if dropped:
            message = f"All tags of an idea have at most {TAGS_LENGTH} characters: the others are lost"
            self._lost(LossKind.TAGS_DROPPED, "tags", message, dropped)
        return list(kept.values())

    def _times(self) -> tuple[datetime, datetime]:
        """Times of an idea do not lie in the future, and it was not changed before it was created."""
        created = self._past("created_at", self.draft.created_at)
        updated = self._past("updated_at", self.draft.updated_at)
        created = created or updated or self.now
        return created, max(updated or created, created)

    def _past(self, field: str, value: str | datetime | None) -> datetime | None:
        time = value if isinstance(value, datetime) else self._moment(field, value)
        if time is not None and time > self.now:
            self._lost(LossKind.VALUE_CHANGED, field, "A time in the future became the time of the import")
            return self.now
        return time

    def _moment(self, field: str, text: str | None) -> datetime | None:
        if not text or not text.strip():
            return None
        if (time := moment(text)) is None:
            self._lost(LossKind.VALUE_UNKNOWN, field, "Not a date, or not a certain one: write it as in 2026-01-15")
        return time

    def _lost(self, kind: LossKind, field: str | None, message: str, count: int = 1) -> None:
        self.losses.append(Loss(kind, self._where, field, message, count))
