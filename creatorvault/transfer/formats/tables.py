"""Tables with a header: rows of CSV as the standard library reads them, and which column is which field."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

from creatorvault.transfer.formats.imported import FileRefused, Limits, Loss, LossKind, Mapping, place
from creatorvault.transfer.formats.texts import encoding_of
from creatorvault.transfer.formats.words import FIELDS, PREFERENCE, plain

DELIMITERS: Final = (",", ";", "\t", "|")
BROKEN_ROW: Final = "The row's quotation marks are wrong"
LONG_ROW: Final = "The row has more cells than the header: the others are lost"


class Row(NamedTuple):
    """`number` counts rows as a spreadsheet does: the header is row 1."""

    number: int
    cells: list[str]


class _Lines:
    """Lines of a text, and how long the current row is. Raises FileRefused for one that is too long."""

    def __init__(self, text: io.TextIOWrapper, most: int, name: str) -> None:
        self._text, self._most, self._name = text, most, name
        self.length = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(self._most + 1):
            self.length += len(line)
            if self.length > self._most:
                raise FileRefused("row_too_large", f"A row has more than {self._most} characters", self._name)
            yield line


class Table:
    """A table that is read from its beginning, once."""

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        self.encoding = encoding_of(file, name)
        file.seek(0)
        # The wrapper would close the file with itself.
        self._text = io.TextIOWrapper(_Unclosed(file), encoding=self.encoding, newline="")
        first = self._text.readline(limits.most_bytes_of_row)
        self._text.seek(0)
        self._lines = _Lines(self._text, limits.most_bytes_of_row, name)
        self._reader = csv.reader(iter(self._lines), delimiter=_delimiter(first), strict=True)
        self.header = self._header()

    def rows(self) -> Iterator[Row | Loss]:
        """Yields rows that are not empty, each with as many cells as the header."""
        width, number = len(self.header), 1
        while True:
            self._lines.length = 0
            number += 1
            if number > self._limits.most_rows:
                raise FileRefused("too_many_rows", f"More than {self._limits.most_rows} rows", self._name)
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._check_end(error)
                yield Loss(LossKind.ROW_BROKEN, f"row {number}", None, BROKEN_ROW)
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > width:
                extra = sum(bool(cell.strip()) for cell in cells[width:])
                if extra:
                    yield Loss(LossKind.FIELD_DROPPED, f"row {number}", None, LONG_ROW, extra)
            yield Row(number, (cells + [""] * (width - len(cells)))[:width])

    def _header(self) -> list[str]:
        try:
            cells = next(self._reader, [])
        except csv.Error as error:
            self._check_end(error)
            raise FileRefused("header_broken", "The first row of the table cannot be read", self._name) from None
        if len(cells) > self._limits.most_columns:
            raise FileRefused("too_many_columns", f"More than {self._limits.most_columns} columns", self._name)
        while cells and not cells[-1].strip():
            cells.pop()
        return [cell.strip() for cell in cells]

    def _check_end(self, error: csv.Error) -> None:
        """The library's messages are the only way to tell a long field and the end of the file from a wrong row."""
        if "field limit" in str(error):
            raise FileRefused("field_too_large", "A cell of the table is too long", self._name) from None
        if "unexpected end" in str(error):
            raise FileRefused("cut_off", "A quotation mark opens a cell that never ends", self._name) from None


class _Unclosed(io.BufferedReader):
    """Reads a file and leaves it open."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(_Raw(file))


class _Raw(io.RawIOBase):
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _delimiter(line: str) -> str:
    """Returns the delimiter that gives most known columns, else most columns."""

    def known(delimiter: str) -> tuple[int, int]:
        cells = line.split(delimiter)
        return sum(plain(cell) in FIELDS for cell in cells), len(cells)

    return max(DELIMITERS, key=known)


class Columns:
    """Which column is which field, and how many values of other columns were lost."""

    def __init__(self, header: Sequence[str], title: str | None = None) -> None:
        """`title` names the column of titles if its own name may be any."""
        self.header = header
        self.places: dict[str, int] = {}
        self.tags: list[int] = []
        self._assign(title)
        used = {*self.places.values(), *self.tags}
        self._others = {at: 0 for at in range(len(header)) if at not in used}

    def _assign(self, title: str | None) -> None:
        ranked = [(PREFERENCE[word], at) for at, name in enumerate(self.header) if (word := plain(name)) in FIELDS]
        if title is not None:
            self.places["title"] = self.header.index(title)
        for _, at in sorted(ranked):
            field = FIELDS[plain(self.header[at])]
            if field == "tags":
                self.tags.append(at)
            elif at not in self.places.values():
                self.places.setdefault(field, at)
        self.tags.sort()

    def value(self, cells: Sequence[str], field: str) -> str:
        at = self.places.get(field)
        return "" if at is None else cells[at]

    def tag_values(self, cells: Sequence[str]) -> list[str]:
        """Some products separate tags by semicolons."""
        return [cells[at].replace(";", ",") for at in self.tags]

    def note_others(self, cells: Sequence[str]) -> None:
        for at in self._others:
            if cells[at].strip():
                self._others[at] += 1

    def mappings(self) -> Iterator[Mapping]:
        fields = {at: field for field, at in self.places.items()} | dict.fromkeys(self.tags, "tags")
        for at, name in enumerate(self.header):
            yield Mapping(place(name), fields.get(at))

    def losses(self, where: str) -> Iterator[Loss]:
        for at, count in self._others.items():
            if count:
                name = place(self.header[at]) or f"column {at + 1}"
                yield Loss(LossKind.FIELD_DROPPED, where, name, "Ideas have no such field", count)
