"""The schedule that verifies vaults which have changed."""

from typing import Final

import asyncpg
from msgspec.structs import replace

from creatorvault.core.parts import parts_of
from creatorvault.key_management.schedules import WRITE_CHECKPOINTS
from creatorvault.settings.sections import Settings
from tests.application import House
from tests.logs import Logs
from tests.ways import vault_of

CHECKPOINT: Final = "SELECT revision FROM vault_checkpoints WHERE tenant_id = $1 AND user_id = $2"


async def test_vaults_that_changed_get_checkpoints_without_a_search(
    fresh_house: House, fresh_sql: asyncpg.Connection, logs: Logs
) -> None:
    ada, bob = fresh_house.creator(), fresh_house.creator()
    for creator in (ada, bob):
        await creator.patch(await creator.idea(), {"notes": "Changed"})

    for _ in range(2):
        await WRITE_CHECKPOINTS.run(parts_of(fresh_house.app))
    await ada.idea("Another")
    await WRITE_CHECKPOINTS.run(parts_of(fresh_house.app))

    assert [entry["vaults"] for entry in logs.named("checkpoints.written")] == [2, 0, 1]
    assert [await fresh_sql.fetchval(CHECKPOINT, *vault_of(creator)) for creator in (ada, bob)] == [3, 2]
    assert logs.named("alarm") == []


async def test_what_is_wrong_is_an_alarm_and_gets_no_checkpoint(
    fresh_house: House, fresh_sql: asyncpg.Connection, logs: Logs
) -> None:
    ada, bob = fresh_house.creator(), fresh_house.creator()
    ideas = [await creator.idea("Secret plan") for creator in (ada, bob)]
    await fresh_sql.execute("UPDATE ideas SET stage = stage + 1 WHERE id = $1", ideas[0]["id"])

    await WRITE_CHECKPOINTS.run(parts_of(fresh_house.app))

    [alarm] = logs.named("alarm")
    assert (alarm["code"], alarm["user_id"], alarm["table"]) == ("unsound", ada.user_id, "ideas")
    assert alarm["row"] == f"id {ideas[0]['id']}"
    assert "Secret" not in str(alarm)
    assert [await fresh_sql.fetchval(CHECKPOINT, *vault_of(creator)) for creator in (ada, bob)] == [None, 1]


async def test_without_operators_nothing_is_written(fresh_house: House, logs: Logs) -> None:
    parts = parts_of(fresh_house.app)
    settings = parts[Settings]
    parts.remove(settings)
    parts.add(replace(settings, database=replace(settings.database, operator_url=None)))
    try:
        await WRITE_CHECKPOINTS.run(parts)
    finally:
        parts.remove(parts[Settings])
        parts.add(settings)

    assert [entry["reason"] for entry in logs.named("checkpoints.not_written")] == ["there is no login for operators"]
