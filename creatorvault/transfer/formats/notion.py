"""Notion's export as "Markdown & CSV": tables of databases, with a page for each row, and other pages.

A page is identified by its id, 32 hexadecimal digits at the end of its file's name. A row without a page is identified
by its table, its cells, and how many equal rows come before it.
"""

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from creatorvault.transfer.formats.archives import Archive, Entry
from creatorvault.transfer.formats.delimited import Repeats
from creatorvault.transfer.formats.drafts import UNTITLED, Draft, finished
from creatorvault.transfer.formats.imported import Context, FileRefused, Format, Loss, LossKind, Parsed, place
from creatorvault.transfer.formats.markdown import EXTENSIONS, TOO_LARGE, dropped, stem, titled
from creatorvault.transfer.formats.tables import Columns, Row, Table
from creatorvault.transfer.formats.texts import FALLBACK, GUESSED, decoded

PAGE_ID: Final = re.compile(r"(?P<name>.*?)[ _-]?(?P<id>[0-9a-f]{32})(?P<all>_all)?")
ARROW: Final = " → "
HEAD_BYTES: Final = 4096
MOST_COMPARISONS: Final = 10_000
"""Rows are compared with pages of the same title. After so many comparisons the first page is taken."""

NOT_A_PAGE: Final = "The page is not text"


class Place(NamedTuple):
    """A file's folder, its name without the id, and the id, which may be empty."""

    folder: str
    name: str
    id: str
    is_complete: bool


def place_of(entry: Entry) -> Place:
    folder, _, file = entry.name.rpartition("/")
    base = file.rpartition(".")[0]
    if not (found := PAGE_ID.fullmatch(base)):
        return Place(folder, base.removesuffix("_all"), "", base.endswith("_all"))
    return Place(folder, found["name"], found["id"], bool(found["all"]))


def is_export(names: Sequence[str]) -> bool:
    """Whether names are those of a Notion export: pages or tables with ids."""
    return any(
        name.rpartition(".")[2].lower() in {*EXTENSIONS, "csv"} and PAGE_ID.fullmatch(stem(name)) for name in names
    )


def workspace_ideas(archive: Archive, context: Context) -> Iterator[Parsed]:
    pages = [entry for entry in archive.entries if entry.extension in EXTENSIONS]
    tables = _tables(archive.entries)
    reader = _Reader(archive, context, pages)
    for entry in archive.entries:
        if entry.extension == "csv":
            if entry.name in tables:
                yield from reader.table_ideas(entry)
        elif entry.extension not in EXTENSIONS:
            yield dropped(entry)
    yield from reader.other_pages()


def _tables(entries: Sequence[Entry]) -> set[str]:
    """Returns the tables to read. Beside a table of one view lies its twin with all rows, `_all.csv`."""
    chosen: dict[tuple[str, str, str], str] = {}
    for entry in entries:
        if entry.extension == "csv":
            at = place_of(entry)
            if at.is_complete or at[:3] not in chosen:
                chosen[at[:3]] = entry.name
    return set(chosen.values())


class _Reader:
    def __init__(self, archive: Archive, context: Context, pages: list[Entry]) -> None:
        self._archive = archive
        self._context = context
        self._comparisons = MOST_COMPARISONS
        self._waiting = {page.name: page for page in pages}
        self._by_folder = defaultdict[str, list[Entry]](list)
        for page in pages:
            self._by_folder[page.name.rpartition("/")[0]].append(page)

    def table_ideas(self, entry: Entry) -> Iterator[Parsed]:
        raw = self._archive.read(entry, self._context.limits.most_bytes_in_memory)
        if raw is None:
            raise FileRefused("too_large", "A table in the archive is too large", entry.name)
        where = place(entry.name)
        table = Table(io.BytesIO(raw), entry.name, self._context.limits)
        if table.encoding == FALLBACK:
            yield Loss(LossKind.TEXT_REPAIRED, where, None, GUESSED)
        if not table.header:
            return
        columns = _columns(table.header)
        yield from columns.mappings()
        pages, repeats = self._pages_by_title(place_of(entry)), Repeats()
        for row in table.rows():
            if isinstance(row, Loss):
                yield row
                continue
            columns.note_others(row.cells)
            page = self._page_of(row, columns, pages)
            identity = f"{place_of(entry).id}:{repeats.identity(row.cells)}"
            draft, losses = self._draft(row, columns, page, entry, identity)
            yield from losses
            yield from finished(draft, Format.NOTION, self._context)
        yield from columns.losses(where)

    def other_pages(self) -> Iterator[Parsed]:
        """Pages that belong to no row of a table: alone, below other pages, or in a table whose view hides them."""
        for entry in list(self._waiting.values()):
            del self._waiting[entry.name]
            at, where = place_of(entry), place(entry.name)
            text, losses = self._text(entry)
            yield from losses
            if text is None:
                continue
            title, notes = titled("", text, at.name)
            draft = Draft(identity=at.id or f"{entry.name}\n{text}", source=where, title=title, notes=notes)
            yield from finished(draft, Format.NOTION, self._context)

    def _pages_by_title(self, at: Place) -> dict[str, list[Entry]]:
        """Returns the pages in the folder of a table by the titles in their first lines."""
        base = f"{at.folder}/{at.name}" if at.folder else at.name
        found = defaultdict[str, list[Entry]](list)
        for folder in dict.fromkeys((base, f"{base} {at.id}")):
            for page in self._by_folder.get(folder, ()):
                head = self._archive.head(page, HEAD_BYTES).decode("utf-8-sig", "replace")
                found[titled("", head, place_of(page).name)[0]].append(page)
        return found

    def _page_of(self, row: Row, columns: Columns, pages: dict[str, list[Entry]]) -> Entry | None:
        alike = pages.get(columns.value(row.cells, "title").strip() or UNTITLED)
        if not alike:
            return None
        best = 0
        if 1 < len(alike) <= self._comparisons:
            self._comparisons -= len(alike)
            agreeing = [self._agreement(page, row, columns) for page in alike]
            best = agreeing.index(max(agreeing))
        page = alike.pop(best)
        self._waiting.pop(page.name, None)
        return page

    def _agreement(self, page: Entry, row: Row, columns: Columns) -> int:
        """Returns how many of the row's cells stand at the beginning of the page."""
        head = self._archive.head(page, HEAD_BYTES).decode("utf-8-sig", "replace").splitlines()
        return len({f"{name}: {cell}" for name, cell in zip(columns.header, row.cells, strict=True) if cell} & {*head})

    def _draft(
        self, row: Row, columns: Columns, page: Entry | None, table: Entry, identity: str
    ) -> tuple[Draft, list[Loss]]:
        value = partial(columns.value, row.cells)
        body, losses = (None, []) if page is None else self._text(page)
        source = f"{place_of(table).name} row {row.number}"
        notes = "" if body is None else _without_properties(titled("", body, "")[1], columns, row)
        due = value("due_date")
        if ARROW in due:
            due = due.rpartition(ARROW)[2]
            message = "Of a range of dates only the end is kept"
            losses.append(Loss(LossKind.VALUE_CHANGED, place(source), "due_date", message))
        return Draft(
            identity=identity if page is None else place_of(page).id or page.name,
            source=source,
            title=value("title"),
            notes="\n\n".join(filter(None, [value("notes"), notes])),
            stage=value("stage"),
            priority=value("priority"),
            tags=columns.tag_values(row.cells),
            due_date=due,
            created_at=value("created_at"),
            updated_at=value("updated_at"),
        ), losses

    def _text(self, entry: Entry) -> tuple[str | None, list[Loss]]:
        where, most = place(entry.name), self._context.limits.most_bytes_of_page
        if (raw := self._archive.read(entry, most)) is None:
            return None, [Loss(LossKind.ROW_BROKEN, where, None, TOO_LARGE.format(most))]
        try:
            text, encoding = decoded(raw, entry.name)
        except FileRefused:
            return None, [Loss(LossKind.ROW_BROKEN, where, None, NOT_A_PAGE)]
        guessed = [Loss(LossKind.TEXT_REPAIRED, where, None, GUESSED)] if encoding == FALLBACK else []
        return text, guessed


def _columns(header: Sequence[str]) -> Columns:
    """The column of titles comes first and may have any name."""
    columns = Columns(header)
    return columns if "title" in columns.places else Columns(header, title=header[0])


def _without_properties(body: str, columns: Columns, row: Row) -> str:
    """Removes the properties, which stand before the text of a page: lines up to the first empty one."""
    names = tuple(
        f"{name}:"
        for at, (name, cell) in enumerate(zip(columns.header, row.cells, strict=True))
        if cell and at != columns.places["title"]
    )
    if not names or not body.startswith(names):
        return body
    return body.partition("\n\n")[2].strip("\n")
