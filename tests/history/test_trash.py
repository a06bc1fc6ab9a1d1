"""Deleted ideas: listed, restored, and deleted permanently."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg

from tests.application import House
from tests.factories import Creator
from tests.history.undoing import counted, empty_trash, restore, trash, trashed
from tests.ways import Way, followed, forget, vault_of

CONTENT: dict[str, Any] = {
    "title": "Bread",
    "notes": "rye",
    "stage": "draft",
    "priority": "high",
    "tags": ["food", "Red"],
}


async def test_a_deleted_idea_is_in_the_trash_only(ada: Creator) -> None:
    idea = await ada.idea(**CONTENT, due_date="2026-12-24T18:00:00Z")
    await ada.delete(idea)

    [found] = await trashed(ada)
    assert {name: found[name] for name in idea} == idea
    assert found["deleted_at"] > idea["updated_at"]
    assert found["purged_at"][:10] > found["deleted_at"][:10]
    assert (await ada.get(idea)).status_code == 404
    for parameters in ({}, {"search": "bread"}, {"stage": "draft"}, {"sort": "title"}, {"cursor": ""}):
        answer = (await ada.list(parameters)).json()
        assert (answer["items"], answer["total"]) == ([], 0), parameters
    assert (await ada.patch(idea, {"title": "x"})).status_code == 404
    assert (await ada.delete(idea)).status_code == 404


async def test_pages_begin_with_the_last_deletion(ada: Creator) -> None:
    ideas = [await ada.idea(f"Idea {number}") for number in range(5)]
    for idea in ideas:
        await ada.delete(idea)

    first = (await trash(ada, limit=2)).json()
    second = (await trash(ada, limit=2, offset=2)).json()
    last = (await trash(ada, limit=2, offset=4)).json()
    beyond = (await trash(ada, limit=2, offset=9)).json()

    pages = (first, second, last, beyond)
    assert [[item["title"] for item in page["items"]] for page in pages] == [
        ["Idea 4", "Idea 3"],
        ["Idea 2", "Idea 1"],
        ["Idea 0"],
        [],
    ]
    assert [page["has_more"] for page in pages] == [True, True, False, False]
    assert {(page["total"], page["limit"]) for page in pages} == {(5, 2)}


async def test_a_restored_idea_is_as_it_was(ada: Creator, house: House) -> None:
    idea = await ada.idea(**CONTENT)
    idea = (await ada.patch(idea, {"title": "Cake"})).json()
    before = await ada.get(idea)
    await ada.titles({"search": "cake"})
    await ada.delete(idea)
    assert await ada.titles({"search": "cake"}) == []

    answer = await restore(ada, idea)

    assert (answer.status_code, answer.json()) == (200, idea)
    assert answer.headers["ETag"] == before.headers["ETag"] == (await ada.get(idea)).headers["ETag"]
    assert await trashed(ada) == []
    assert await ada.titles({"search": "cake"}) == ["Cake"]
    house.parts.search_cache.forget(vault_of(ada))
    assert await ada.titles({"search": "cake"}) == ["Cake"]
    versions = (await ada.request("GET", f"{ada.url_of(idea)}/versions")).json()
    assert [version["title"] for version in versions["items"]] == ["Bread"]


async def test_another_process_finds_a_restored_idea(ada: Creator, house_with: object) -> None:
    other_house: House = await house_with()  # type: ignore[operator]
    other = other_house.creator(ada.user_id)
    idea = await ada.idea("Bread")
    assert await other.titles({"search": "bread"}) == ["Bread"]
    await ada.delete(idea)
    assert await other.titles({"search": "bread"}) == []
    await restore(ada, idea)

    assert await other.titles({"search": "bread"}) == ["Bread"]
    assert (await other.get(idea)).json() == idea


async def test_restoring_is_one_statement_and_may_be_repeated(ada: Creator, house: House) -> None:
    idea, beside = await ada.idea("Bread"), await ada.idea("Apples")
    await ada.delete(idea)
    with followed() as trail:
        first = await restore(ada, idea)
    again = await restore(ada, idea)
    living = await restore(ada, beside)

    assert trail.way == Way.STATEMENT
    assert first.json() == again.json() == idea
    assert first.headers["ETag"] == again.headers["ETag"]
    assert living.json() == beside


async def test_a_process_that_has_nothing_restores(ada: Creator, house: House) -> None:
    idea = await ada.idea("Bread")
    await ada.delete(idea)
    forget(house, vault_of(ada))
    with followed() as trail:
        assert (await restore(ada, idea)).json() == idea
    assert trail.way == Way.TRANSACTION


async def test_what_is_not_in_the_trash_is_not_found(ada: Creator, creator: object) -> None:
    bob: Creator = creator()  # type: ignore[operator]
    theirs = await bob.idea("Theirs")
    await bob.delete(theirs)
    for cold in (ada, bob):
        await cold.idea("Warm")
    for idea_id in (str(uuid4()), theirs["id"]):
        answer = await restore(ada, idea_id)
        assert (answer.status_code, answer.json()["detail"]) == (404, f"Idea {idea_id} not found")
        answer = await ada.request("DELETE", f"/api/v1/{ada.user_id}/trash/{idea_id}")
        assert (answer.status_code, answer.json()["detail"]) == (404, f"Idea {idea_id} is not in the trash")
    assert (await ada.request("DELETE", f"/api/v1/{ada.user_id}/trash/x")).status_code == 422


async def test_a_vault_without_anything_has_an_empty_trash(ada: Creator, database: asyncpg.Connection) -> None:
    assert (await trash(ada)).json() == {"items": [], "total": 0, "limit": 20, "offset": 0, "has_more": False}
    assert (await empty_trash(ada)).status_code == 204
    assert await database.fetch("SELECT 1 FROM vaults WHERE user_id = $1", ada.user_id) == []


async def test_if_match_is_honoured(ada: Creator) -> None:
    idea = await ada.idea("Bread")
    tag = (await ada.get(idea)).headers["ETag"]
    await ada.delete(idea)

    assert (await restore(ada, idea, headers={"If-Match": '"0000000000000001"'})).status_code == 412
    assert len(await trashed(ada)) == 1
    assert (await restore(ada, idea, headers={"If-Match": tag})).status_code == 200
    assert (await restore(ada, idea, headers={"If-Match": '"0000000000000001"'})).status_code == 412


async def test_deleting_for_good_takes_all_versions(ada: Creator, database: asyncpg.Connection) -> None:
    idea, beside = await ada.idea("Bread"), await ada.idea("Apples")
    for title in ("Cake", "Pie"):
        await ada.patch(idea, {"title": title})
        await ada.patch(beside, {"title": title})
    await ada.delete(idea)
    await ada.delete(beside)

    answer = await ada.request("DELETE", f"/api/v1/{ada.user_id}/trash/{idea['id']}")

    assert answer.status_code == 204
    assert [item["id"] for item in await trashed(ada)] == [beside["id"]]
    rows = await database.fetch("SELECT DISTINCT id::text FROM idea_versions WHERE user_id = $1", ada.user_id)
    assert [row["id"] for row in rows] == [beside["id"]]
    await counted(database, ada)
    assert (await restore(ada, idea)).status_code == 404


async def test_emptying_goes_in_steps(ada: Creator, database: asyncpg.Connection, monkeypatch: object) -> None:
    monkeypatch.setattr("creatorvault.history.trash.AT_ONCE", 2)  # type: ignore[attr-defined]
    for number in range(5):
        idea = await ada.idea(f"Idea {number}")
        await ada.patch(idea, {"stage": "draft"})
        await ada.delete(idea)
    kept = await ada.idea("Kept")
    with followed() as trail:
        assert (await empty_trash(ada)).status_code == 204

    assert len(trail.changes) == 3
    assert await trashed(ada) == []
    assert await database.fetch("SELECT 1 FROM idea_versions WHERE user_id = $1", ada.user_id) == []
    assert (await ada.get(kept)).status_code == 200
    await counted(database, ada)


async def test_restores_and_deletions_at_the_same_time_add_up(ada: Creator, database: asyncpg.Connection) -> None:
    ideas = [await ada.idea(f"Idea {number}") for number in range(8)]
    await asyncio.gather(*(ada.delete(idea) for idea in ideas))
    answers = await asyncio.gather(*(restore(ada, idea) for idea in [*ideas, *ideas]))

    assert [answer.json() for answer in answers] == [*ideas, *ideas]
    assert len(await ada.titles({"limit": 100})) == 8
    await asyncio.gather(
        *(ada.delete(idea) for idea in ideas[:4]),
        *(ada.patch(idea, {"title": "Changed"}) for idea in ideas[4:]),
        empty_trash(ada),
        *(restore(ada, idea) for idea in ideas[:4]),
    )
    await counted(database, ada)
    assert (await trash(ada)).status_code == (await ada.list()).status_code == 200


async def test_a_vault_at_its_quotas_deletes_and_restores(house_with: object) -> None:
    full: House = await house_with(CREATORVAULT_TENANCY__VAULT_IDEA_QUOTA="2")  # type: ignore[operator]
    ada = full.creator()
    first, second = await ada.idea("Bread"), await ada.idea("Apples")
    assert (await ada.delete(first)).status_code == 204
    third = await ada.idea("Cake")

    answer = await restore(ada, first)
    assert (answer.status_code, "vault_idea_quota" in answer.text) == (403, True)
    assert len(await trashed(ada)) == 1
    await ada.delete(third)
    assert (await restore(ada, first)).status_code == 200
    assert sorted(await ada.titles()) == ["Apples", "Bread"]
    assert second


async def test_bytes_that_are_used_up_do_not_keep_from_deleting(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    ideas = [await ada.idea(f"Idea {number}") for number in range(3)]
    await database.execute(
        "UPDATE tenants SET vault_byte_quota = sealed_bytes FROM vaults"
        " WHERE vaults.tenant_id = tenants.tenant_id AND vaults.user_id = $1",
        ada.user_id,
    )
    assert "vault_byte_quota" in (await ada.post({"title": "One more"})).text
    for idea in ideas:
        assert (await ada.delete(idea)).status_code == 204
    assert (await restore(ada, ideas[0])).status_code == 200
    forget(house, vault_of(ada))
    assert (await ada.delete(ideas[0])).status_code == 204
    assert (await ada.request("DELETE", f"/api/v1/{ada.user_id}/trash/{ideas[0]['id']}")).status_code == 204
    assert (await empty_trash(ada)).status_code == 204
    await counted(database, ada)
