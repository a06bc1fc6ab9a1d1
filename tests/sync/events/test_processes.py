"""Live updates through two processes on one database."""

from collections.abc import Awaitable, Callable

from tests.application import House
from tests.factories import Creator
from tests.sync.events.clients import listening, live, served, until_listening

type HouseWith = Callable[..., Awaitable[House]]


async def test_a_change_through_one_process_shows_in_another_by_a_notice(
    house: House, house_with: HouseWith, ada: Creator
) -> None:
    await ada.idea()
    other = await house_with()
    async with served(other.app) as client, listening(client, ada) as stream:
        assert await stream.until(1) == [1]
        await until_listening(other.app)
        sent = live(house.app).notifier.sent

        await ada.idea()
        assert await stream.until(2) == [2]
    assert live(house.app).notifier.sent == sent + 1
    assert live(other.app).watcher.heard == 1
