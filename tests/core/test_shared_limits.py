"""Limits shared by several processes through Valkey or Redis, also while it is unavailable."""

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
    """The clock is stopped, so that no window ends during a test."""
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
    """Returns the same caller at another process."""
    return Creator(house.client, creator.user_id, creator.claims)


async def test_two_processes_share_exact_counts(
    house_with: HouseWith, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the storage may respond too late, and then each process counts for itself, as tested elsewhere.
    monkeypatch.setattr(counters_module, "ANSWER_SECONDS", 10.0)
    first = await sharing(house_with, valkey, identity_reads=30)
    second = await sharing(house_with, valkey, identity_reads=30)
    ada = first.creator()

    answers = await asyncio.gather(*(at(house, ada).list() for _ in range(30) for house in (first, second)))

    assert sorted(answer.status_code for answer in answers) == [200] * 30 + [429] * 30


async def test_a_killed_storage_causes_no_errors(house_with: HouseWith, valkey: ValkeyServer) -> None:
    house = await sharing(house_with, valkey, identity_reads=1000)
    ada = house.creator()
    assert (await ada.list()).status_code == 200

    valkey.kill()
    with captured_logs() as logs:
        answers = await asyncio.gather(*(ada.list() for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert all("ratelimit" in answer.headers for answer in answers)
    assert [alert["provider"] for alert in logs.named("alarm")] == ["limits-storage"]


async def test_without_the_storage_each_process_counts_for_itself(house_with: HouseWith, valkey: ValkeyServer) -> None:
    house = await sharing(house_with, valkey, identity_reads=5)
    ada = house.creator()
    valkey.kill()

    answers = [(await ada.list()).status_code for _ in range(7)]

    assert answers == [200] * 5 + [429] * 2


async def test_a_storage_may_be_unavailable_at_start(house_with: HouseWith, valkey: ValkeyServer) -> None:
    valkey.kill()
    house = await sharing(house_with, valkey, identity_reads=1)
    ada = house.creator()

    assert [(await ada.list()).status_code for _ in range(2)] == [200, 429]


async def test_processes_share_counts_again_when_the_storage_is_back(
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


async def test_a_silent_storage_delays_only_one_request(counters: SharedCounters, valkey: ValkeyServer) -> None:
    """Counts queries of the storage, so that the test needs no clock."""
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


async def test_requests_taken_back_do_not_count_in_any_process(
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


async def test_counts_from_an_outage_of_the_storage_can_be_taken_back(
    counters: SharedCounters, valkey: ValkeyServer
) -> None:
    valkey.kill()
    assert [await counters.add("bucket", 1, 60) for _ in range(2)] == [1, 2]

    await counters.take_back("bucket", 1)

    assert await counters.add("bucket", 1, 60) == 2


async def test_a_storage_killed_during_verification_causes_no_errors(
    counters: SharedCounters, valkey: ValkeyServer, logs: Any
) -> None:
    await counters.add("bucket", 1, 60)
    valkey.kill()

    await counters.take_back("bucket", 1)

    assert not counters.shared
    assert [alert["provider"] for alert in logs.named("alarm")] == ["limits-storage"]
    assert await counters.add("bucket", 1, 60) == 1


async def test_counts_lost_by_the_storage_do_not_add_quota(counters: SharedCounters, valkey: ValkeyServer) -> None:
    await counters.take_back("bucket", 1)

    async with Valkey(port=valkey.port) as storage:
        assert await storage.keys() == []
    assert await counters.add("bucket", 1, 60) == 1


async def test_new_sign_ins_do_not_count_against_the_address(
    house_with: HouseWith, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters_module, "ANSWER_SECONDS", 10.0)
    house = await sharing(house_with, valkey, address_requests=2)

    assert [(await house.creator().list()).status_code for _ in range(5)] == [200] * 5
    wrong = {"Authorization": "Bearer wrong"}
    answers = [await house.client.get("/api/v1/users/me", headers=wrong) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]


async def test_the_storage_contains_no_user_ids_and_its_keys_expire(
    house_with: HouseWith, valkey: ValkeyServer
) -> None:
    ada = (await sharing(house_with, valkey, identity_reads=5)).creator()
    await ada.list()

    async with Valkey(port=valkey.port, decode_responses=True) as storage:
        keys = await storage.keys()
        assert len(keys) == 1
        assert ada.user_id not in keys[0]
        assert 0 < await storage.ttl(keys[0]) <= 65
