"""A database that lost commits gives their revisions again: devices that have pulled the lost ones start again."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from creatorvault.ideas.schemas import IdeaResponse
from tests.application import House
from tests.bulk import store
from tests.factories import Creator, Idea
from tests.sync.pulling import Device, changes, listed
from tests.sync.setting_back import Standby
from tests.ways import forget, vault_of


@pytest.fixture
def ada(house: House) -> Creator:
    return house.creator()


async def test_a_lower_revision_than_the_tokens(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    device, kept = Device(ada), await ada.idea("Kept")
    standby = await Standby.of(house, ada, database)
    await ada.idea("Lost")
    await device.pull()
    await standby.promote()

    answer = await changes(ada, device.since)

    assert (answer.status_code, answer.json()["code"]) == (410, "resync_required")
    await device.pull()
    assert (device.ideas, device.resyncs) == ({kept["id"]: kept}, 1)


async def test_revisions_that_are_given_again(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    """Whatever is stored at them, also if the ideas that were lost are changed again later."""
    for lost in ("create", "change", "delete"):
        for since in ("create", "change", "delete"):
            first, second = await ada.idea("First"), await ada.idea("Second")
            device = Device(ada)
            await device.pull()
            standby = await Standby.of(house, ada, database)
            for operation, idea in ((lost, first), ("create", first)):
                await _do(ada, operation, idea)
            await device.pull()
            await standby.promote()
            for operation in (since, "create", "create"):
                await _do(ada, operation, second)

            await device.pull()

            assert device.ideas == await listed(ada), (lost, since)
            assert device.resyncs == 1, (lost, since)


async def test_a_device_that_has_pulled_nothing_of_what_was_lost_goes_on(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    idea, device = await ada.idea("First"), Device(ada)
    await device.pull()
    standby = await Standby.of(house, ada, database)
    await ada.patch(idea, {"title": "Lost"})
    await standby.promote()
    await ada.patch(idea, {"title": "Since"})

    await device.pull()

    assert (device.ideas, device.resyncs) == (await listed(ada), 0)


async def test_a_vault_that_was_lost_as_a_whole(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    device = Device(ada)
    await ada.idea("Lost")
    await device.pull()
    await database.execute("SET session_replication_role = replica")
    await house.parts.checkpoint_writer.finish()
    for table in ("ideas", "vault_checkpoints", "vaults", "keys.vault_keys"):
        await database.execute(f"DELETE FROM {table} WHERE user_id = $1", ada.user_id)
    forget(house, vault_of(ada))

    assert (await changes(ada, device.since)).status_code == 410
    assert (await changes(ada, "AAAA")).status_code == 422

    # Made again, with another key of the same version.
    new = await ada.idea("New")
    assert (await changes(ada, device.since)).status_code == 422
    again = Device(ada)
    await again.pull()
    assert again.ideas == {new["id"]: new}


async def _do(creator: Creator, operation: str, idea: dict[str, object]) -> None:
    match operation:
        case "create":
            await creator.idea("New")
        case "change":
            assert (await creator.patch(idea, {"notes": "Changed"})).status_code == 200
        case "delete":
            assert (await creator.delete(idea)).status_code == 204


async def test_a_deletion_at_the_revision_of_a_first_pull(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    """Its tombstone is not newer than the pull, which read no tombstones."""
    idea = await ada.idea("Only")
    standby = await Standby.of(house, ada, database)
    changed = (await ada.patch(idea, {"title": "Lost"})).json()
    device = Device(ada)
    await device.pull()
    assert device.ideas == {idea["id"]: changed}
    await standby.promote()
    assert (await ada.delete(idea)).status_code == 204

    await device.pull()

    assert (device.ideas, device.resyncs) == ({}, 1)


async def test_a_deletion_given_the_revision_of_what_a_first_pull_read_last(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    """Of an idea that the device has read long before. What was at this revision is changed once more."""
    deleted, *_, last = [await ada.idea(f"Idea {number}") for number in range(6)]
    standby, device = await Standby.of(house, ada, database), Device(ada)
    await _change(ada, last)
    await device.pull()
    await standby.promote()
    await ada.delete(deleted)
    await _change(ada, last)

    await _assert_starts_again(device)


async def test_a_lost_deletion_before_a_first_pull(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    """The idea lives again, at a revision that the device has passed."""
    deleted, *_, last = [await ada.idea(f"Idea {number}") for number in range(6)]
    standby, device = await Standby.of(house, ada, database), Device(ada)
    await ada.delete(deleted)
    await device.pull()
    await standby.promote()
    await _change(ada, last, last)

    await _assert_starts_again(device)


async def test_a_deletion_since_of_what_is_on_the_first_page_of_a_first_pull(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    deleted, _, last = [await ada.idea(f"Idea {number}") for number in range(3)]
    standby, device = await Standby.of(house, ada, database), Device(ada, limit=1)
    await _change(ada, last)
    assert await device.page()
    await standby.promote()
    await ada.delete(deleted)
    await _change(ada, last)

    await _assert_starts_again(device)


async def test_a_lost_change_of_an_idea_that_would_come_on_a_later_page(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    """It has the revision again at which the pages have passed it: of a first pull, and of another."""
    for ideas in (0, 2):
        device = Device(ada)
        for number in range(ideas):
            await ada.idea(f"Earlier {number}")
        await device.pull()
        device.limit = 1
        changed, *_, last = [await ada.idea(f"Idea {number}") for number in range(3)]
        standby = await Standby.of(house, ada, database)
        await _change(ada, changed)
        assert await device.page()
        await standby.promote()
        await _change(ada, last)

        await _assert_starts_again(device)


async def test_a_revision_before_those_of_the_last_four_rows(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    """It was given to a change that was overwritten before it was read."""
    deleted, *others = [await ada.idea(f"Idea {number}") for number in range(5)]
    standby, device = await Standby.of(house, ada, database), Device(ada)
    await _change(ada, others[0], *others)
    await device.pull()
    await standby.promote()
    await ada.delete(deleted)
    await _change(ada, *others, *others)

    await _assert_starts_again(device)


async def test_a_vault_of_fewer_rows_than_tokens_hold(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    only, device = await ada.idea("Only"), Device(ada)
    standby = await Standby.of(house, ada, database)
    await _change(ada, only, only)
    await device.pull()
    await standby.promote()
    await ada.idea("New")
    await _change(ada, only, only)

    await _assert_starts_again(device)


async def test_a_lost_idea_that_is_imported_again_and_deleted(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    """Its tombstone says that no device knows it that has not read the import."""
    kept, device, now = await ada.idea("Kept"), Device(ada), datetime.now(UTC)
    standby = await Standby.of(house, ada, database)
    lost = await ada.idea("Lost")
    await device.pull()
    await standby.promote()
    await _change(ada, kept)
    again = IdeaResponse(title="Again", id=UUID(lost["id"]), user_id=ada.user_id, created_at=now, updated_at=now)
    await store(house, ada, [again])
    await ada.delete(lost)
    await _change(ada, kept)

    await _assert_starts_again(device)


async def test_an_interrupted_pull_of_what_is_lost_whose_revision_is_ahead(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    """Its pages are from before what was lost, but it has left out what was deleted then."""
    _, deleted, kept = [await ada.idea(f"Idea {number}") for number in range(3)]
    standby, device = await Standby.of(house, ada, database), Device(ada, limit=1)
    await ada.delete(deleted)
    assert await device.page()
    await standby.promote()
    await device.page()
    await _change(ada, kept, kept)

    assert device.resyncs == 1
    await device.pull()
    assert device.ideas == await listed(ada)


async def test_what_is_lost_and_done_again_alike(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    """The same deletion at the same revision makes no difference."""
    deleted, kept = await ada.idea("Deleted"), await ada.idea("Kept")
    standby, device = await Standby.of(house, ada, database), Device(ada)
    await ada.delete(deleted)
    await device.pull()
    await standby.promote()
    await ada.delete(deleted)

    await device.pull()

    assert (device.ideas, device.resyncs) == ({kept["id"]: kept}, 0)


async def _change(creator: Creator, *ideas: Idea) -> None:
    """Each one again, so that it is stored."""
    for idea in ideas:
        answer = await creator.patch(idea, {"notes": str(datetime.now(UTC))})
        assert answer.status_code == 200, answer.text


async def _assert_starts_again(device: Device) -> None:
    await device.pull()
    assert device.ideas == await listed(device.creator)
    assert device.resyncs == 1
