"""Streams of live updates in one process."""

from tests.application import House
from tests.factories import Creator
from tests.sync.events.clients import listening, served


async def test_the_current_revision_comes_first_and_then_each_change(house: House, ada: Creator) -> None:
    await ada.idea()
    async with served(house.app) as client, listening(client, ada) as stream:
        assert await stream.next() == ("revision", "1", {"revision": 1})

        await ada.idea()
        assert await stream.next() == ("revision", "2", {"revision": 2})
