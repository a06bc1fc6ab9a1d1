"""A request that asks the database several times has one deadline for all of them."""

import asyncio

from creatorvault.core.deadlines import asking_within_one_deadline, deadline


async def test_the_deadline_counts_from_the_first_question() -> None:
    with asking_within_one_deadline():
        first = deadline(4)
        await asyncio.sleep(0.02)
        assert deadline(4) == first
        assert deadline(60) == first + 56


async def test_the_next_request_has_a_deadline_of_its_own() -> None:
    with asking_within_one_deadline():
        first = deadline(4)
    await asyncio.sleep(0.02)
    with asking_within_one_deadline():
        assert deadline(4) > first


async def test_a_task_that_outlives_its_request_is_not_held_to_it() -> None:
    async def ask_later(over: asyncio.Event) -> float:
        await over.wait()
        return deadline(4)

    over = asyncio.Event()
    with asking_within_one_deadline():
        first = deadline(4)
        task = asyncio.create_task(ask_later(over))
        await asyncio.sleep(0.02)
    over.set()
    assert await task > first
