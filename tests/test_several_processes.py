"""Two applications that share only the database, as two processes do: each sees the writes of both."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import cycle

import pytest

from tests.application import PATIENT, House
from tests.factories import Creator

ROUNDS = 12


@pytest.fixture
async def both(house_with: Callable[..., Awaitable[House]]) -> tuple[Creator, Creator]:
    """The same creator at both applications, which both have the vault in their search cache."""
    ada = (await house_with(**PATIENT)).creator()
    same = (await house_with(**PATIENT)).creator(ada.user_id)
    await ada.idea("First")
    for creator in (ada, same):
        assert await creator.titles({"search": "first"}) == ["First"]
    return ada, same


async def test_one_process_finds_what_the_other_has_stored(both: tuple[Creator, Creator]) -> None:
    async def write(name: str, here: Creator, there: Creator) -> None:
        for number in range(ROUNDS):
            title = f"{name} number {number:02}"
            idea = await here.idea(title, tags=[name])
            assert await there.titles({"search": title}) == [title]
            if number % 3 == 0:
                changed = await there.patch(idea, {"title": f"{title} changed"})
                assert changed.status_code == 200, changed.text
                assert await here.titles({"search": f"{title} changed"}) == [f"{title} changed"]
            elif number % 3 == 1:
                assert (await there.delete(idea)).status_code == 204
                assert await here.titles({"search": title}) == []

    ada, same = both
    await asyncio.gather(write("a", ada, same), write("b", same, ada), write("c", ada, same))

    kept = {f"{name} number {number:02}" for name in "abc" for number in range(ROUNDS) if number % 3 == 2}
    kept |= {f"{name} number {number:02} changed" for name in "abc" for number in range(0, ROUNDS, 3)}
    for creator in both:
        listed = (await creator.list({"sort": "title", "order": "asc", "limit": 100})).json()
        assert {idea["title"] for idea in listed["items"]} == kept | {"First"}
        assert listed["total"] == len(kept) + 1
        tagged = (await creator.list({"tags": "a", "limit": 100})).json()
        assert tagged["total"] == sum(title.startswith("a ") for title in kept)


async def test_writers_in_both_lose_nothing_and_count_exactly(both: tuple[Creator, Creator]) -> None:
    idea = await both[0].idea("Shared")
    writers = cycle(both)
    answers = await asyncio.gather(
        *(next(writers).post({"title": f"New {number}"}) for number in range(20)),
        *(next(writers).patch(idea, {"notes": f"Note {number}"}) for number in range(10)),
    )

    assert {answer.status_code for answer in answers} == {200, 201}
    assert len({answer.headers["ETag"] for answer in answers}) == len(answers)
    assert {(await creator.get(idea)).headers["ETag"] for creator in both} <= {
        answer.headers["ETag"] for answer in answers
    }
    for creator in both:
        found = (await creator.list({"search": "new", "limit": 100})).json()
        assert (found["total"], len({entry["id"] for entry in found["items"]})) == (20, 20)
        assert (await creator.list()).json()["total"] == 22
