"""Earlier versions: listed, read, compared, and restored."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator, Idea
from tests.history.aging import age
from tests.history.undoing import choose, counted, difference, restore, revert, version, versions

STEPS: list[dict[str, Any]] = [
    {"title": "Bread", "notes": "rye", "tags": ["food", "Red"]},
    {"title": "Cake", "stage": "draft"},
    {"notes": None, "priority": "high", "due_date": "2026-12-24T18:00:00Z"},
    {"tags": ["food", "red", "new"]},
]


async def changed(ada: Creator) -> list[Idea]:
    """Returns an idea as it was after each step."""
    states = [await ada.idea(**STEPS[0])]
    for step in STEPS[1:]:
        states.append((await ada.patch(states[0], step)).json())
    return states


async def test_the_newest_come_first(ada: Creator) -> None:
    states = await changed(ada)
    page = (await versions(ada, states[0])).json()

    assert [item["number"] for item in page["items"]] == [3, 2, 1]
    for item, state, following in zip(page["items"], reversed(states[:-1]), reversed(states[1:]), strict=True):
        assert {name: item[name] for name in state} == state
        assert item["replaced_at"] == following["updated_at"]
    assert {name: page[name] for name in ("current", "total", "limit", "offset", "has_more")} == {
        "current": 4,
        "total": 3,
        "limit": 20,
        "offset": 0,
        "has_more": False,
    }


async def test_pages(ada: Creator) -> None:
    states = await changed(ada)
    for offset, numbers in ((0, [3, 2]), (1, [2, 1]), (2, [1]), (3, []), (9, [])):
        page = (await versions(ada, states[0], limit=2, offset=offset)).json()
        assert [item["number"] for item in page["items"]] == numbers
        assert (page["total"], page["has_more"]) == (3, offset == 0)


async def test_one_version_by_its_number(ada: Creator) -> None:
    states = await changed(ada)
    for number, state in enumerate(states, 1):
        found = (await version(ada, states[0], number)).json()
        assert {name: found[name] for name in state} == state
        assert found["number"] == number
        assert (found["replaced_at"] is None) is (number == 4)

    answer = await version(ada, states[0], 5)
    assert (answer.status_code, answer.json()["detail"]) == (404, f"Idea {states[0]['id']} has no version 5")
    for wrong in ("0", "x", "-1", 2**31):
        assert (await version(ada, states[0], wrong)).status_code == 422


async def test_ideas_that_are_not_there_have_no_versions(ada: Creator, creator: Any) -> None:
    bob = creator()
    theirs = await bob.idea("Theirs")
    await bob.patch(theirs, {"title": "Changed"})
    deleted: Idea | None = None
    for _ in range(2):  # first without a vault of her own
        for idea_id in (str(uuid4()), theirs["id"], *([deleted["id"]] if deleted else [])):
            for answer in (
                await versions(ada, idea_id),
                await version(ada, idea_id, 1),
                await revert(ada, idea_id, 1),
                await difference(ada, idea_id, 1),
            ):
                assert (answer.status_code, answer.json()["detail"]) == (404, f"Idea {idea_id} not found")
        deleted = await ada.idea("Mine")
        await ada.patch(deleted, {"title": "Changed"})
        await ada.delete(deleted)


async def test_a_difference_shows_the_fields_that_differ(ada: Creator) -> None:
    states = await changed(ada)
    nothing = dict.fromkeys(("title", "notes", "stage", "priority", "tags", "due_date"))

    assert (await difference(ada, states[0], 1)).json() == {
        "number": 1,
        "to": 4,
        "title": {"before": "Bread", "after": "Cake"},
        "notes": {"before": "rye", "after": None},
        "stage": {"before": "idea", "after": "draft"},
        "priority": {"before": "medium", "after": "high"},
        "tags": {"added": ["red", "new"], "removed": ["Red"]},
        "due_date": {"before": None, "after": "2026-12-24T18:00:00Z"},
    }
    assert (await difference(ada, states[0], 3, to=1)).json()["title"] == {"before": "Cake", "after": "Bread"}
    assert (await difference(ada, states[0], 2, to=2)).json() == {"number": 2, "to": 2, **nothing}
    assert (await difference(ada, states[0], 3, to="current")).json() == {
        **nothing,
        "number": 3,
        "to": 4,
        "tags": {"added": ["red", "new"], "removed": ["Red"]},
    }
    assert (await difference(ada, states[0], 1, to=9)).status_code == 404
    assert (await difference(ada, states[0], 9, to=1)).status_code == 404
    for wrong in ("", "0", "first", "01", "12345678901"):
        answer = await difference(ada, states[0], 1, to=wrong)
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", "to"]), wrong


async def test_restoring_a_version_is_a_change(ada: Creator, database: asyncpg.Connection) -> None:
    states = await changed(ada)
    before = await ada.get(states[0])
    answer = await revert(ada, states[0], 1)

    assert answer.status_code == 200
    idea = answer.json()
    assert idea == states[0] | {"updated_at": idea["updated_at"]}
    assert idea["updated_at"] > states[-1]["updated_at"]
    assert answer.headers["ETag"] == (await ada.get(idea)).headers["ETag"] != before.headers["ETag"]
    page = (await versions(ada, idea)).json()
    assert (page["current"], [item["number"] for item in page["items"]]) == (5, [4, 3, 2, 1])
    again = await revert(ada, idea, 5)
    assert (again.json(), again.headers["ETag"]) == (idea, answer.headers["ETag"])
    assert (await revert(ada, idea, 1)).json() == idea
    await counted(database, ada)


async def test_if_match_is_honoured(ada: Creator) -> None:
    states = await changed(ada)
    tag = (await ada.get(states[0])).headers["ETag"]
    await ada.patch(states[0], {"title": "Newer"})

    assert (await revert(ada, states[0], 1, headers={"If-Match": tag})).status_code == 412
    tag = (await ada.get(states[0])).headers["ETag"]
    assert (await revert(ada, states[0], 1, headers={"If-Match": tag})).json()["title"] == "Bread"


async def test_what_is_too_old_is_not_shown(ada: Creator, house: House, database: asyncpg.Connection) -> None:
    states = await changed(ada)
    await age(house, database, ada, timedelta(days=31))
    latest = (await ada.patch(states[0], {"title": "Now"})).json()

    page = (await versions(ada, latest)).json()
    assert [item["number"] for item in page["items"]] == [4]
    assert (await version(ada, latest, 3)).status_code == 404
    await choose(ada, {"retention_days": 60})
    assert [item["number"] for item in (await versions(ada, latest)).json()["items"]] == [4, 3, 2, 1]


@pytest.mark.parametrize("deleted", [False, True])
async def test_versions_survive_deletions_and_rows_of_an_earlier_service(
    ada: Creator, database: asyncpg.Connection, *, deleted: bool
) -> None:
    states = await changed(ada)
    if deleted:
        await ada.delete(states[0])
        await restore(ada, states[0])
        await ada.patch(states[0], {"title": "After"})
    page = (await versions(ada, states[0])).json()
    assert [item["number"] for item in page["items"]] == ([4, 3, 2, 1] if deleted else [3, 2, 1])
