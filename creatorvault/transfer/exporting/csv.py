"""CSV (RFC 4180): one flat file with a row for each idea, version and idea in the trash."""

import csv
from collections.abc import Iterator
from typing import ClassVar, Final

from creatorvault.transfer.exporting.entries import (
    Beginning,
    EarlierVersion,
    End,
    Entry,
    IdeaEntry,
    LiveIdea,
    TrashedIdea,
    VaultSettings,
)
from creatorvault.transfer.exporting.writers import json_text, written_time

COLUMNS: Final = (
    *("type", "number", "id", "title", "notes", "stage", "priority", "tags", "due_date", "created_at", "updated_at"),
    *("deleted_at", "replaced_at"),
)
EXECUTED: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins with one of these is a formula for some spreadsheets."""

APOSTROPHE: Final = "'"

type Cells = tuple[str | int | None, ...]


class Csv:
    """Text is quoted and null is not, so `""` and null differ. Tags are a JSON array."""

    media_type: ClassVar[str] = "text/csv; charset=utf-8; header=present"
    suffix: ClassVar[str] = "csv"
    compressible: ClassVar[bool] = True

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._writer = csv.writer(_Sink(self._rows), lineterminator="\r\n", quoting=csv.QUOTE_NOTNULL)

    def write(self, entry: Entry) -> Iterator[bytes]:
        match entry:
            case Beginning():
                self._writer.writerow(COLUMNS)
            case VaultSettings() | End():
                return
            case _:
                self._writer.writerow(_cells(entry))
        yield "".join(self._rows).encode()
        self._rows.clear()


class _Sink:
    def __init__(self, rows: list[str]) -> None:
        self._rows = rows

    def write(self, text: str) -> None:
        self._rows.append(text)


def harmless(text: str) -> str:
    """Returns text that no spreadsheet executes. It is reversible: one leading apostrophe has to be removed."""
    return APOSTROPHE + text if text.startswith((*EXECUTED, APOSTROPHE)) else text


def _cells(entry: IdeaEntry) -> Cells:
    idea = entry.idea
    return (
        _type_of(entry),
        entry.number,
        str(idea.id),
        harmless(idea.title),
        None if idea.notes is None else harmless(idea.notes),
        idea.stage.value,
        idea.priority.value,
        json_text(idea.tags),
        written_time(idea.due_date),
        written_time(idea.created_at),
        written_time(idea.updated_at),
        written_time(entry.deleted_at) if isinstance(entry, TrashedIdea) else None,
        written_time(entry.replaced_at) if isinstance(entry, EarlierVersion) else None,
    )


def _type_of(entry: IdeaEntry) -> str:
    if isinstance(entry, LiveIdea):
        return "idea"
    return "version" if isinstance(entry, EarlierVersion) else "trashed"
