"""Ideas that are stored in bulk in a large vault are in segments as soon as they are committed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import pytest

from creatorvault.crypto.errors import Tampered
from creatorvault.ideas import bulk
from creatorvault.ideas import reader as vault_reader
from creatorvault.ideas.segments import sealing
from creatorvault.ideas.segments.sealing import Span
from creatorvault.tenants.errors import QuotaExceeded
from tests.application import House
from tests.bulk import store
from tests.factories import Creator
from tests.ideas.tampering import assert_plain_fault
from tests.ideas.test_bulk import ideas_of, read
from tests.ideas.test_segments import opened, searched, spans
from tests.logs import Logs
from tests.ways import vault_of

__all__ = ("opened",)

FEW: Final = 4
"""Ideas of the largest segment in these tests; the smallest has two."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "LARGE", 0)
    monkeypatch.setattr(bulk, "FEWEST", 2)
    monkeypatch.setattr(vault_reader, "FEWEST", 2)
    monkeypatch.setattr(sealing, "MOST", FEW)


async def segmented(database: asyncpg.Connection, creator: Creator) -> bool:
    return bool(await database.fetchval("SELECT segmented FROM vaults WHERE user_id = $1", creator.user_id))


async def test_a_first_search_reads_no_row(
    house: House, ada: Creator, database: asyncpg.Connection, opened: list[object]
) -> None:
    ideas = ideas_of(ada, 22)

    assert await store(house, ada, ideas[:9], ideas[9:]) == [(9, 0), (13, 0)]

    # Each batch in segments of about the same size.
    sizes = [3, 3, 3, 4, 4, 4, 1]
    assert [span.ideas for span in await spans(database, ada)] == sizes
    assert await segmented(database, ada)
    assert sorted(await searched(house, ada, "idea")) == sorted(idea.title for idea in ideas)
    assert opened == []
    await read(ada, *ideas)


async def test_small_vaults_and_batches_are_in_no_segment(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LARGE", 9)
    ideas = ideas_of(ada, 14)
    await store(house, ada, ideas[:8])
    assert not await segmented(database, ada)

    await store(house, ada, ideas[8:9], ideas[9:11], ideas[11:])

    assert await spans(database, ada) == [Span(10, 11, 2), Span(12, 14, 3)]
    assert sorted(await searched(house, ada, "idea")) == sorted(idea.title for idea in ideas)


async def test_a_change_drops_the_segment_of_its_idea(
    house: House, ada: Creator, database: asyncpg.Connection, opened: list[object]
) -> None:
    ideas = ideas_of(ada, 12)
    await store(house, ada, ideas)

    assert (await ada.patch({"id": str(ideas[5].id)}, {"title": "Idea anew"})).status_code == 200
    assert (await ada.delete({"id": str(ideas[9].id)})).status_code == 204

    assert await spans(database, ada) == [Span(1, 4, 4)]
    titles = [idea.title for idea in ideas if idea not in (ideas[5], ideas[9])]
    opened.clear()
    assert sorted(await searched(house, ada, "idea")) == sorted([*titles, "Idea anew"])
    assert len(opened) == 7


async def test_known_ideas_are_in_the_segment_of_their_batch(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    ideas = ideas_of(ada, 10)
    await store(house, ada, ideas[:4])

    assert await store(house, ada, ideas[:4], ideas[2:8], [*ideas[7:], ideas[9]]) == [(0, 4), (4, 2), (2, 2)]

    assert await spans(database, ada) == [Span(1, 4, 4), Span(5, 8, 4), Span(9, 10, 2)]
    assert sorted(await searched(house, ada, "idea")) == sorted(idea.title for idea in ideas)


async def test_a_batch_beyond_a_quota_leaves_the_segments_as_they_are(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    ideas = ideas_of(ada, 9)
    await store(house, ada, ideas[:4])
    await database.execute("UPDATE tenants SET vault_idea_quota = 6 WHERE tenant_id = $1", vault_of(ada).tenant_id)

    with pytest.raises(QuotaExceeded):
        await store(house, ada, ideas[4:])

    assert await spans(database, ada) == [Span(1, 4, 4)]
    assert await store(house, ada, ideas[4:6]) == [(2, 0)]
    assert await spans(database, ada) == [Span(1, 4, 4), Span(5, 6, 2)]
    assert sorted(await searched(house, ada, "idea")) == sorted(idea.title for idea in ideas[:6])


async def test_a_segment_is_sealed_with_the_key_of_its_rows(
    house_with: Callable[..., Awaitable[House]], ada: Creator, database: asyncpg.Connection, opened: list[object]
) -> None:
    house = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="6")
    ideas = ideas_of(ada, 14)

    assert await store(house, ada, ideas) == [(14, 0)]

    assert [span.ideas for span in await spans(database, ada)] == [3, 3, 3, 3, 2]
    keys = await database.fetch(
        "SELECT get_byte(sealed, 5) FROM idea_segments WHERE user_id = $1 ORDER BY first_revision", ada.user_id
    )
    assert [key for (key,) in keys] == [1, 1, 2, 2, 3]
    assert sorted(await searched(house, ada, "idea")) == sorted(idea.title for idea in ideas)
    assert opened == []


async def test_creates_meanwhile_are_found(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    ideas = ideas_of(ada, 60)
    batches = [ideas[first : first + 10] for first in range(0, 60, 10)]

    await asyncio.gather(store(house, ada, *batches), *(ada.idea(f"Idea alone {number}") for number in range(10)))

    assert sum(span.ideas for span in await spans(database, ada)) == 60
    assert len(await searched(house, ada, "idea")) == 70


async def test_an_edited_segment_raises_an_alert(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    await store(house, ada, ideas_of(ada, 4))
    await database.execute(
        "UPDATE idea_segments SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE user_id = $1",
        ada.user_id,
    )

    assert_plain_fault(await ada.list({"search": "idea"}))
    assert [alert["code"] for alert in logs.named("alarm")] == [Tampered.alarm]
