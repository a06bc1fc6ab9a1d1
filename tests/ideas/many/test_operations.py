"""Each kind of operation, its errors, and both ways of executing several."""

from datetime import datetime

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator
from tests.history.undoing import choose, trashed, undo, versions
from tests.ideas.many.operating import (
    STALE,
    bulk,
    change,
    codes,
    counters,
    delete,
    new,
    replace,
    results,
    statuses,
    unused,
)
from tests.ways import forget, vault_of


async def test_every_kind_answers_as_the_single_request(ada: Creator, database: asyncpg.Connection) -> None:
    old, gone = await ada.idea("Old", notes="n", tags=["a"]), await ada.idea("Gone")
    created, changed, replaced, deleted = await results(
        ada, new("Bread", tags=["b"]), change(old, stage="draft"), replace(old, "Whole"), delete(gone)
    )

    assert statuses([created, changed, replaced, deleted]) == [201, 200, 200, 204]
    assert (created["idea"]["title"], created["idea"]["tags"]) == ("Bread", ["b"])
    assert changed["idea"] == old | {"stage": "draft", "updated_at": changed["idea"]["updated_at"]}
    assert (replaced["idea"]["title"], replaced["idea"]["notes"]) == ("Whole", None)
    assert (deleted["idea"], deleted["etag"], deleted["error"]) == (None, None, None)
    for result in (created, replaced):
        answer = await ada.get(result["id"])
        assert (answer.json(), answer.headers["ETag"]) == (result["idea"], result["etag"])
    revision, ideas, _, trash = await counters(database, ada)
    assert (revision, ideas, trash) == (6, 2, 1)


async def test_later_operations_see_earlier_ones(ada: Creator) -> None:
    idea_id = unused()
    found = await results(
        ada,
        new("First", idea_id),
        change(idea_id, title="Second"),
        change(idea_id, title="Second"),
        replace(idea_id, "Third"),
    )

    assert statuses(found) == [201, 200, 200, 200]
    assert (found[1]["idea"], found[1]["etag"]) == (found[2]["idea"], found[2]["etag"])
    listed = (await versions(ada, idea_id)).json()
    assert [(item["number"], item["title"]) for item in listed["items"]] == [(2, "Second"), (1, "First")]
    assert listed["current"] == 3


async def test_an_idea_may_be_created_changed_and_deleted(ada: Creator, database: asyncpg.Connection) -> None:
    idea_id = unused()
    answer = await bulk(ada, new("Short-lived", idea_id), change(idea_id, stage="draft"), delete(idea_id))

    assert answer.json()["applied"] == 3
    [item] = await trashed(ada)
    assert (item["id"], item["stage"]) == (idea_id, "draft")
    assert (await undo(ada, answer.headers["X-Undo"])).json()["items"][0]["stage"] == "draft"
    assert len((await versions(ada, idea_id)).json()["items"]) == 1
    await counters(database, ada)


async def test_atomic_is_all_or_nothing(ada: Creator, database: asyncpg.Connection) -> None:
    idea = await ada.idea("Bread")
    before = await counters(database, ada)
    idea_id = unused()
    answer = await bulk(ada, new("Cake", idea_id), change(idea, title="Toast"), delete(unused()), new("Pie"))

    assert (answer.status_code, answer.json()["code"]) == (409, "bulk_refused")
    found = answer.json()["results"]
    assert statuses(found) == [424, 424, 404, 424]
    assert codes(answer) == ["not_applied", "not_applied", "idea_not_found", "not_applied"]
    assert [(result["idea"], result["etag"]) for result in found] == [(None, None)] * 4
    assert [result["id"] for result in found] == [idea_id, idea["id"], found[2]["id"], None]
    assert "X-Undo" not in answer.headers
    assert (await ada.get(idea)).json() == idea
    assert await counters(database, ada) == before


async def test_problem_details_have_the_results(ada: Creator) -> None:
    headers = {"Accept": "application/problem+json"}
    answer = await bulk(ada, delete(unused()), headers=headers)

    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"], statuses(body["results"])) == (409, "bulk_refused", [404])


async def test_item_by_item_applies_what_can_be(ada: Creator, database: asyncpg.Connection) -> None:
    idea = await ada.idea("Bread")
    answer = await bulk(
        ada, new("Cake"), change(unused(), title="None"), delete(idea), change(idea, title="Late"), atomic=False
    )

    assert (answer.status_code, answer.json()["applied"]) == (200, 2)
    assert statuses(answer.json()["results"]) == [201, 404, 204, 404]
    assert await ada.titles() == ["Cake"]
    await counters(database, ada)


async def test_if_match_is_checked_for_each(ada: Creator) -> None:
    one, two = await ada.idea("One"), await ada.idea("Two")
    tag = (await ada.get(one)).headers["ETag"]
    found = await results(
        ada,
        change(one, tag, title="Changed"),
        change(one, tag, title="Again"),
        replace(two, "Replaced", STALE),
        delete(two, STALE),
        delete(two, "*"),
        atomic=False,
    )

    assert statuses(found) == [200, 412, 412, 412, 204]
    assert (found[1]["idea"], found[1]["etag"]) == (found[0]["idea"], found[0]["etag"])
    assert found[2]["idea"] == two
    assert {result["error"]["code"] for result in found[1:4]} == {"precondition_failed"}


@pytest.mark.parametrize("days", [0, 30])
async def test_an_id_is_given_once(ada: Creator, days: int) -> None:
    await choose(ada, {"retention_days": days})
    living, deleted, own = await ada.idea("Living"), await ada.idea("Deleted"), unused()
    await ada.delete(deleted)
    found = await results(
        ada, new("A", living["id"]), new("B", deleted["id"]), new("C", own), new("D", own), delete(own), new("E", own),
        atomic=False,
    )  # fmt: skip

    assert statuses(found) == [409, 409, 201, 409, 204, 409]
    assert [result["error"]["code"] for result in found if result["error"]] == ["id_taken"] * 4
    assert (found[0]["idea"], found[0]["etag"]) == (living, (await ada.get(living)).headers["ETag"])
    assert (found[1]["idea"], found[3]["idea"]) == (None, found[2]["idea"])


async def test_nothing_to_do_stores_nothing(ada: Creator, database: asyncpg.Connection) -> None:
    idea = await ada.idea("Bread")
    before = await counters(database, ada)
    [result] = await results(ada, change(idea, title="Bread"))

    assert (result["status"], result["idea"]) == (200, idea)
    assert await counters(database, ada) == before


async def test_a_vault_that_keeps_nothing_forgets(ada: Creator, database: asyncpg.Connection) -> None:
    one, two = await ada.idea("One"), await ada.idea("Two")
    await ada.patch(one, {"title": "One more"})
    await choose(ada, {"retention_days": 0})
    answer = await bulk(ada, change(one, title="A"), change(one, title="B"), delete(two))

    assert answer.status_code == 200
    assert "X-Undo" not in answer.headers
    assert (await versions(ada, one)).json()["total"] == 0
    for table in ("idea_versions", "trashed_ideas"):
        assert await database.fetchval(f"SELECT count(*) FROM {table} WHERE user_id = $1", ada.user_id) == 0
    await counters(database, ada)


@pytest.mark.parametrize("count", [2, 40])
async def test_one_token_undoes_all_deletions(ada: Creator, database: asyncpg.Connection, count: int) -> None:
    ideas = [result["idea"] for result in await results(ada, *[new(f"Idea {place}") for place in range(count)])]
    answer = await bulk(ada, *map(delete, ideas))
    token = answer.headers["X-Undo"]

    assert len(token) < 1500
    restored = (await undo(ada, token)).json()["items"]
    assert sorted(restored, key=lambda idea: idea["id"]) == sorted(ideas, key=lambda idea: idea["id"])
    assert (await undo(ada, token)).status_code == 200
    assert (await ada.list()).json()["total"] == count
    assert (await counters(database, ada))[3] == 0


async def test_a_token_of_many_leaves_other_deletions(ada: Creator) -> None:
    ideas = [result["idea"] for result in await results(ada, *[new(f"Idea {place}") for place in range(30)])]
    await ada.delete(ideas[0])
    token = (await bulk(ada, *map(delete, ideas[1:]))).headers["X-Undo"]
    assert len((await undo(ada, token)).json()["items"]) == 29
    assert [item["id"] for item in await trashed(ada)] == [ideas[0]["id"]]


async def test_deletions_have_one_time_which_is_not_before_the_changes(ada: Creator) -> None:
    idea, beside = await ada.idea("One"), await ada.idea("Two")
    assert (await bulk(ada, change(idea, title="Changed"), delete(idea), delete(beside))).status_code == 200
    items = await trashed(ada)
    assert len({item["deleted_at"] for item in items}) == 1
    for item in items:
        assert datetime.fromisoformat(item["deleted_at"]) >= datetime.fromisoformat(item["updated_at"])


async def test_searches_find_what_was_changed(house: House, ada: Creator) -> None:
    idea = await ada.idea("Bread", tags=["old"])
    assert await ada.titles({"search": "bread"}) == ["Bread"]
    await bulk(ada, change(idea, title="Toast", tags=["new"]), new("Breadth"))
    assert await ada.titles({"search": "bread"}) == ["Breadth"]
    assert await ada.titles({"tags": "new"}) == ["Toast"]
    forget(house, vault_of(ada))
    assert sorted(await ada.titles({"search": "r"})) == ["Breadth"]


async def test_the_first_request_of_a_creator_may_be_one(ada: Creator, database: asyncpg.Connection) -> None:
    assert statuses(await results(ada, new("First"))) == [201]
    assert (await counters(database, ada))[:2] == (1, 1)
