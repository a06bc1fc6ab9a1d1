"""What parsers yield: ideas, settings, mappings and losses; and what they raise."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from creatorvault.core.http.schemas import Moment
from creatorvault.ideas.schemas import PriorityEnum, StageEnum

PLACE_LENGTH: Final = 120
"""The longest `where` and `field` of a loss, in characters. Longer ones are cut."""


class Format(StrEnum):
    OWN = "creatorvault"
    MARKDOWN = "markdown"
    NOTION = "notion"
    TRELLO = "trello"
    CSV = "csv"


class LossKind(StrEnum):
    """Stable codes of what does not arrive as it was in the file."""

    ATTACHMENT_DROPPED = "attachment_dropped"
    FIELD_DROPPED = "field_dropped"
    FILE_DROPPED = "file_dropped"
    ROW_BROKEN = "row_broken"
    ROW_REPEATED = "row_repeated"
    TAGS_DROPPED = "tags_dropped"
    TEXT_REPAIRED = "text_repaired"
    TITLE_MISSING = "title_missing"
    VALUE_CHANGED = "value_changed"
    VALUE_CLIPPED = "value_clipped"
    VALUE_MOVED = "value_moved"
    VALUE_UNKNOWN = "value_unknown"
    VERSION_DROPPED = "version_dropped"


class Loss(msgspec.Struct, frozen=True, gc=False):
    """`where` is a file's name, a row or a card, never long content. `field` is named as in the file, `message` is for
    people and the same for all losses of its kind. `count` is how many values, rows or characters were lost.
    """

    kind: LossKind
    where: str
    field: str | None
    message: str
    count: int = 1


class Mapping(msgspec.Struct, frozen=True, gc=False):
    """Field `source` of the file became `field` of ideas; None means that ideas have no such field.

    With `value`, only this value of the field is meant, and `becomes` is what it became: list "Doing" is stage "draft".
    """

    source: str
    field: str | None
    value: str | None = None
    becomes: str | None = None


class ImportedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier version of an idea, replaced by the next one at `replaced_at`."""

    number: int
    replaced_at: Moment
    title: str
    notes: str | None
    stage: StageEnum
    priority: PriorityEnum
    tags: list[str]
    due_date: Moment | None
    created_at: Moment
    updated_at: Moment


class ImportedIdea(msgspec.Struct, frozen=True, kw_only=True):
    """An idea that the API would accept. Times are UTC. `source` is where in the file it was.

    `number`, `deleted_at` and `versions` (in ascending order) are only known from our own export. An idea with
    `deleted_at` was in the trash.
    """

    title: str
    notes: str | None
    stage: StageEnum
    priority: PriorityEnum
    tags: list[str]
    due_date: Moment | None
    id: UUID
    created_at: Moment
    updated_at: Moment
    source: str
    number: int = 1
    deleted_at: Moment | None = None
    versions: list[ImportedVersion] = []


class ImportedSettings(msgspec.Struct, frozen=True, gc=False):
    """Settings of the exported vault. `retention_days` is None if the vault had not chosen."""

    retention_days: int | None


type Parsed = ImportedIdea | ImportedSettings | Loss | Mapping


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Checked while a file is read, whatever its headers say. Sizes are uncompressed bytes.

    The whole file may have `most_bytes`, and beyond the first MiB `most_ratio` times its compressed size. Formats that
    have to be in memory as a whole (Trello's board, the parts of a Notion export, a page) have their own limits.
    """

    most_bytes: int = 512 << 20
    most_ratio: int = 100
    most_entries: int = 150_000
    most_ideas: int = 250_000
    most_rows: int = 1_000_000
    most_bytes_in_memory: int = 64 << 20
    most_bytes_of_page: int = 1 << 20
    most_bytes_of_row: int = 1 << 20
    most_columns: int = 1000


class FileRefused(Exception):
    """The file cannot be imported, not even in part. `message` is plain English and holds no content of the file.

    `code` is stable. `where` is the row, or the name of the file in the archive.
    """

    def __init__(self, code: str, message: str, where: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.where = None if where is None else place(where)


def place(text: str) -> str:
    """Returns a name from a file as it may be shown: one line, storable, at most PLACE_LENGTH characters."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in text[: PLACE_LENGTH + 1])
    return shown if len(shown) <= PLACE_LENGTH else f"{shown[: PLACE_LENGTH - 1]}…"


class Context(msgspec.Struct, frozen=True):
    """What every parser is given. `name` is the name of the file, `now` the time of the import in UTC."""

    name: str
    now: datetime
    namespace: UUID
    limits: Limits
