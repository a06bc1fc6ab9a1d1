"""Plain CSV, and our own export as CSV.

A row without an id of ours is identified by its cells, and by how many equal rows come before it. So the same file
adds nothing twice, and a row that was edited is another idea.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final
from uuid import UUID

import msgspec

from creatorvault.transfer.formats.dates import moment
from creatorvault.transfer.formats.drafts import Draft, finished
from creatorvault.transfer.formats.imported import (
    Context,
    FileRefused,
    Format,
    Loss,
    LossKind,
    Parsed,
    place,
)
from creatorvault.transfer.formats.tables import Columns, Row, Table
from creatorvault.transfer.formats.texts import FALLBACK, GUESSED

OWN_COLUMNS: Final = (
    *("type", "number", "id", "title", "notes", "stage", "priority", "tags", "due_date"),
    *("created_at", "updated_at", "deleted_at"),
)
OWN_TYPES: Final = ("idea", "trashed")
NO_TITLE: Final = 'No column is called "title" or "name"'
NO_HISTORY: Final = "Earlier versions are only imported from our JSON lines"
LARGEST_NUMBER: Final = 2**31 - 1


def table_ideas(file: BinaryIO, context: Context) -> Iterator[Parsed]:
    table = Table(file, context.name, context.limits)
    where = place(context.name)
    if table.encoding == FALLBACK:
        yield Loss(LossKind.TEXT_REPAIRED, where, None, GUESSED)
    if tuple(table.header) == OWN_COLUMNS:
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
        id=uuid_of(value("id")),
    )


def uuid_of(text: str) -> UUID | None:
    """Numbers and other short ids are not taken: another file may have the same."""
    try:
        return UUID(text) if len(text) >= 32 else None
    except ValueError:
        return None


def _own_ideas(table: Table, context: Context) -> Iterator[Parsed]:
    columns = Columns(table.header)
    yield from (mapping for mapping in columns.mappings() if mapping.field)
    for row in table.rows():
        if isinstance(row, Loss):
            yield row
            continue
        cells = dict(zip(OWN_COLUMNS, row.cells, strict=True))
        source = f"row {row.number}"
        if cells["type"] == "version":
            yield Loss(LossKind.VERSION_DROPPED, source, None, NO_HISTORY)
        elif (draft := _own_draft(cells, source)) is None:
            yield Loss(LossKind.ROW_BROKEN, source, None, "The row is not as our export writes it")
        else:
            yield from finished(draft, Format.CSV, context)


def _own_draft(cells: dict[str, str], source: str) -> Draft | None:
    number, deleted = cells["number"], moment(cells["deleted_at"])
    is_number = number.isascii() and number.isdigit() and len(number) <= 10 and 1 <= int(number) <= LARGEST_NUMBER
    is_trashed = cells["type"] == "trashed"
    if cells["type"] not in OWN_TYPES or not is_number or is_trashed != (deleted is not None):
        return None
    if (idea_id := uuid_of(cells["id"])) is None:
        return None
    return Draft(
        identity="",
        source=source,
        title=cells["title"],
        notes=cells["notes"],
        stage=cells["stage"],
        priority=cells["priority"],
        tags=[cells["tags"]],
        due_date=cells["due_date"],
        created_at=cells["created_at"],
        updated_at=cells["updated_at"],
        deleted_at=deleted,
        number=int(number),
        id=idea_id,
    )
