"""What a page of changes holds."""

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator
from tests.history.undoing import choose, empty_trash, restore
from tests.sync.pulling import Device, changes, listed, pulled


@pytest.fixture
def ada(house: House) -> Creator:
    return house.creator()


async def test_nothing_stored_yet_is_an_empty_page_without_a_token(ada: Creator) -> None:
    assert await pulled(ada) == {"changed": [], "deleted": [], "next": "", "has_more": False}


async def test_the_first_pull_is_everything_in_order_of_the_last_change(ada: Creator) -> None:
    first, second = await ada.idea("First"), await ada.idea("Second")
    gone = await ada.idea("Gone")
    first = (await ada.patch(first, {"stage": "draft"})).json()
    await ada.delete(gone)

    page = await pulled(ada)

    assert [each["idea"] for each in page["changed"]] == [second, first]
    assert (page["deleted"], page["has_more"]) == ([], False)
    for each in page["changed"]:
        assert each["etag"] == (await ada.get(each["idea"])).headers["ETag"]


async def test_later_pulls_hold_what_changed_and_what_is_gone(ada: Creator) -> None:
    kept, changed, gone = [await ada.idea(title) for title in ("Kept", "Changed", "Gone")]
    first = await pulled(ada)
    new = await ada.idea("New")
    await ada.delete(gone)
    changed = (await ada.patch(changed, {"title": "Changed again"})).json()
    await ada.delete(await ada.idea("Created and deleted"))

    page = await pulled(ada, first["next"])

    assert [each["idea"] for each in page["changed"]] == [new, changed]
    assert page["deleted"] == [gone["id"]]
    assert (await pulled(ada, page["next"]))["changed"] == []
    assert kept["id"] in (await listed(ada))


async def test_the_same_token_may_be_used_again(ada: Creator) -> None:
    await ada.idea()
    since = (await pulled(ada))["next"]
    new = await ada.idea("New")

    for _ in range(2):
        page = await pulled(ada, since)
        assert [each["idea"] for each in page["changed"]] == [new]


async def test_restored_ideas_come_back(ada: Creator) -> None:
    device, idea = Device(ada), await ada.idea("Back and forth")
    await device.pull()
    for _ in range(2):
        await ada.delete(idea)
        await device.pull()
        assert device.ideas == {}
        assert (await restore(ada, idea)).status_code == 200
        await device.pull()
        assert device.ideas == {idea["id"]: idea}


async def test_an_idea_that_was_deleted_restored_and_deleted_is_gone(ada: Creator) -> None:
    device, idea = Device(ada), await ada.idea()
    await device.pull()
    await ada.delete(idea)
    await restore(ada, idea)
    await ada.delete(idea)

    await device.pull()

    assert device.ideas == {}


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
async def test_pages_of_any_size_hold_everything_once(ada: Creator, limit: int) -> None:
    ideas = [await ada.idea(f"Idea {number}") for number in range(7)]
    device = Device(ada, limit=limit)
    await device.pull()
    assert device.ideas == {idea["id"]: idea for idea in ideas}

    for idea in ideas[::2]:
        await ada.delete(idea)
    await ada.patch(ideas[1], {"title": "Changed"})
    await device.pull()

    assert device.ideas == await listed(ada)
    assert device.resyncs == 0


async def test_deletions_are_told_also_where_nothing_is_kept(ada: Creator) -> None:
    device = Device(ada)
    idea, other = await ada.idea(), await ada.idea()
    await choose(ada, {"retention_days": 0})
    await device.pull()
    await ada.delete(idea)
    await choose(ada, {"retention_days": None})
    await ada.delete(other)
    await empty_trash(ada)

    await device.pull()

    assert device.ideas == {}


async def test_ideas_from_before_the_migration_are_told_as_deleted(ada: Creator, database: asyncpg.Connection) -> None:
    device, idea = Device(ada), await ada.idea()
    await database.execute("UPDATE ideas SET first_revision = NULL WHERE user_id = $1", ada.user_id)
    await device.pull()
    await ada.delete(idea)
    await device.pull()

    assert device.ideas == {}


async def test_wrong_tokens_are_refused(house: House, ada: Creator) -> None:
    await ada.idea()
    bob = house.creator()
    await bob.idea()
    theirs, own = (await pulled(bob))["next"], (await pulled(ada))["next"]

    for wrong in ("1", "x" * 3000, own[:-1], own[:60] + "AAAA" + own[64:], theirs, f"{own}="):
        answer = await changes(ada, wrong)
        assert answer.status_code == 422, wrong
        [error] = answer.json()["detail"]
        assert (error["type"], error["loc"]) == ("value_error", ["query", "since"])
        assert "input" not in error


@pytest.mark.parametrize("limit", [0, 501, "many"])
async def test_wrong_limits_are_refused(ada: Creator, limit: int) -> None:
    answer = await changes(ada, limit=limit)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "limit"]


async def test_others_are_refused(house: House, ada: Creator) -> None:
    answer = await changes(Creator(ada.client, "somebody-else", {"sub": ada.user_id, "user_id": ada.user_id}))

    assert (answer.status_code, answer.json()["detail"]) == (403, "Cannot access other users' ideas")
