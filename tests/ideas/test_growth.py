"""Segments of what a process stores, before anybody searches."""

import asyncio

import asyncpg
import pytest
from msgspec import convert

from creatorvault.core.identifiers import VaultRevision
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.segments import growth
from creatorvault.ideas.segments.sealing import Span
from tests.application import House
from tests.factories import Creator
from tests.ideas.test_segments import opened, searched, spans
from tests.ways import vault_of

__all__ = ("opened",)

FEW = 4
"""Ideas of a segment in these tests."""


@pytest.fixture(autouse=True)
def small(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.parts.growing_segments, "_next_begins", 0.0)
    monkeypatch.setattr(growth, "LARGE", 0)
    monkeypatch.setattr(growth, "MOST", FEW)
    monkeypatch.setattr(growth, "RUN_SECONDS", 0)


async def settled(house: House) -> None:
    await house.parts.segment_writer.finish()


async def test_a_first_search_finds_new_ideas_in_segments(
    house: House, ada: Creator, database: asyncpg.Connection, opened: list[object]
) -> None:
    some = []
    for number in range(10 * FEW + 1):
        some.append(await ada.idea(f"Title {number}"))
        await settled(house)  # a segment that has to wait for changes twice is left out

    assert await spans(database, ada) == [Span(first, first + FEW - 1, FEW) for first in range(1, 10 * FEW, FEW)]
    opened.clear()
    assert sorted(await searched(house, ada)) == sorted(idea["title"] for idea in some)
    assert len(opened) == 1


async def test_a_changed_idea_is_once_in_a_segment(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    some = [await ada.idea(f"Title {number}") for number in range(3)]
    await ada.patch(some[0], {"title": "Title again"})
    await ada.delete(some[1])
    await ada.idea("Title 3")
    await settled(house)
    assert await spans(database, ada) == []

    await ada.idea("Title 4")
    await settled(house)

    assert await spans(database, ada) == [Span(3, 7, FEW)]
    assert sorted(await searched(house, ada)) == ["Title 2", "Title 3", "Title 4", "Title again"]


async def test_ideas_that_another_process_changes_are_in_no_segment(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    for number in range(FEW - 1):
        await ada.idea(f"Title {number}")
    await database.execute("UPDATE vaults SET revision = revision + 1 WHERE user_id = $1", ada.user_id)
    for number in range(FEW):
        await ada.idea(f"Title {number}")
    await settled(house)

    assert await spans(database, ada) == [Span(FEW + 1, 2 * FEW, FEW)]


async def test_concurrent_writes_are_in_segments(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    await ada.idea("Title")
    await asyncio.gather(*(ada.idea(f"Title {number}") for number in range(5 * FEW - 1)))
    await settled(house)

    assert sum(span.ideas for span in await spans(database, ada)) >= FEW
    assert len(await searched(house, ada)) == 5 * FEW


async def test_a_failed_commit_is_in_no_segment(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    for number in range(FEW):
        await ada.idea(f"Title {number}")
    await settled(house)
    await database.execute("DELETE FROM idea_segments WHERE user_id = $1", ada.user_id)
    growing, cipher = house.parts.growing_segments, house.parts.cipher_of(vault_of(ada))
    ideas = [(await ada.get(idea)).json() for idea in (await ada.list()).json()["items"]]
    assert len(ideas) == FEW
    for revision, idea in enumerate(ideas, start=1):
        growing.stored(vault_of(ada), cipher, VaultRevision(revision), 1, convert(idea, IdeaResponse))
    await settled(house)

    assert await spans(database, ada) == []


async def test_the_memory_of_unwritten_ideas_is_limited(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    growing = house.parts.growing_segments
    creators = [house.creator() for _ in range(6)]
    for creator in creators:
        await creator.idea("Title")
    assert len(growing) >= 6

    monkeypatch.setattr(growth, "MOST_VAULTS", len(growing))
    await house.creator().idea("Title")
    monkeypatch.setattr(growth, "KEPT_BYTES", 3000)
    await house.creator().idea("Title")

    assert len(growing) <= 3
    for vault in [vault_of(creator) for creator in creators]:
        growing.forget(vault)


async def test_few_runs_begin_in_a_process_that_stores_much(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "RUN_SECONDS", 3600)
    for number in range(3 * FEW):
        await ada.idea(f"Title {number}")
    await settled(house)

    assert await spans(database, ada) == [Span(1, FEW, FEW)]


async def test_small_vaults_get_no_segments(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "LARGE", 2 * FEW + 1)
    for number in range(3 * FEW):
        await ada.idea(f"Title {number}")
    await settled(house)

    assert await spans(database, ada) == [Span(2 * FEW + 1, 3 * FEW, FEW)]
