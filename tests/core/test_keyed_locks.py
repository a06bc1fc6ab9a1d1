"""Locks by key: one holder at a time, in order of arrival, whatever happens to those who wait."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.waiting.keyed_locks import KeyedLocks

LONG = 3600.0


@pytest.fixture
def locks() -> KeyedLocks[str]:
    return KeyedLocks(LONG)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def hold(locks: KeyedLocks[str], key: str, release: asyncio.Event, order: list[str], name: str = "") -> None:
    async with locks.lock(key):
        order.append(name)
        await release.wait()


async def test_different_keys_do_not_wait_for_each_other(locks: KeyedLocks[str]) -> None:
    async with locks.lock("a"), locks.lock("b"):
        assert len(locks) == 2

    assert len(locks) == 0


async def test_a_lock_is_passed_in_order_of_arrival(locks: KeyedLocks[str]) -> None:
    order: list[str] = []
    release = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for name in "abcd":
            group.create_task(hold(locks, "key", release, order, name))
        await turns()
        assert order == ["a"]
        release.set()

    assert order == ["a", "b", "c", "d"]
    assert len(locks) == 0


async def test_a_lock_is_freed_after_an_error(locks: KeyedLocks[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with locks.lock("key"):
            _ = 1 // 0

    async with locks.lock("key"):
        pass
    assert len(locks) == 0


async def test_whoever_waits_too_long_is_refused() -> None:
    locks = KeyedLocks[str](0.01)
    release = asyncio.Event()
    order: list[str] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(hold(locks, "key", release, order))
        await turns()
        with pytest.raises(ServiceUnavailable):
            async with locks.lock("key"):
                pytest.fail("somebody else has it")
        release.set()

    assert len(locks) == 0


async def test_a_lock_that_was_passed_to_a_cancelled_waiter_is_freed(locks: KeyedLocks[str]) -> None:
    release = asyncio.Event()
    order: list[str] = []
    holder = asyncio.create_task(hold(locks, "key", release, order, "holder"))
    await turns()
    waiter = asyncio.create_task(hold(locks, "key", release, order, "waiter"))
    await turns()
    release.set()
    await asyncio.sleep(0)  # the holder has passed the lock, and the waiter has not run since
    waiter.cancel()
    await holder
    with suppress(asyncio.CancelledError):
        await waiter

    assert len(locks) == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6), st.integers(0, 9)), max_size=12))
async def test_one_holder_at_a_time_whoever_is_cancelled(plan: Sequence[tuple[str, int, int]]) -> None:
    """`plan`: for each task its key, after how many iterations it gives the lock back, and when it is cancelled."""
    locks = KeyedLocks[str](LONG)
    holders = {"a": 0, "b": 0}

    async def work(key: str, iterations: int) -> None:
        async with locks.lock(key):
            holders[key] += 1
            assert holders[key] == 1
            try:
                await turns(iterations)
            finally:
                holders[key] -= 1

    tasks = [asyncio.create_task(work(key, iterations)) for key, iterations, _ in plan]
    for now in range(8):  # those of 8 and 9 are not cancelled
        for task, (_, _, cancelled_at) in zip(tasks, plan, strict=True):
            if cancelled_at == now:
                task.cancel()
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} <= {type(None), asyncio.CancelledError}
    assert len(locks) == 0
