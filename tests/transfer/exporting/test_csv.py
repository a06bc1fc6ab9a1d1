"""CSV: one row for each entry, harmless for spreadsheets, and reversible."""

import csv
import io
import json

from creatorvault.transfer.exporting.csv import COLUMNS, harmless
from tests.factories import Creator
from tests.transfer.exporting.vaults import exported, lines_of, lived


async def test_every_entry_is_a_row(ada: Creator) -> None:
    await lived(ada)
    lines = lines_of(await exported(ada))[2:-1]
    text = (await exported(ada, "csv")).content.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert text.startswith(",".join(f'"{name}"' for name in COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        assert json.loads(row["tags"]) == line["tags"]
        for name in COLUMNS:
            value = line.get(name)
            if name != "tags":
                assert row[name] == ("" if value is None else harmless(str(value))), name


async def test_null_and_empty_notes_differ(ada: Creator) -> None:
    await ada.idea("Null")
    await ada.idea("Empty", notes="")
    text = (await exported(ada, "csv")).text

    assert '"Null",,"idea"' in text
    assert '"Empty","","idea"' in text


def test_no_cell_is_executed_and_each_can_be_restored() -> None:
    for start in ("=", "+", "-", "@", "\t", "\r", "\n", "'"):
        assert harmless(f"{start}x") == f"'{start}x"
    for text in ("", "x", "x=1", "'x", "''x", "=x", "'=x"):
        cell = harmless(text)
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert (cell.removeprefix("'")) == text
