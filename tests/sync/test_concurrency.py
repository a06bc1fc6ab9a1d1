"""Commits are in the order of revisions: a device that pulls while others write misses nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from tests.application import House
from tests.factories import Creator, Idea
from tests.history.undoing import restore
from tests.sync.pulling import Device, listed

WRITERS = 6
CHANGES = 25


@pytest.mark.parametrize("limit", [1, 7, 500])
async def test_pullers_beside_writers_of_two_processes(
    house: House, house_with: Callable[..., Awaitable[House]], limit: int
) -> None:
    ada = house.creator()
    elsewhere = (await house_with()).creator(ada.user_id)
    shared = [await ada.idea(f"Shared {number}") for number in range(4)]
    devices = [Device(creator, limit=limit) for creator in (ada, elsewhere, ada)]
    writing = True

    async def write(creator: Creator, chance: Random) -> None:
        own: list[Idea] = []
        for number in range(CHANGES):
            match chance.randrange(5):
                case 0 if own:
                    await creator.delete(own[-1])
                    if chance.randrange(2):
                        await restore(creator, own[-1])
                    else:
                        own.pop()
                case 1:
                    own.append(await creator.idea(f"Own {number}"))
                case _:
                    await creator.patch(chance.choice([*shared, *own]), {"title": f"Title {chance.random()}"})

    async def follow(device: Device) -> None:
        while writing:
            await device.page()

    following = [asyncio.create_task(follow(device)) for device in devices]
    await asyncio.gather(*(write((ada, elsewhere)[number % 2], Random(number)) for number in range(WRITERS)))
    writing = False
    await asyncio.gather(*following)

    expected = await listed(ada)
    for device in (*devices, Device(ada)):
        await device.pull()
        assert (device.ideas, device.resyncs) == (expected, 0)
        for idea_id, etag in device.etags.items():
            assert (await ada.get(idea_id)).headers["ETag"] == etag
