"""Our own export moves in exactly: ids, times, history, trash and settings."""

import asyncpg

from tests.transfer.importing.conftest import Mover
from tests.transfer.importing.exports import busy_vault, check_counters, exported
from tests.ways import forget, vault_of

CHOOSE = "UPDATE vaults SET retention_days = $2 WHERE user_id = $1"
CHOSEN = "SELECT retention_days FROM vaults WHERE user_id = $1"


async def test_everything_arrives_as_it_was(mover: Mover, other: Mover, import_sql: asyncpg.Connection) -> None:
    await busy_vault(mover.creator)
    await import_sql.execute(CHOOSE, mover.creator.user_id, 60)
    file = await exported(mover.creator)
    assert file.count(b'"type":"version"') == 15

    preview = await other.preview(file, "export.jsonl")
    ended = await other.move_in(file, "export.jsonl")

    assert (preview["format"], preview["ideas"], preview["trashed"], preview["versions"]) == ("creatorvault", 4, 3, 15)
    assert (ended["state"], ended["stored"], ended["trashed"], ended["versions"]) == ("finished", 7, 3, 15)
    assert ended["losses"] == []
    assert await exported(other.creator) == file
    await check_counters(other.creator, import_sql)
    size = "SELECT sealed_bytes FROM vaults WHERE user_id = $1"
    assert await import_sql.fetchval(size, other.creator.user_id) == preview["sealed_bytes"]
    forget(other.house, vault_of(other.creator))
    assert await other.creator.titles({"sort": "title", "order": "asc"}) == [
        "Idea 0",
        "Idea 2.1",
        "Idea 4.3",
        "Never changed",
    ]


async def test_the_same_export_adds_nothing_and_changes_nothing(
    mover: Mover, other: Mover, import_sql: asyncpg.Connection
) -> None:
    await busy_vault(mover.creator)
    file = await exported(mover.creator)
    await other.move_in(file)
    shown = (await other.creator.list()).json()["items"]
    changed = (await other.creator.patch(shown[0], {"title": "Changed since"})).json()
    assert (await other.creator.delete(shown[1])).status_code == 204
    before = await exported(other.creator)

    ended = await other.move_in(file)

    assert (ended["stored"], ended["known"]) == (0, 7)
    assert await exported(other.creator) == before
    assert (await other.creator.get(changed)).json()["title"] == "Changed since"
    await check_counters(other.creator, import_sql)


async def test_ideas_that_moved_in_can_be_changed_and_deleted(
    mover: Mover, other: Mover, import_sql: asyncpg.Connection
) -> None:
    await busy_vault(mover.creator)
    await other.move_in(await exported(mover.creator))

    for idea in (await other.creator.list()).json()["items"]:
        assert (await other.creator.patch(idea, {"title": "Changed"})).status_code == 200
        assert (await other.creator.delete(idea)).status_code == 204

    file = await exported(other.creator)
    assert (file.count(b'"type":"trashed"'), file.count(b'"type":"version"')) == (7, 15 + 4)
    await check_counters(other.creator, import_sql)


async def test_what_is_older_than_the_vault_keeps_does_not_arrive(
    mover: Mover, other: Mover, import_sql: asyncpg.Connection
) -> None:
    await busy_vault(mover.creator)
    file = await exported(mover.creator)
    await other.creator.idea()
    await import_sql.execute(CHOOSE, other.creator.user_id, 0)

    preview = await other.preview(file)
    ended = await other.move_in(file)

    assert (preview["new"], preview["expired"], preview["retention_days"]) == (4, 3, 0)
    assert (ended["stored"], ended["trashed"], ended["versions"], ended["expired"]) == (4, 0, 0, 3)
    assert (await exported(other.creator)).count(b'"type":"version"') == 0
    await check_counters(other.creator, import_sql)


async def test_the_oldest_versions_are_left_out(mover: Mover, other: Mover, import_sql: asyncpg.Connection) -> None:
    await busy_vault(mover.creator)
    file = await exported(mover.creator)
    lines = file.splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if b'"type":"version","number":1,' in line)
    start = lines[place].index(b'"replaced_at":"') + len(b'"replaced_at":"')
    lines[place] = lines[place][:start] + b"2020" + lines[place][start + 4 :]

    ended = await other.move_in(b"".join(lines))

    assert ended["versions"] == 14
    await exported(other.creator)
    await check_counters(other.creator, import_sql)


async def test_a_vault_takes_over_retention_only_if_it_has_not_chosen_and_loses_nothing(
    mover: Mover, other: Mover, import_sql: asyncpg.Connection
) -> None:
    await mover.creator.idea()

    async def moved_in(days: int) -> object:
        await import_sql.execute(CHOOSE, mover.creator.user_id, days)
        await other.move_in(await exported(mover.creator))
        return await import_sql.fetchval(CHOSEN, other.creator.user_id)

    await other.creator.idea()
    assert await moved_in(7) is None
    assert await moved_in(90) == 90
    assert await moved_in(365) == 90


async def test_batches_of_a_key_that_is_nearly_used_up(
    mover: Mover, other: Mover, import_sql: asyncpg.Connection
) -> None:
    await busy_vault(mover.creator)
    file = await exported(mover.creator)
    keyring = other.house.parts.keyring
    before, keyring.rotate_after = keyring.rotate_after, 3
    try:
        ended = await other.move_in(file)
    finally:
        keyring.rotate_after = before

    assert (ended["state"], ended["stored"]) == ("finished", 7)
    assert await exported(other.creator) == file
    keys = "SELECT count(*) FROM keys.vault_keys WHERE user_id = $1"
    assert await import_sql.fetchval(keys, other.creator.user_id) > 1
