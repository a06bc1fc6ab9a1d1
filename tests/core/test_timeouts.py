"""Timeouts that share one timer behave like `asyncio.timeout`."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import pytest

from creatorvault.core.waiting.timeouts import Timeouts


async def overstays(timeouts: Timeouts, seconds: float) -> float:
    started = monotonic()
    with pytest.raises(TimeoutError), timeouts.within(seconds):
        await asyncio.sleep(60)
    return monotonic() - started


async def test_each_wait_ends_after_its_own_timeout() -> None:
    timeouts = Timeouts()
    wanted = [1.2, 0.3, 1.8, 0.6]

    taken = await asyncio.gather(*(overstays(timeouts, seconds) for seconds in wanted))

    for expected, seconds in zip(wanted, taken, strict=True):
        assert expected - 0.002 <= seconds < expected + 0.29


async def test_a_wait_that_ends_in_time_is_not_cancelled() -> None:
    timeouts = Timeouts()
    with timeouts.within(0.05):
        await asyncio.sleep(0.01)

    await asyncio.sleep(0.1)

    assert await overstays(timeouts, 0.05) < 5


async def test_a_timeout_of_zero_ends_the_first_wait() -> None:
    assert await overstays(Timeouts(), -1) < 5


async def test_an_error_within_the_block_is_raised() -> None:
    with pytest.raises(KeyError), Timeouts().within(0.05):
        raise KeyError


async def test_of_two_timeouts_the_expired_one_raises() -> None:
    timeouts = Timeouts()
    with timeouts.within(60):
        assert await overstays(timeouts, 0.05) < 5

    started, passed_on = monotonic(), False
    with pytest.raises(TimeoutError), timeouts.within(0.05):
        try:
            with timeouts.within(60):
                await asyncio.sleep(60)
        except asyncio.CancelledError:
            passed_on = True
            raise
    assert passed_on, "the inner one is not over, and says nothing"
    assert monotonic() - started < 5


type Limit = Callable[[float], Any]


def ours(seconds: float) -> Any:
    @asynccontextmanager
    async def limit() -> Any:
        with Timeouts().within(seconds):
            yield

    return limit()


@pytest.mark.parametrize("limit", [asyncio.timeout, ours])
async def test_a_task_cancelled_from_outside_is_cancelled(limit: Limit) -> None:
    async def wait() -> None:
        async with limit(0.05):
            await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("limit", [asyncio.timeout, ours])
async def test_a_task_continues_after_an_expired_timeout(limit: Limit) -> None:
    async def wait() -> str:
        with pytest.raises(TimeoutError):
            async with limit(0.01):
                await asyncio.sleep(60)
        await asyncio.sleep(0.01)
        return "on"

    task = asyncio.create_task(wait())
    assert (await task, task.cancelling()) == ("on", 0)
