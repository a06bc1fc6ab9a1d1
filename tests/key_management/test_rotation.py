"""Rotation of vault keys: nothing that a client can see changes, and nothing is left under the keys before."""

from typing import Any
from uuid import uuid4

import asyncpg

from tests.application import House, open_house
from tests.factories import Creator
from tests.key_management.rotating import Keys, everything, filled, scope_of, stored_keys, vault_of, versions_in_use
from tests.postgres import Database


async def test_clients_see_no_difference(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service, ideas=40)
    vault, before = vault_of(creator), await everything(creator)
    row = "SELECT revision, digest, idea_count, sealed_bytes, changed_at FROM vaults WHERE user_id = $1"
    counted = await sql.fetchrow(row, creator.user_id)

    result = await keys.rotate(scope_of(creator))

    assert (result.rotated, result.retired, result.left) == (1, 1, 0)
    assert keys.findings == []
    assert await versions_in_use(sql, vault) == {2}
    assert await stored_keys(sql, vault) == [2]
    assert await sql.fetchval("SELECT count(*) FROM idea_segments WHERE user_id = $1", creator.user_id) > 0
    assert await sql.fetchrow(row, creator.user_id) == counted
    assert await everything(creator) == before


async def test_another_process_that_held_the_old_key_goes_on(
    service: House, own_environ: dict[str, str], own_database: Database, keys: Keys
) -> None:
    creator = await filled(service)
    async with open_house(own_environ, own_database) as other:
        there = Creator(other.client, creator.user_id)
        before = await everything(there)
        for _ in range(2):
            await keys.rotate(scope_of(creator))

        [idea, *_] = (await there.list()).json()["items"]
        assert await everything(there) == before
        assert (await there.patch(idea, {"title": "Changed"})).status_code == 200
        assert (await creator.get(idea)).json()["title"] == "Changed"
        assert (await there.idea("Another"))["title"] in await creator.titles()


async def test_a_repeated_request_is_still_recognised(service: House, keys: Keys) -> None:
    creator, headers = service.creator(), {"Idempotency-Key": str(uuid4())}
    first = await creator.post({"title": "Once"}, headers=headers)
    for _ in range(3):
        await keys.rotate(scope_of(creator))

    again = await creator.post({"title": "Once"}, headers=headers)

    assert again.json() == first.json()
    assert await creator.titles() == ["Once"]


async def test_a_cursor_still_opens_after_three_rotations_and_not_after_four(service: House, keys: Keys) -> None:
    creator = await filled(service)
    page: dict[str, Any] = (await creator.list({"limit": 2, "cursor": ""})).json()
    asked = {"limit": 2, "cursor": page["next_cursor"]}
    following = (await creator.list(asked)).json()["items"]
    for _ in range(3):
        await keys.rotate(scope_of(creator))
        async with keys.installed():
            assert [idea["id"] for idea in (await creator.list(asked)).json()["items"]] == [
                idea["id"] for idea in following
            ]

    await keys.rotate(scope_of(creator))

    assert (await creator.list(asked)).status_code == 422
