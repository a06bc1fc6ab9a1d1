"""A database that lost commits gives their revisions again: devices that have pulled the lost ones start again."""

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator
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
