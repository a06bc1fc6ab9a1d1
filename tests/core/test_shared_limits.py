"""Limits that several processes share through Valkey or Redis, and what becomes of them when it goes away."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
from valkey.asyncio import Valkey

from creatorvault.core.limits import counters as counters_module
from creatorvault.core.limits.counters import SharedCounters
from creatorvault.settings.secret import Secret
from tests.application import House
from tests.factories import Creator
from tests.logs import captured_logs
from tests.valkey import PROGRAM, ValkeyServer

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs valkey-server or redis-server on PATH")

type HouseWith = Callable[..., Awaitable[House]]


@pytest.fixture
async def counters(valkey: ValkeyServer) -> AsyncGenerator[SharedCounters]:
    counters = SharedCounters(Secret(valkey.url))
    yield counters
    await counters.aclose()


async def sharing(house_with: HouseWith, valkey: ValkeyServer, **limits: int) -> House:
    """Time stands still, or a window could end in the middle of a test."""
    house = await house_with(
        CREATORVAULT_LIMITS__STORAGE_URL=valkey.url,
        **{f"CREATORVAULT_LIMITS__{name.upper()}": str(value) for name, value in limits.items()},
    )
    house.parts.limits._clock = lambda: 0.0
    return house


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # what is waited for is another program
            await asyncio.sleep(0.02)


def at(house: House, creator: Creator) -> Creator:
    """The same person, through another process's door."""
    return Creator(house.client, creator.user_id, creator.claims)


async def test_two_processes_count_together_and_exactly(
    house_with: HouseWith, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the storage may answer too late, and then each counts for itself: another test's matter.
    monkeypatch.setattr(counters_module, "ANSWER_SECONDS", 10.0)
    first = await sharing(house_with, valkey, identity_reads=30)
    second = await sharing(house_with, valkey, identity_reads=30)
    ada = first.creator()

    answers = await asyncio.gather(*(at(house, ada).list() for _ in range(30) for house in (first, second)))

    assert sorted(answer.status_code for answer in answers) == [200] * 30 + [429] * 30


async def test_a_killed_storage_fails_nobody(house_with: HouseWith, valkey: ValkeyServer) -> None:
    house = await sharing(house_with, valkey, identity_reads=1000)
    ada = house.creator()
    assert (await ada.list()).status_code == 200

    valkey.kill()
    with captured_logs() as logs:
        answers = await asyncio.gather(*(ada.list() for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert all("ratelimit" in answer.headers for answer in answers)
    assert [alert["provider"] for alert in logs.named("alarm")] == ["limits-storage"]


async def test_while_the_storage_is_away_each_process_limits_by_itself(
    house_with: HouseWith, valkey: ValkeyServer
) -> None:
    house = await sharing(house_with, valkey, identity_reads=5)
    ada = house.creator()
    valkey.kill()

    answers = [(await ada.list()).status_code for _ in range(7)]

    assert answers == [200] * 5 + [429] * 2


async def test_a_storage_that_is_away_from_the_beginning(house_with: HouseWith, valkey: ValkeyServer) -> None:
    valkey.kill()
    house = await sharing(house_with, valkey, identity_reads=1)
    ada = house.creator()

    assert [(await ada.list()).status_code for _ in range(2)] == [200, 429]


async def test_when_the_storage_is_back_processes_count_together_again(
    counters: SharedCounters, valkey: ValkeyServer, logs: Any
) -> None:
    valkey.kill()
    await counters.add("bucket", 1, 60)
    assert not counters.shared

    valkey.start()
    await until(lambda: counters.shared)

    other = SharedCounters(Secret(valkey.url))
    try:
        assert [await counters.add("bucket", 1, 60), await other.add("bucket", 1, 60)] == [1, 2]
        assert len(logs.named("limits.storage.back")) == 1
    finally:
        await other.aclose()


async def test_a_storage_that_answers_nothing_delays_a_request_once(
    counters: SharedCounters, valkey: ValkeyServer
) -> None:
    """The bound is on how often it is asked, so no clock is needed to see it."""
    await counters.add("bucket", 1, 60)
    valkey.freeze()
    try:
        counts = await asyncio.gather(*(counters.add("bucket", 1, 60) for _ in range(100)))
        assert not counters.shared
        assert sorted(counts) == list(range(1, 101))
        assert await counters.add("bucket", 1, 60) == 101
    finally:
        valkey.thaw()
    await until(lambda: counters.shared)
    assert await counters.add("other", 1, 60) == 1


async def test_what_is_taken_back_does_not_count_in_any_process(
    counters: SharedCounters, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters_module, "ANSWER_SECONDS", 10.0)
    other = SharedCounters(Secret(valkey.url))
    try:
        assert [await each.add("bucket", 1, 60) for each in (counters, other)] == [1, 2]

        await other.take_back("bucket", 1)

        assert await counters.add("bucket", 1, 60) == 2
    finally:
        await other.aclose()


async def test_what_was_counted_while_the_storage_was_away_is_taken_back_too(
    counters: SharedCounters, valkey: ValkeyServer
) -> None:
    valkey.kill()
    assert [await counters.add("bucket", 1, 60) for _ in range(2)] == [1, 2]

    await counters.take_back("bucket", 1)

    assert await counters.add("bucket", 1, 60) == 2


async def test_a_storage_killed_while_a_token_is_verified_fails_nobody(
    counters: SharedCounters, valkey: ValkeyServer, logs: Any
) -> None:
    await counters.add("bucket", 1, 60)
    valkey.kill()

    await counters.take_back("bucket", 1)

    assert not counters.shared
    assert [alert["provider"] for alert in logs.named("alarm")] == ["limits-storage"]
    assert await counters.add("bucket", 1, 60) == 1


async def test_what_the_storage_has_forgotten_is_no_gift(counters: SharedCounters, valkey: ValkeyServer) -> None:
    await counters.take_back("bucket", 1)

    async with Valkey(port=valkey.port) as storage:
        assert await storage.keys() == []
    assert await counters.add("bucket", 1, 60) == 1


async def test_new_sign_ins_do_not_use_up_what_an_address_may_try(
    house_with: HouseWith, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters_module, "ANSWER_SECONDS", 10.0)
    house = await sharing(house_with, valkey, address_requests=2)

    assert [(await house.creator().list()).status_code for _ in range(5)] == [200] * 5
    wrong = {"Authorization": "Bearer wrong"}
    answers = [await house.client.get("/api/v1/users/me", headers=wrong) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]


async def test_the_storage_learns_no_user_id_and_forgets_by_itself(house_with: HouseWith, valkey: ValkeyServer) -> None:
    ada = (await sharing(house_with, valkey, identity_reads=5)).creator()
    await ada.list()

    async with Valkey(port=valkey.port, decode_responses=True) as storage:
        keys = await storage.keys()
        assert len(keys) == 1
        assert ada.user_id not in keys[0]
        assert 0 < await storage.ttl(keys[0]) <= 65
