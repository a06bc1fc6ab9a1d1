"""Long computations share the event loop: one slice per iteration, however many there are."""

import asyncio

import pytest

from creatorvault.core.http import bodies
from creatorvault.core.waiting import event_loop_budget as loop_budget
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from tests.factories import Creator


async def test_all_waiting_tasks_run_between_two_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_budget, "SLICE_SECONDS", 0.0)
    budget, steps, computing = EventLoopBudget(), list[str](), list[bool]()

    async def compute(name: str) -> None:
        time_slice = TimeSlice(budget)
        for _ in range(5):
            steps.append(name)
            await time_slice.rest_if_over()

    async def request() -> None:
        while not all(computing):
            await asyncio.sleep(0)
            steps.append("request")

    async def computations() -> None:
        await asyncio.gather(*(compute(name) for name in "abc"))
        computing[:] = [True]

    computing[:] = [False]
    await asyncio.gather(computations(), request())

    order = "".join(step if step != "request" else "." for step in steps).strip(".")
    after_the_first_slices = order[3:].lstrip(".")
    assert "aa" not in order
    assert all(len(slices) <= 1 for slices in after_the_first_slices.split(".")), order
    assert [order.count(name) for name in "abc"] == [5, 5, 5]


async def test_computations_run_in_order_of_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_budget, "SLICE_SECONDS", 0.0)
    budget, steps = EventLoopBudget(), list[str]()

    async def compute(name: str) -> None:
        time_slice = TimeSlice(budget)
        for _ in range(3):
            steps.append(name)
            await time_slice.rest()

    await asyncio.gather(*(compute(name) for name in "abc"))

    assert steps == list("abcabcabc")


async def test_a_computation_cancelled_while_waiting_blocks_no_other() -> None:
    budget = EventLoopBudget()
    first, second = (asyncio.create_task(TimeSlice(budget).rest()) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()

    await asyncio.wait_for(second, timeout=10)
    await asyncio.wait_for(TimeSlice(budget).rest(), timeout=10)
    assert first.cancelled()


async def test_short_computations_do_not_yield() -> None:
    paused = list[bool]()
    time_slice = TimeSlice(on_pause=lambda: paused.append(True))
    time_slice._ends += 3600

    await time_slice.rest_if_over()

    assert not paused


async def test_large_bodies_that_arrive_together_are_read_in_separate_iterations(
    ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    iteration, parsed_in = 0, []
    parse = bodies.parse

    async def count() -> None:
        nonlocal iteration
        while True:
            iteration += 1
            await asyncio.sleep(0)

    def recording(body: bytes) -> bodies.Body:
        parsed_in.append(iteration)
        return parse(body)

    monkeypatch.setattr(bodies, "parse", recording)
    counting = asyncio.create_task(count())
    await asyncio.gather(*(ada.post({"title": "One", "more": "x" * 10_000}) for _ in range(8)))
    counting.cancel()

    assert len(set(parsed_in)) == len(parsed_in) == 8
