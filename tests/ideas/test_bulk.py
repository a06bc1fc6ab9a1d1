"""Ideas that are stored in bulk are as if each had been created alone."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from creatorvault.ideas.schemas import IdeaResponse, PriorityEnum, StageEnum
from creatorvault.tenants.errors import QuotaExceeded, TenantSuspended
from tests.application import House
from tests.bulk import store
from tests.factories import Creator
from tests.ways import forget, vault_of

START: Final = datetime(2024, 5, 1, 12, tzinfo=UTC)
TOTALS: Final = "SELECT revision, idea_count, sealed_bytes, digest FROM vaults WHERE tenant_id = $1 AND user_id = $2"
COUNTED: Final = """
    SELECT max(revision), count(*), sum(length(title) + length(notes) + length(tags)), bit_xor(stamp) FROM ideas
    WHERE tenant_id = $1 AND user_id = $2
"""


def ideas_of(creator: Creator, count: int) -> list[IdeaResponse]:
    return [
        IdeaResponse(
            title=f"Idea {number}",
            notes=None if number % 2 else "Notes",
            stage=tuple(StageEnum)[number % 4],
            priority=tuple(PriorityEnum)[number % 3],
            tags=["one", "two"][: number % 3],
            due_date=START + timedelta(days=number) if number % 2 else None,
            id=uuid4(),
            user_id=creator.user_id,
            created_at=START + timedelta(hours=number),
            updated_at=START + timedelta(hours=2 * number),
        )
        for number in range(count)
    ]


async def read(creator: Creator, *ideas: IdeaResponse) -> None:
    """Expects the API to respond with just these ideas, and with each as it was given."""
    shown = (await creator.list({"sort": "created_at", "order": "asc", "limit": 100})).json()
    assert [idea["id"] for idea in shown["items"]] == [str(idea.id) for idea in ideas]
    assert shown["total"] == len(ideas)
    for idea in ideas:
        body = (await creator.get(str(idea.id))).json()
        assert (body["title"], body["notes"], body["tags"]) == (idea.title, idea.notes, idea.tags)
        assert (body["stage"], body["priority"]) == (idea.stage, idea.priority)
        for name in ("due_date", "created_at", "updated_at"):
            given = getattr(idea, name)
            assert (body[name] and datetime.fromisoformat(body[name])) == given


async def test_each_idea_has_its_own_revision_and_the_vault_adds_up(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    first, *ideas = ideas_of(ada, 20)
    assert await store(house, ada, [first], ideas[:12], [], ideas[12:]) == [(1, 0), (12, 0), (0, 0), (7, 0)]

    vault = vault_of(ada)
    assert tuple(await database.fetchrow(TOTALS, *vault)) == tuple(await database.fetchrow(COUNTED, *vault))
    order = await database.fetch(
        "SELECT id, revision FROM ideas WHERE tenant_id = $1 AND user_id = $2 ORDER BY revision", *vault
    )
    assert [tuple(row) for row in order] == [(idea.id, at) for at, idea in enumerate([first, *ideas], start=1)]
    await read(ada, first, *ideas)
    forget(house, vault)
    await read(ada, first, *ideas)
    assert (await ada.list({"search": "idea 1"})).json()["total"] == 11
    assert (await ada.idea("One more"))["title"] == "One more"
    assert tuple(await database.fetchrow(TOTALS, *vault)) == tuple(await database.fetchrow(COUNTED, *vault))


async def test_ideas_that_are_stored_are_left_as_they_are(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    ideas = ideas_of(ada, 6)
    await store(house, ada, ideas[:4])
    before = await database.fetchrow(TOTALS, *vault_of(ada))
    others = [replace(idea, title="Another") for idea in ideas[:4]]

    assert await store(house, ada, others) == [(0, 4)]
    assert await database.fetchrow(TOTALS, *vault_of(ada)) == before
    assert await store(house, ada, [*others, *ideas[4:], replace(ideas[4], title="Twice")]) == [(2, 5)]
    await read(ada, *ideas)


async def test_ids_of_other_vaults_are_free(house: House, ada: Creator) -> None:
    ideas = ideas_of(ada, 3)
    at_work = house.creator(ada.user_id, {"org_id": f"org-{uuid4()}", "org_role": "member"})
    beside = house.creator(claims=at_work.claims)
    for creator in (ada, at_work, beside):
        assert await store(house, creator, ideas) == [(3, 0)]

    for creator in (ada, at_work, beside):
        await read(creator, *ideas)


@pytest.mark.parametrize("quota", ["vault_idea_quota", "idea_quota"])
async def test_a_batch_beyond_a_quota_is_not_stored(
    house: House, ada: Creator, database: asyncpg.Connection, quota: str
) -> None:
    ideas = ideas_of(ada, 6)
    await store(house, ada, ideas[:1])
    await database.execute(f"UPDATE tenants SET {quota} = 4 WHERE tenant_id = $1", vault_of(ada).tenant_id)

    with pytest.raises(QuotaExceeded):
        await store(house, ada, ideas[1:3], ideas[3:])
    await read(ada, *ideas[:3])

    assert await store(house, ada, ideas[:3], ideas[3:4]) == [(0, 3), (1, 0)]
    await read(ada, *ideas[:4])


async def test_a_key_seals_no_more_than_it_may(
    house_with: Callable[..., Awaitable[House]], ada: Creator, database: asyncpg.Connection
) -> None:
    house = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="4")
    ideas = ideas_of(ada, 10)

    assert await store(house, ada, ideas[:3], ideas[3:]) == [(3, 0), (7, 0)]

    keys = await database.fetch(
        "SELECT version, first_revision FROM keys.vault_keys WHERE user_id = $1 ORDER BY 1", ada.user_id
    )
    assert [tuple(key) for key in keys] == [(1, 1), (2, 5), (3, 9)]
    used = await database.fetch(
        "SELECT get_byte(title, 5), array_agg(revision ORDER BY revision) FROM ideas WHERE user_id = $1"
        " GROUP BY 1 ORDER BY 1",
        ada.user_id,
    )
    assert [tuple(row) for row in used] == [(1, [1, 2, 3, 4]), (2, [5, 6, 7, 8]), (3, [9, 10])]
    await read(ada, *ideas)


async def test_a_suspended_tenant_is_refused(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    ideas = ideas_of(ada, 2)
    await store(house, ada, ideas[:1])
    await database.execute("UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1", vault_of(ada).tenant_id)

    with pytest.raises(TenantSuspended):
        await store(house, ada, ideas[1:])


async def test_single_creates_go_on_meanwhile(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    ideas = ideas_of(ada, 60)
    batches = [ideas[first : first + 10] for first in range(0, 60, 10)]

    await asyncio.gather(store(house, ada, *batches), *(ada.idea(f"Single {number}") for number in range(10)))

    vault = vault_of(ada)
    totals = await database.fetchrow(TOTALS, *vault)
    assert tuple(totals) == tuple(await database.fetchrow(COUNTED, *vault))
    assert totals["idea_count"] == totals["revision"] == 70
