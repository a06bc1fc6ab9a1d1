"""Plain CSV, and our own export as CSV.

A row without an id of ours is identified by its cells, and by how many equal rows come before it. So the same file
adds nothing twice, and a row that was edited is another idea.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final

import msgspec

from creatorvault.transfer.formats.dates import moment
from creatorvault.transfer.formats.drafts import Draft, finished, uuid_of
from creatorvault.transfer.formats.imported import (
    Context,
    FileRefused,
    Format,
    Loss,
    LossKind,
    Parsed,
    place,
)
from creatorvault.transfer.formats.json_lines import strict_json
from creatorvault.transfer.formats.tables import Columns, Row, Table
from creatorvault.transfer.formats.texts import FALLBACK, GUESSED

OWN_COLUMNS: Final = (
    *("type", "number", "id", "title", "notes", "stage", "priority", "tags", "due_date"),
    *("created_at", "updated_at", "deleted_at"),
)
OPTIONAL_OWN_COLUMN: Final = "replaced_at"
"""Only versions have it."""

APOSTROPHE: Final = "'"
"""Our export puts it before texts that a spreadsheet would execute, and before those that begin with it."""

OWN_TYPES: Final = ("idea", "trashed")
NO_TITLE: Final = 'No column is called "title" or "name"'
NO_HISTORY: Final = "Earlier versions are only imported from our JSON lines"
MOST_DIGITS: Final = 10
LARGEST_NUMBER: Final = 2**31 - 1


def table_ideas(file: BinaryIO, context: Context) -> Iterator[Parsed]:
    table = Table(file, context.name, context.limits)
    where = place(context.name)
    if table.encoding == FALLBACK:
        yield Loss(LossKind.TEXT_REPAIRED, where, None, GUESSED)
    if tuple(table.header) in {OWN_COLUMNS, (*OWN_COLUMNS, OPTIONAL_OWN_COLUMN)}:
        yield from _own_ideas(table, context)
        return
    columns = Columns(table.header)
    if "title" not in columns.places:
        raise FileRefused("no_title_column", NO_TITLE, context.name)
    yield from columns.mappings()
    repeats = Repeats()
    for row in table.rows():
        if isinstance(row, Loss):
            yield row
        else:
            columns.note_others(row.cells)
            yield from finished(row_draft(row, columns, repeats.identity(row.cells)), Format.CSV, context)
    yield from columns.losses(where)


class Repeats:
    """Tells equal rows apart by their order."""

    def __init__(self) -> None:
        self._seen = Counter[bytes]()

    def identity(self, cells: list[str]) -> str:
        digest = hashlib.sha256(
            msgspec.msgpack.encode([cell.encode(errors="surrogatepass") for cell in cells])
        ).digest()
        self._seen[digest[:16]] += 1
        return f"{digest.hex()}:{self._seen[digest[:16]]}"


def row_draft(row: Row, columns: Columns, identity: str) -> Draft:
    value = partial(columns.value, row.cells)
    return Draft(
        identity=identity,
        source=f"row {row.number}",
        title=value("title"),
        notes=value("notes"),
        stage=value("stage"),
        priority=value("priority"),
        tags=columns.tag_values(row.cells),
        due_date=value("due_date"),
        created_at=value("created_at"),
        updated_at=value("updated_at"),
        id=value("id"),
    )


def number_of(text: str) -> int | None:
    """Returns the number of an idea's version."""
    is_short = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_short and 1 <= int(text) <= LARGEST_NUMBER else None


def _own_ideas(table: Table, context: Context) -> Iterator[Parsed]:
    columns = Columns(table.header)
    yield from (mapping for mapping in columns.mappings() if mapping.field)
    for row in table.rows():
        if isinstance(row, Loss):
            yield row
            continue
        cells = dict(zip(table.header, row.cells, strict=True))
        source = f"row {row.number}"
        if cells["type"] == "version":
            yield Loss(LossKind.VERSION_DROPPED, source, None, NO_HISTORY)
        elif (draft := _own_draft(cells, source)) is None:
            yield Loss(LossKind.ROW_BROKEN, source, None, "The row is not as our export writes it")
        else:
            yield from finished(draft, Format.CSV, context)


def _own_draft(cells: dict[str, str], source: str) -> Draft | None:
    number, deleted = number_of(cells["number"]), moment(cells["deleted_at"])
    is_trashed = cells["type"] == "trashed"
    if (
        cells["type"] not in OWN_TYPES
        or number is None
        or uuid_of(cells["id"]) is None
        or is_trashed != (deleted is not None)
    ):
        return None
    return Draft(
        identity="",
        source=source,
        title=cells["title"].removeprefix(APOSTROPHE),
        notes=cells["notes"].removeprefix(APOSTROPHE),
        stage=cells["stage"],
        priority=cells["priority"],
        tags=_own_tags(cells["tags"]),
        due_date=cells["due_date"],
        created_at=cells["created_at"],
        updated_at=cells["updated_at"],
        deleted_at=deleted,
        number=number,
        id=cells["id"],
    )


def _own_tags(text: str) -> list[str]:
    """Our export writes a JSON array; a spreadsheet's user may have written a list with commas."""
    try:
        value = strict_json(text.encode(errors="replace"))
    except ValueError:
        return [text]
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else [text]
