"""A new idea whose commit is in doubt is stored once, however often its client repeats the request without a key.

The database waits for an unavailable synchronous standby: writes are stored, but not confirmed.
"""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import httpx
import pytest

from creatorvault.core.lru import LRU
from creatorvault.ideas import in_doubt as doubts
from creatorvault.ideas.in_doubt import InDoubtIdea
from tests.application import House
from tests.factories import Creator
from tests.postgres import Cluster, Database


@pytest.fixture
async def standby_away(cluster: Cluster, fresh_database: Database, house: House) -> AsyncGenerator[None]:
    """Only this database waits for it: the others of the cluster do not commit synchronously. The setting applies to
    the whole cluster, so tests in other workers wait for this one.
    """
    alone = await asyncpg.connect(cluster.database("postgres").superuser_url)
    await alone.execute("SELECT pg_advisory_lock(20261128)")
    cluster.run(f'ALTER DATABASE "{fresh_database.name}" SET synchronous_commit = on')
    cluster.run("ALTER SYSTEM SET synchronous_standby_names = 'away'")
    cluster.run("SELECT pg_reload_conf()")
    await house.parts.statements.close()  # connections that are opened from now on know it
    await house.parts.database.engine.dispose()
    yield
    back(cluster)
    await alone.close()


def back(cluster: Cluster) -> None:
    cluster.run("ALTER SYSTEM RESET synchronous_standby_names")
    cluster.run("SELECT pg_reload_conf()")


@pytest.fixture
async def grace(house: House) -> Creator:
    grace = house.creator()
    await grace.idea("First")
    await grace.list()
    return grace


async def answered(creator: Creator, body: object) -> httpx.Response:
    """Retries after each 503: on a busy machine a request may end before its commit or look-up begins."""
    async with asyncio.timeout(60):
        while (answer := await creator.post(body)).status_code == 503:
            pass
    return answer


async def repeated(creator: Creator, times: int, body: object) -> list[httpx.Response]:
    return [await answered(creator, body) for _ in range(times)]


async def stored(sql: asyncpg.Connection, creator: Creator) -> int:
    count: int = await sql.fetchval("SELECT count(*) FROM ideas WHERE user_id = $1", creator.user_id)
    return count


async def test_a_post_repeated_without_a_standby_is_stored_once(
    grace: Creator, standby_away: None, fresh_sql: asyncpg.Connection
) -> None:
    body = {"title": "In doubt", "notes": "told to nobody", "tags": ["b", "B", "a"]}

    first = await grace.post(body)
    again = await repeated(grace, 4, body)

    assert first.status_code == 503
    assert {answer.status_code for answer in again} == {201}
    assert len({answer.json()["id"] for answer in again}) == 1
    assert all(answer.headers["Location"].endswith(answer.json()["id"]) for answer in again)
    assert (await grace.get(again[0].json()["id"])).json() == again[0].json()
    assert await grace.titles() == ["In doubt", "First"]
    assert await stored(fresh_sql, grace) == 2


async def test_a_transaction_in_doubt_is_found_by_the_retry(
    house: House, grace: Creator, cluster: Cluster, standby_away: None, fresh_sql: asyncpg.Connection
) -> None:
    """Nobody sees such a commit before, and the vault is locked."""
    house.parts.keyring._ciphers.clear()

    lost = [await grace.post({"title": "In doubt"}) for _ in range(3)]
    back(cluster)
    async with asyncio.timeout(60):
        while (found := await grace.post({"title": "In doubt"})).status_code == 503:
            pass

    assert {answer.status_code for answer in lost} == {503}
    assert found.status_code == 201
    assert await grace.titles() == ["In doubt", "First"]
    assert await stored(fresh_sql, grace) == 2


async def test_an_equivalent_body_is_the_same_request(
    grace: Creator, standby_away: None, fresh_sql: asyncpg.Connection
) -> None:
    first = await grace.post({"title": " In doubt ", "tags": ["a,b"], "due_date": "2026-12-01T10:00:00+02:00"})
    other = {"tags": ["a", "b"], "title": "In doubt", "due_date": "2026-12-01T08:00:00Z", "more": 1}
    again = await answered(grace, other)

    assert (first.status_code, again.status_code) == (503, 201)
    assert await stored(fresh_sql, grace) == 2


async def test_other_ideas_and_creators_are_distinct_requests(
    house: House, grace: Creator, standby_away: None, fresh_sql: asyncpg.Connection
) -> None:
    eve = house.creator()
    await grace.post({"title": "In doubt"})

    others = [await grace.post({"title": "In doubt", "notes": ""}), await eve.post({"title": "In doubt"})]

    assert {answer.status_code for answer in others} == {503}, "they are in doubt themselves"
    async with asyncio.timeout(60):
        while await stored(fresh_sql, grace) < 3:  # on a busy machine a request may end before its commit begins
            for notes in (None, ""):
                await grace.post({"title": "In doubt", "notes": notes})
    assert await stored(fresh_sql, grace) == 3
    assert await stored(fresh_sql, eve) <= 1


async def test_a_retry_stores_an_idea_that_was_not_stored(
    house: House, grace: Creator, fresh_sql: asyncpg.Connection
) -> None:
    """The first attempt failed because its vault was locked."""
    async with fresh_sql.transaction():
        await fresh_sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", grace.user_id)
        first = await grace.post({"title": "Locked out"})
    again = await repeated(grace, 3, {"title": "Locked out"})

    assert first.status_code == 503
    assert [answer.status_code for answer in again] == [201] * 3
    assert len({answer.json()["id"] for answer in again}) == 1
    assert await grace.titles() == ["Locked out", "First"]


async def test_without_a_commit_in_doubt_equal_ideas_are_two(grace: Creator) -> None:
    await repeated(grace, 2, {"title": "Twice"})

    assert await grace.titles() == ["Twice", "Twice", "First"]


async def test_a_commit_in_doubt_is_remembered_for_a_minute(
    grace: Creator, fresh_sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", 0.0)
    async with fresh_sql.transaction():
        await fresh_sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", grace.user_id)
        await grace.post({"title": "Again"})

    ids = {answer.json()["id"] for answer in await repeated(grace, 2, {"title": "Again"})}

    assert len(ids) == 2


async def test_remembered_commits_in_doubt_are_bounded(
    house: House, grace: Creator, fresh_sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.parts.in_doubt, "_doubts", LRU[bytes, InDoubtIdea](1))
    async with fresh_sql.transaction():
        await fresh_sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", grace.user_id)
        for title in ("Older", "Newer"):
            assert (await grace.post({"title": title})).status_code == 503

    assert len(house.parts.in_doubt._doubts) == 1
    for title in ("Older", "Newer"):
        await repeated(grace, 2, {"title": title})

    assert await grace.titles() == ["Older", "Older", "Newer", "First"]
