"""Vaults that are made to be expensive, filled by COPY."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import asyncpg

from benchmarks.content import Group, Stored, idea_ids
from benchmarks.seeding import Filling, sealed_rows

MARKS: Final = Group("marks", 2, 300)
LETTERS: Final = Group("letters", 3, 5_600)
ABOVE: Final = Group("above", 3, 8_000)
"""Larger than `search.vault_bytes`, so that it is read from the database for each search."""
LARGEST: Final = Group("largest", 3, 300)

EMOJI: Final = "\U0001f600"
CONTENT: Final[Mapping[Group, tuple[str, str, list[str]]]] = {
    MARKS: ("Marks", "a" + "\u0315" * 2_499 + "\u0323" * 2_500, ["a"]),
    LETTERS: ("Letters", "a" * 5_000, ["a"]),
    ABOVE: ("Above", "a" * 5_000, ["a"]),
    LARGEST: (EMOJI * 200, EMOJI * 5_000, [EMOJI * 9 + str(number) for number in range(83)]),
}


def hostile_ideas(group: Group, user_id: str) -> Iterator[Stored]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number, idea_id in enumerate(idea_ids(user_id, group.ideas)):
        title, notes, tags = CONTENT[group]
        yield Stored(idea_id, user_id, title, notes, number % 4, number % 3, tags, start + timedelta(minutes=number))


def fill_hostile(url: str) -> None:
    async def fill() -> None:
        database = await asyncpg.connect(url)
        await database.execute("SET session_replication_role = replica")  # foreign keys hold by construction
        filling = Filling(database)
        for group in CONTENT:
            for user_id in group.users():
                await filling.vault(group.ideas, user_id, partial(sealed_rows, hostile_ideas(group, user_id)))
        await database.execute("VACUUM ANALYZE")
        await database.close()

    asyncio.run(fill())
