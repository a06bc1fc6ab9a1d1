"""Tables for operators agree with the code."""

import re
from pathlib import Path
from typing import Final

from creatorvault.settings.sections import Settings
from tests.guides.blocks import ROOT

PAGES: Final = ROOT / "docs" / "operations"
OF_OTHERS: Final = {"query would be affected by row-level security policy"}
"""Messages of PostgreSQL."""


def rows(page: Path) -> list[list[str]]:
    lines = re.findall(r"^\| (.+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [line.split(" | ") for line in lines]


def test_the_service_uses_the_messages_in_the_table_of_symptoms() -> None:
    said = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "creatorvault").rglob("*.py"))
    said = re.sub(r'"\s*\n\s*f?"', "", said)
    quoted = {
        text
        for symptom, *_ in rows(PAGES / "troubleshooting.md")
        for text in re.findall(r"`(.*?)`", symptom)
        if not text.startswith(("/", "creatorvault"))
    }

    assert len(quoted) > 15
    assert {text for text in quoted - OF_OTHERS if text not in said} == set()


def test_the_connections_per_worker_match_the_settings() -> None:
    database, search, transfer = Settings().database, Settings().search, Settings().transfer
    of_one = 2 * database.pool_size + database.max_overflow + 2 * search.full_reads + transfer.exports_at_once + 7
    listed = {
        int(workers): int(connections)
        for workers, connections in re.findall(
            r"^\| (\d+) \| (\d+) \|$", (PAGES / "sizing.md").read_text(), re.MULTILINE
        )
    }

    assert len(listed) >= 4
    assert listed == {workers: workers * of_one for workers in listed}
