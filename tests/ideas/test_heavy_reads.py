"""Long searches: scheduled fairly, limited for each identity, and without delays for others."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import httpx
import pytest

from creatorvault.ideas import full_reads
from creatorvault.ideas.segments.sealing import FEWEST
from tests.application import House
from tests.factories import Creator
from tests.ways import vault_of

type HouseWith = Callable[..., Awaitable[House]]

A_MOMENT: Final = 0.03
"""Seconds of processor time: fifteen times the intended time slice, for a busy machine."""


@pytest.fixture(autouse=True)
def frozen() -> Generator[None]:
    """As a worker does it: collecting the garbage of all tests before takes longer than a slice, within a step."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def fill(creator: Creator, notes: list[str]) -> None:
    for text in notes:
        await creator.idea("An idea", notes=text)


async def total(creator: Creator, search: str) -> int:
    answer = await creator.list({"search": search, "limit": 1})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


def longest_step(house: House) -> float:
    seconds: float = house.parts.searching.allowance.longest_step
    return seconds


async def warmed_up(house: House) -> None:
    """Runs a first search, so that everything that it compiles, including for segments, is compiled."""
    bob = house.creator()
    await fill(bob, ["note"] * FEWEST)
    for _ in range(2):
        house.parts.search_cache.forget(vault_of(bob))
        await total(bob, "note")
        await house.parts.segment_writer.finish()
    house.parts.searching.allowance.longest_step = 0.0


async def test_a_vault_of_one_letter_can_be_searched(house_with: HouseWith) -> None:
    house = await house_with()
    await warmed_up(house)
    ada = house.creator()
    await fill(ada, ["a" * 5000] * 300)

    assert await total(ada, "a" * 96 + "baa") == 0
    assert await total(ada, "a" * 96) == 300
    assert await total(ada, "zebra") == 0
    assert longest_step(house) < A_MOMENT


async def test_a_vault_of_combining_marks_can_be_searched(house_with: HouseWith) -> None:
    house = await house_with()
    await warmed_up(house)
    ada = house.creator()
    await fill(ada, ["a" + "\u0315" * 2499 + "\u0323" * 2499 + "z", *["e" + "\u0323\u0301" * 2499] * 150])

    assert await total(ada, "an idea") == 151
    assert await total(ada, "\u0323z") <= 1
    assert longest_step(house) < A_MOMENT


async def test_many_searches_of_one_creator_do_not_block_others(house_with: HouseWith) -> None:
    house = await house_with(
        CREATORVAULT_SEARCH__VAULT_BYTES=str(2**20),
        CREATORVAULT_SEARCH__SEGMENTS="false",
        CREATORVAULT_DATABASE__POOL_SIZE="2",
        CREATORVAULT_DATABASE__MAX_OVERFLOW="0",
        CREATORVAULT_LIMITS__IDENTITY_WORK_MILLISECONDS="100",
    )
    greedy, others = house.creator(), [house.creator() for _ in range(6)]
    await fill(greedy, [f"{number} {'слово ' * 830}" for number in range(120)])
    ideas = [await other.idea("Mine") for other in others]

    async def at_work(number: int) -> list[httpx.Response]:
        other = others[number]
        return [
            answer
            for turn in range(6)
            for answer in (
                await other.get(ideas[number]),
                await other.list(),
                await other.list({"search": "mine"}),
                await other.post({"title": f"Another {turn}"}),
            )
        ]

    searching = [asyncio.create_task(greedy.list({"search": f"absent {number}"})) for number in range(24)]
    answers = await asyncio.gather(*(at_work(number) for number in range(len(others))))
    searched = await asyncio.gather(*searching)

    assert {answer.status_code for mine in answers for answer in mine} == {200, 201}
    assert {answer.status_code for answer in searched} == {200, 429}
    refusals = [answer for answer in searched if answer.status_code == 429]
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refusals)
    assert (await greedy.get((await greedy.list()).json()["items"][0])).status_code == 200, "only searching is work"


async def test_an_exhausted_work_allowance_gives_429_with_retry_after(house_with: HouseWith) -> None:
    house = await house_with(CREATORVAULT_LIMITS__IDENTITY_WORK_MILLISECONDS="1")
    ada, bob = house.creator(), house.creator()
    await ada.idea("An idea", tags=["one"])
    await bob.idea("An idea")
    first = await ada.list({"search": "idea"})
    for _ in range(20):
        refusal = await ada.list({"tags": "one"})

    assert first.status_code == 200
    assert '"work";q=1;w=60' in first.headers["RateLimit-Policy"]
    assert '"reads"' in first.headers["RateLimit-Policy"]
    assert refusal.status_code == 429
    assert refusal.json()["detail"].startswith("Too much to compute at once")
    assert '"work";r=0' in refusal.headers["RateLimit"]
    assert int(refusal.headers["Retry-After"]) >= 1
    assert (await ada.list()).status_code == 200
    assert (await ada.list({"sort": "title"})).status_code == 429
    assert (await bob.list({"search": "idea"})).status_code == 200


async def test_a_plain_list_has_no_work_allowance_headers(ada: Creator) -> None:
    await ada.idea()

    assert "work" not in (await ada.list()).headers["RateLimit-Policy"]


@asynccontextmanager
async def full_reads_blocked(database: asyncpg.Connection) -> AsyncGenerator[None]:
    """Locks the table of segments, which only reads of large vaults use."""
    async with database.transaction():
        await database.execute("LOCK TABLE idea_segments IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.fixture
async def large(house_with: HouseWith, monkeypatch: pytest.MonkeyPatch) -> tuple[House, list[Creator]]:
    """Three creators whose vaults are treated as large, in a house with few connections."""
    monkeypatch.setattr(full_reads, "SMALL", 2)
    house = await house_with(
        CREATORVAULT_DATABASE__POOL_SIZE="1",
        CREATORVAULT_DATABASE__MAX_OVERFLOW="0",
        CREATORVAULT_DATABASE__LOCK_SECONDS="60",
        CREATORVAULT_DATABASE__STATEMENT_SECONDS="60",
        CREATORVAULT_DATABASE__ANSWER_SECONDS="60",
    )
    creators = [house.creator() for _ in range(3)]
    for creator in creators:
        await fill(creator, ["note"] * FEWEST)
    return house, creators


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.01)


async def test_full_reads_use_separate_connections(
    large: tuple[House, list[Creator]], database: asyncpg.Connection
) -> None:
    house, creators = large
    reads, small = house.parts.searching.full_reads, house.creator()
    await small.idea("Small")
    async with full_reads_blocked(database):
        searching = [asyncio.create_task(creator.list({"search": "note"})) for creator in creators]
        await until(lambda: (reads.under_way, reads.waiting) == (2, 1))
        idea = (await creators[0].list()).json()["items"][0]
        answers = [
            await creators[0].get(idea),
            await creators[1].post({"title": "Stored"}),
            await small.list({"search": "small"}),
            await small.list({"sort": "title"}),
        ]
    found = await asyncio.gather(*searching)

    assert [answer.status_code for answer in answers] == [200, 201, 200, 200]
    assert [answer.json()["total"] for answer in found] == [FEWEST] * 3
    assert (reads.under_way, reads.waiting) == (0, 0)


async def test_one_creator_reads_one_vault_at_a_time(
    large: tuple[House, list[Creator]], database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_reads, "MOST_WAITING", 8)
    house, [ada, bob, _] = large
    reads = house.parts.searching.full_reads
    async with full_reads_blocked(database):
        searching = [asyncio.create_task(ada.list({"search": f"note{number}"})) for number in range(12)]
        await until(lambda: reads.waiting == 8)
        assert reads.under_way == 1
        searching.append(asyncio.create_task(bob.list({"search": "note"})))
        await until(lambda: reads.under_way == 2)
    statuses = Counter(answer.status_code for answer in await asyncio.gather(*searching))

    assert statuses == {200: 1 + 8 + 1, 429: 12 - 1 - 8}
    misses = house.parts.search_cache.statistics().misses
    assert misses == 2, "those who waited found what the first one had read"


async def test_a_full_read_times_out(house_with: HouseWith, database: asyncpg.Connection) -> None:
    house = await house_with(CREATORVAULT_SEARCH__FULL_READ_SECONDS="3", CREATORVAULT_DATABASE__LOCK_SECONDS="60")
    ada = house.creator()
    await fill(ada, ["note"] * FEWEST)
    async with full_reads_blocked(database):
        answer = await ada.list({"search": "note"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert await total(ada, "note") == FEWEST


async def test_a_search_ends_when_its_client_disconnects(
    large: tuple[House, list[Creator]], database: asyncpg.Connection
) -> None:
    house, [ada, *_] = large
    reads, left, sent = house.parts.searching.full_reads, asyncio.Event(), list[Any]()

    async def receive() -> dict[str, Any]:
        if not received:
            received.append(True)
            return {"type": "http.request", "body": b"", "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    received = list[bool]()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": ada.url,
        "raw_path": ada.url.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"search=note",
        "headers": [(b"host", b"test"), (b"authorization", ada.headers["Authorization"].encode())],
        "client": ("192.0.2.1", 1),
        "server": ("test", 80),
    }
    async with full_reads_blocked(database):
        searching = asyncio.create_task(house.app(scope, receive, send))  # type: ignore[arg-type]  # a scope by hand
        await until(lambda: reads.under_way == 1)
        left.set()
        await asyncio.wait_for(searching, timeout=60)
        assert (reads.under_way, reads.waiting) == (0, 0)

    assert sent[0]["status"] == 400, "which nobody reads, but the log keeps it"
    assert await total(ada, "note") == FEWEST
