"""What somebody who writes to the database, without keys, can do to devices that sync."""

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator
from tests.ideas.tampering import PRIVATE, assert_plain_fault
from tests.logs import Logs
from tests.sync.pulling import Device, changes, listed

OF_IDEA = "user_id = $1 AND id = $2::text::uuid"
ALARMS = {
    "a row that is edited": (f"UPDATE ideas SET stage = (stage + 1) % 4 WHERE {OF_IDEA}", "tampered"),
    "a title of another idea": (
        f"UPDATE ideas SET title = (SELECT title FROM ideas WHERE user_id = $1 AND id <> $2::text::uuid LIMIT 1)"
        f" WHERE {OF_IDEA}",
        "tampered",
    ),
    "a revision of the future": (f"UPDATE ideas SET revision = 1000 WHERE {OF_IDEA}", "vault_mismatch"),
    "a revision of another idea": (
        f"UPDATE ideas SET revision = (SELECT max(revision) FROM ideas WHERE user_id = $1) WHERE {OF_IDEA}",
        "vault_mismatch",
    ),
}


@pytest.fixture
def ada(house: House) -> Creator:
    return house.creator()


@pytest.mark.parametrize("tampering", ALARMS)
async def test_what_does_not_open_is_an_alarm_and_no_omission(
    ada: Creator, database: asyncpg.Connection, logs: Logs, tampering: str
) -> None:
    await database.execute("SET session_replication_role = replica")
    idea, _ = await ada.idea(**PRIVATE), await ada.idea(**PRIVATE)
    statement, code = ALARMS[tampering]
    await database.execute(statement, ada.user_id, idea["id"])

    answer = await changes(ada)

    assert_plain_fault(answer)
    assert {alarm["code"] for alarm in logs.named("alarm")} == {code}


async def test_a_row_without_a_vault_is_an_alarm(ada: Creator, database: asyncpg.Connection, logs: Logs) -> None:
    await ada.idea()
    await database.execute("SET session_replication_role = replica")
    await database.execute("DELETE FROM vaults WHERE user_id = $1", ada.user_id)

    assert [(await changes(ada)).status_code for _ in range(2)] == [500, 500]
    assert [alarm["code"] for alarm in logs.named("alarm")] == ["vault_set_back", "vault_mismatch"]


async def test_a_tombstone_deletes_no_idea_that_lives(ada: Creator, database: asyncpg.Connection) -> None:
    device, idea = Device(ada), await ada.idea()
    await device.pull()
    other = await ada.idea()
    await ada.patch(other, {"stage": "draft"})  # no row has the revision of its creation any more
    await database.execute(
        "INSERT INTO idea_tombstones SELECT tenant_id, user_id, $2::text::uuid, revision - 1, 0, now() FROM ideas"
        " WHERE user_id = $1 AND id = $3::text::uuid",
        *(ada.user_id, idea["id"], other["id"]),
    )
    await device.pull()

    assert device.ideas == await listed(ada)
    await ada.delete(idea)  # its tombstone is replaced
    await device.pull()
    assert device.ideas == await listed(ada)


async def test_a_row_that_vanishes_after_it_was_read_last_is_noticed(
    ada: Creator, database: asyncpg.Connection
) -> None:
    device, idea = Device(ada), await ada.idea()
    await device.pull()
    await database.execute("SET session_replication_role = replica")
    await database.execute(f"DELETE FROM ideas WHERE {OF_IDEA}", ada.user_id, idea["id"])

    assert (await changes(ada, device.since)).status_code == 410
