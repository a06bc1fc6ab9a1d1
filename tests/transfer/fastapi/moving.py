"""A table of the plaintext FastAPI service, and the command that moves it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from creatorvault.settings.database_url import asyncpg_url
from creatorvault.settings.sections import Settings
from creatorvault.transfer.fastapi.passes import Passes
from creatorvault.transfer.fastapi.report import Tally
from creatorvault.transfer.fastapi.source import opened_source
from creatorvault.transfer.fastapi.target import opened_target
from tests.application import House
from tests.factories import Creator
from tests.postgres import Database

REALM: Final = "better-auth"
TABLE: Final = """
    CREATE TABLE ideas (
        id uuid PRIMARY KEY, user_id varchar(255), title text, notes text, stage varchar(20), priority varchar(20),
        tags text, due_date timestamptz, created_at timestamptz, updated_at timestamptz
    )
"""
"""As SQLModel creates it, without the limits that would refuse broken rows."""

LOOSE_TABLE: Final = TABLE.replace("id uuid PRIMARY KEY", "id text").replace("varchar(255)", "text")
START: Final = datetime(2025, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)

type Row = dict[str, Any]


def row(user_id: str, **values: Any) -> Row:
    """A row with the values of the columns; `minutes` after START."""
    created = START + timedelta(minutes=values.pop("minutes", 0))
    plain = {"id": uuid4(), "user_id": user_id, "title": "An idea", "notes": None, "stage": "idea"}
    plain |= {"priority": "medium", "tags": None, "due_date": None, "created_at": created, "updated_at": created}
    return plain | values


@dataclass
class Moved:
    """The outcome of a pass: what was said on the screen, and the lines of the report file."""

    tally: Tally
    said: str
    report: str

    @property
    def lines(self) -> list[Row]:
        return [json.loads(line) for line in self.report.splitlines()]

    def reasons(self, kind: str) -> dict[str, list[str]]:
        return {line["id"]: line["reasons"] for line in self.lines if line["kind"] == kind}

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Stored by this pass, stored before, replaced."""
        return self.tally.stored, self.tally.already_stored, self.tally.replaced


@dataclass
class Move:
    """The plaintext service's database, and the command on the settings of CreatorVault."""

    database: Database
    settings: Settings
    sql: asyncpg.Connection
    folder: Path
    said: list[str] = field(default_factory=list)

    async def insert(self, *rows: Row) -> None:
        await self.sql.executemany(
            f"INSERT INTO ideas ({', '.join(rows[0])}) VALUES ({', '.join(f'${n}' for n in range(1, 11))})",
            [tuple(values.values()) for values in rows],
        )

    async def change(self, idea_id: UUID, **values: Any) -> None:
        """As the service does it, which sets updated_at."""
        values.setdefault("updated_at", datetime.now(UTC))
        names = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, start=2))
        await self.sql.execute(f"UPDATE ideas SET {names} WHERE id = $1", idea_id, *values.values())

    async def run(self, *, delete_missing: bool = False, settings: Settings | None = None) -> Moved:
        """A pass over everything."""
        said, file = list[str](), self.folder / "report"
        async with (
            opened_source(asyncpg_url(self.database.superuser_url), "ideas") as source,
            opened_target(settings or self.settings, REALM, source) as target,
        ):
            passes = Passes(source, target, said.append, file)
            tally = await passes.everything(lambda _: None, lambda _: None, delete_missing=delete_missing)
        return Moved(tally, "\n".join(said), file.read_text(encoding="utf-8"))


async def listed(creator: Creator) -> list[Row]:
    """Through the API, by creation."""
    answer = await creator.list({"limit": 100, "sort": "created_at", "order": "asc"})
    items: list[Row] = answer.json()["items"]
    return items


async def titles(creator: Creator) -> list[str]:
    return sorted(idea["title"] for idea in await listed(creator))


def creators(house: House, count: int) -> Sequence[Creator]:
    return [house.creator() for _ in range(count)]
