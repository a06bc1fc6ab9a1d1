"""Totals of tenants are exact in every list, whenever they were last added up."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from creatorvault.admin import repositories
from creatorvault.admin.statements.tenants import by_creation, by_total
from creatorvault.admin.statements.totals import ADD_UP, POSITION_LOCKED, TOTAL_VAULTS
from creatorvault.admin.totals import FIRST, TotalsKeeper, add_up
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.errors import ServiceUnavailable
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.application import House
from tests.factories import Creator

NUMBERS: Final = ("vaults", "ideas", "sealed_bytes", "newest_key_version", "last_activity")
SORTS: Final = ("created_at", "ideas", "sealed_bytes", "last_activity")
FILTERS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"kind": "personal"},
    {"status": "suspended"},
    {"realm": "better-auth", "kind": "organization"},
    {"external_id": "nobody"},
)
ADDED_UP: Final = """
    SELECT t.tenant_id, count(v.user_id), coalesce(sum(idea_count), 0), coalesce(sum(sealed_bytes), 0),
        coalesce(max(key_version), 0), max(changed_at), t.created_at, t.kind, t.status, t.realm, t.external_id
    FROM tenants t LEFT JOIN vaults v USING (tenant_id) GROUP BY t.tenant_id
"""
WAITING: Final = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%totals_position%')"
)
OLDER: Final = "UPDATE vaults SET changed_at = changed_at - $2::interval WHERE tenant_id = $1"


@pytest.fixture
async def oskar(fresh_house: House, fresh_sql: asyncpg.Connection) -> AdminClient:
    """An operator of a service with no tenants yet."""
    return await appointed(fresh_sql, fresh_house.client, *EVERY_SCOPE)


@pytest.fixture
async def tenants(fresh_house: House, fresh_sql: asyncpg.Connection, oskar: AdminClient) -> dict[str, Creator]:
    """Tenants whose last changes are some hours apart: one of three creators, one suspended, one without a vault."""
    members = [fresh_house.creator(claims={"org_id": "org-1", "org_role": "member"}) for _ in range(3)]
    alone = [fresh_house.creator() for _ in range(4)]
    for number, creator in enumerate([*members, *alone]):
        for idea in range(1 + number % 4):
            await creator.idea(f"Idea {idea}", notes="n" * 100 * number)
        await fresh_sql.execute(
            "UPDATE vaults SET changed_at = changed_at - $2::interval WHERE user_id = $1",
            *(creator.user_id, timedelta(hours=2 * number)),
        )
    await oskar.post("/tenants", {"kind": "organization", "realm": "better-auth", "external_id": "empty"})
    await oskar.post(f"/tenants/{tenant_of(alone[1])}/suspend")
    return {"members": members[0], "first": alone[0], "suspended": alone[1], "third": alone[2], "last": alone[3]}


async def shown(oskar: AdminClient, **asked: str) -> list[tuple[Any, ...]]:
    """Returns all tenants of a list, read page by page, and compares each with the tenant alone."""
    found: list[Any] = []
    total = 1
    while len(found) < total:
        page = await oskar.get("/tenants", **asked, limit=2, offset=len(found))
        found += page["items"]
        if (total := page["total"]) and not page["items"]:
            raise AssertionError(f"{len(found)} of {total} tenants in the list {asked}")
    for item in found:
        assert await oskar.get(f"/tenants/{item['tenant_id']}") == item
    return [(UUID(item["tenant_id"]), *(item[name] for name in NUMBERS)) for item in found]


async def lists_are_exact(oskar: AdminClient, sql: asyncpg.Connection) -> None:
    rows = await sql.fetch(ADDED_UP)
    for sort, order, given in product(SORTS, ("asc", "desc"), FILTERS):
        matches = [row for row in rows if all(row[name] == value for name, value in given.items())]
        place = {"created_at": 6, "ideas": 2, "sealed_bytes": 3}.get(sort)
        matches.sort(
            key=lambda row: ((row[5] or row[6]) if place is None else row[place], row[0]),
            reverse=order == "desc",
        )
        expected = [tuple(row)[:5] for row in matches]
        listed = await shown(oskar, sort=sort, order=order, **given)
        assert [row[:5] for row in listed] == expected, (sort, order, given)
        assert [row[5] and datetime.fromisoformat(row[5]) for row in listed] == [row[5] for row in matches]


def operators_of(house: House) -> Database:
    return house.parts.operators_database


async def test_lists_are_exact_before_and_after_adding_up_and_in_between(
    fresh_house: House, fresh_sql: asyncpg.Connection, oskar: AdminClient, tenants: dict[str, Creator]
) -> None:
    await lists_are_exact(oskar, fresh_sql)

    await add_up(operators_of(fresh_house), datetime.now(UTC))
    assert await fresh_sql.fetchval("SELECT count(*) FROM tenant_totals") == len(tenants) + 1
    await lists_are_exact(oskar, fresh_sql)

    await tenants["last"].idea("Another", notes="n" * 2000)
    await tenants["members"].idea("Another")
    [first, *_] = (await tenants["third"].list()).json()["items"]
    await tenants["third"].delete(first["id"])
    newcomer = fresh_house.creator()
    await newcomer.idea("First")
    await lists_are_exact(oskar, fresh_sql)

    await add_up(operators_of(fresh_house), datetime.now(UTC) + timedelta(hours=5))
    assert await fresh_sql.fetchval("SELECT count(*) FROM tenant_totals") == len(tenants) + 2
    await lists_are_exact(oskar, fresh_sql)


async def test_lists_are_the_same_for_filters_that_match_many(
    fresh_house: House,
    fresh_sql: asyncpg.Connection,
    oskar: AdminClient,
    tenants: dict[str, Creator],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repositories, "FEW", 0)
    await add_up(operators_of(fresh_house), datetime.now(UTC))

    await lists_are_exact(oskar, fresh_sql)


@pytest.mark.parametrize("at_once", [1, 2])
async def test_totals_are_added_up_in_batches_by_several_processes(
    fresh_house: House, fresh_sql: asyncpg.Connection, oskar: AdminClient, tenants: dict[str, Creator], at_once: int
) -> None:
    now = datetime.now(UTC) + timedelta(hours=5)

    await asyncio.gather(*(add_up(operators_of(fresh_house), now, at_once) for _ in range(3)))

    totals = await fresh_sql.fetch("SELECT tenant_id, ideas, last_activity FROM tenant_totals ORDER BY 1")
    exact = await fresh_sql.fetch(
        "SELECT t.tenant_id, coalesce(sum(idea_count), 0), coalesce(max(changed_at), min(t.created_at))"
        " FROM tenants t LEFT JOIN vaults USING (tenant_id) GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in totals] == [tuple(row) for row in exact]
    assert await fresh_sql.fetchval("SELECT hour > now() FROM totals_position")
    await lists_are_exact(oskar, fresh_sql)


async def test_a_vault_that_is_added_up_during_an_erasure_is_empty_afterwards(
    fresh_house: House, fresh_sql: asyncpg.Connection, oskar: AdminClient, tenants: dict[str, Creator]
) -> None:
    tenant = tenant_of(tenants["members"])
    path = f"/tenants/{tenant}/erasure"
    confirmation = (await oskar.post(path))["confirmation"]
    await fresh_sql.execute("UPDATE tenant_erasures SET not_before = now()")
    async with operators_of(fresh_house).writing() as session:
        [position] = await run(session, POSITION_LOCKED)
        until = datetime.now(UTC) + timedelta(hours=1)
        added_up = [row[0] for row in await run(session, TOTAL_VAULTS, *position, until, FIRST)]
        assert tenant in added_up
        erasing = asyncio.create_task(oskar.post(f"{path}/confirm", {"confirmation": confirmation}))
        while not await fresh_sql.fetchval(WAITING):
            assert not erasing.done()
            await asyncio.sleep(0.01)
        await run(session, ADD_UP, added_up)
    await erasing

    assert (await oskar.get(f"/tenants/{tenant}"))["ideas"] == 0
    await lists_are_exact(oskar, fresh_sql)
    await add_up(operators_of(fresh_house), datetime.now(UTC) + timedelta(hours=5))
    await lists_are_exact(oskar, fresh_sql)


async def test_the_last_hour_is_not_added_up(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    await fresh_house.creator().idea("New")

    await add_up(operators_of(fresh_house), datetime.now(UTC))

    assert await fresh_sql.fetchval("SELECT count(*) FROM tenant_totals") == 0
    assert await fresh_sql.fetchval("SELECT hour FROM totals_position") <= datetime.now(UTC) - timedelta(hours=1)


async def test_a_new_key_counts_as_a_change(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    ada = fresh_house.creator()
    await ada.idea("One")
    await fresh_sql.execute(OLDER, tenant_of(ada), timedelta(days=2))
    before = await fresh_sql.fetchval("SELECT changed_hour FROM vaults")
    fresh_house.parts.keyring.rotate_after = 1
    await ada.idea("Two")

    assert await fresh_sql.fetchval("SELECT key_version FROM vaults") == 2
    assert await fresh_sql.fetchval("SELECT changed_hour FROM vaults") > before


async def test_changes_within_an_hour_leave_the_indexes_of_vaults_alone(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    ada = fresh_house.creator()
    ideas = [await ada.idea("One") for _ in range(3)]
    place = "SELECT pg_relation_size('vaults_by_hour'), changed_hour FROM vaults"
    before = await fresh_sql.fetchrow(place)
    for number in range(20):
        await ada.patch(ideas[number % 3], {"title": f"Title {number}"})

    await fresh_sql.execute("SELECT pg_stat_force_next_flush()")
    entries = await fresh_sql.fetchval("SELECT n_tup_newpage_upd FROM pg_stat_user_tables WHERE relname = 'vaults'")
    assert entries == 0
    assert (await fresh_sql.fetchrow(place))[0] == before[0]


async def test_the_keeper_goes_on_after_a_failure(
    fresh_house: House, monkeypatch: pytest.MonkeyPatch, tenants: dict[str, Creator], fresh_sql: asyncpg.Connection
) -> None:
    failures = 2
    done = asyncio.Event()

    async def failing(database: Database, now: datetime) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise ServiceUnavailable
        await add_up(database, now)
        done.set()

    monkeypatch.setattr("creatorvault.admin.totals.add_up", failing)
    monkeypatch.setattr("creatorvault.admin.totals.EVERY_SECONDS", 0.01)
    keeper = TotalsKeeper(operators_of(fresh_house), 0.01)
    try:
        async with asyncio.timeout(60):
            await done.wait()
    finally:
        await keeper.aclose()

    assert await fresh_sql.fetchval("SELECT count(*) FROM tenant_totals") > 1


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="no order"):
        by_creation("up", (), beyond=False)
    with pytest.raises(ValueError, match="no order"):
        by_total("ideas", "up", (), few=True, beyond=False)
    with pytest.raises(ValueError, match="no total"):
        by_total("user_id", "asc", (), few=False, beyond=False)
