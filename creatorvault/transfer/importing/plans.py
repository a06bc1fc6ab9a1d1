"""Reads a file as a whole before anything is stored: what is in it, and how much of that the vault does not have."""

import asyncio
from array import array
from collections.abc import AsyncGenerator, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import BinaryIO, Final, NamedTuple
from uuid import UUID

from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.history.bulk import EarlierVersion, IdeaWithHistory, horizon_of
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.tenants.statements.changes import UsageDelta
from creatorvault.transfer.formats.imported import (
    Format,
    ImportedIdea,
    ImportedSettings,
    ImportedVersion,
    Limits,
    Parsed,
)
from creatorvault.transfer.formats.reading import begun
from creatorvault.transfer.formats.survey import Survey, Tally

LIMITS: Final = Limits(most_bytes_in_memory=16 << 20)
"""What a parser decodes in one piece keeps other requests waiting: 16 MiB take a tenth of a second."""

ID_BYTES: Final = 16


class Retention(NamedTuple):
    """Of the vault that ideas move into, in days. `own` is what it has chosen; if it has not, `otherwise` applies."""

    own: int | None
    otherwise: int
    vault_is_empty: bool

    @property
    def days(self) -> int:
        return self.otherwise if self.own is None else self.own

    def takes_over(self, settings: ImportedSettings | None) -> bool:
        """Whether the vault takes its retention from the file: it has not chosen, and loses no history by it."""
        if settings is None or settings.retention_days is None or self.own is not None:
            return False
        return self.vault_is_empty or settings.retention_days > self.otherwise

    def with_settings(self, settings: ImportedSettings | None) -> "Retention":
        if settings is not None and self.takes_over(settings):
            return self._replace(own=settings.retention_days)
        return self


async def read_in_slices(
    file: BinaryIO, name: str, now: datetime, namespace: UUID, slices: TimeSlice
) -> tuple[Format, AsyncGenerator[Parsed]]:
    """Returns the format, and what is in the file; gives way to other work while it reads. Both raise FileRefused.

    What a parser does before it yields anything is one long piece of work for some formats, so a thread does it.
    """
    found, first, items = await asyncio.to_thread(_begun, file, name, now, namespace)
    return found, _in_slices(chain(first, items), slices)


def _begun(file: BinaryIO, name: str, now: datetime, namespace: UUID) -> tuple[Format, list[Parsed], Iterator[Parsed]]:
    found, items = begun(file, name, now, LIMITS, namespace=namespace)
    return found, list(islice(items, 1)), items


async def _in_slices(items: Iterable[Parsed], slices: TimeSlice) -> AsyncGenerator[Parsed]:
    slices.restart()
    for item in items:
        yield item
        await slices.rest_if_over()


def with_history(imported: ImportedIdea, user_id: str) -> IdeaWithHistory:
    """The last version was replaced when the idea was updated, also if one between the two could not be read."""
    versions = [
        EarlierVersion(_idea(version, imported.id, user_id), version.number, version.replaced_at)
        for version in imported.versions
    ]
    if versions:
        versions[-1] = versions[-1]._replace(replaced_at=imported.updated_at)
    idea = _idea(imported, imported.id, user_id)
    return IdeaWithHistory(idea, imported.number, versions, imported.deleted_at)


def _idea(given: ImportedIdea | ImportedVersion, idea_id: UUID, user_id: str) -> IdeaResponse:
    return IdeaResponse(
        title=given.title,
        notes=given.notes,
        stage=given.stage,
        priority=given.priority,
        tags=given.tags,
        due_date=given.due_date,
        id=idea_id,
        user_id=user_id,
        created_at=given.created_at,
        updated_at=given.updated_at,
    )


class Growth(NamedTuple):
    """What an import would add to the vault: `usage`, the number of ideas that it has already, and of expired ones."""

    usage: UsageDelta
    known: int
    expired: int

    @property
    def new(self) -> int:
        return self.usage.ideas + self.usage.trashed


class Plan:
    """Of one file: the summary, and for each idea 25 bytes."""

    def __init__(self, user_id: str, retention: Retention, now: datetime) -> None:
        self._user_id = user_id
        self._now = now
        self._tally = Tally()
        self._ids = bytearray()
        self._sizes = array("q")
        self._kinds = bytearray()
        self.retention = retention

    def add(self, item: Parsed) -> None:
        self._tally.add(item)
        if isinstance(item, ImportedSettings):
            self.retention = self.retention.with_settings(item)
        elif isinstance(item, ImportedIdea):
            kept = with_history(item, self._user_id).kept_since(horizon_of(self.retention.days, self._now))
            self._ids += item.id.bytes
            self._sizes.append(0 if kept is None else kept.sealed_bytes)
            self._kinds.append(_EXPIRED if kept is None else _LIVE if kept.deleted_at is None else _TRASHED)

    def survey(self, found: Format) -> Survey:
        return self._tally.survey(found)

    @property
    def settings(self) -> ImportedSettings | None:
        return self._tally.settings

    @property
    def total(self) -> int:
        """The number of ideas in the file, those in its trash included."""
        return len(self._kinds)

    def ids(self, first: int, count: int) -> list[UUID]:
        """Returns those of the ideas from `first` on."""
        part = self._ids[ID_BYTES * first : ID_BYTES * (first + count)]
        return [UUID(bytes=bytes(part[at : at + ID_BYTES])) for at in range(0, len(part), ID_BYTES)]

    async def growth(self, known: Iterable[UUID], slices: TimeSlice) -> Growth:
        """`known` are the ids of ideas that the vault has."""
        has = {idea_id.bytes for idea_id in known}
        counts, size = [0, 0, 0], 0
        slices.restart()
        for place, kind in enumerate(self._kinds):
            await slices.rest_if_over()
            if bytes(self._ids[ID_BYTES * place : ID_BYTES * (place + 1)]) not in has:
                counts[kind] += 1
                size += self._sizes[place]
        live, trashed, expired = counts
        return Growth(UsageDelta(live, size, trashed), len(has), expired)


_LIVE, _TRASHED, _EXPIRED = range(3)
