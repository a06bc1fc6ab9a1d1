"""Renaming and merging tags as one change."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from creatorvault.ideas.many import tags as renaming
from creatorvault.ideas.many.tag_schemas import TagRenameRequest
from creatorvault.ideas.many.tags import Renaming
from tests.application import House
from tests.factories import Creator
from tests.history.undoing import versions
from tests.ideas.many.operating import KEY, bulk, counters, new, results
from tests.logs import Logs
from tests.ways import forget, vault_of


async def rename(creator: Creator, *names: object, to: object, **options: Any) -> httpx.Response:
    url = f"/api/v1/{creator.user_id}/tags/rename"
    return await creator.request("POST", url, json={"from": list(names), "to": to}, **options)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], []),
        (["x"], ["x"]),
        (["a"], ["c"]),
        (["x", "A", "y"], ["x", "c", "y"]),
        (["a", "x", "b"], ["c", "x"]),
        (["a", "x", "C"], ["c", "x"]),
        (["C", "x", "a"], ["c", "x"]),
        (["C"], ["C"]),
    ],
)
def test_the_rule(before: list[str], after: list[str]) -> None:
    assert Renaming(["a", "b"], "c").of(before) == after


async def test_all_ideas_with_the_tag_are_renamed(ada: Creator, database: asyncpg.Connection) -> None:
    await results(ada, *[new(f"Idea {place}", tags=["x", "Movie" if place % 2 else "clip"]) for place in range(230)])
    beside = await ada.idea("Beside", tags=["x", "movies"])
    revision, *_ = await counters(database, ada)
    answer = await rename(ada, "movie", "CLIP", to=" video ")

    assert (answer.status_code, answer.json()) == (200, {"tag": "video", "changed": 230})
    assert (await ada.list({"tags": "video"})).json()["total"] == 230
    assert (await ada.list({"tags": "movie,clip"})).json()["total"] == 0
    assert (await ada.get(beside)).json() == beside
    assert (await counters(database, ada))[0] == revision + 230
    idea = (await ada.list({"limit": 1, "tags": "video"})).json()["items"][0]
    assert idea["tags"] == ["x", "video"]
    assert [item["tags"] for item in (await versions(ada, idea)).json()["items"]] in ([["x", "Movie"]], [["x", "clip"]])


async def test_a_spelling_may_be_changed_and_nothing_else_is(ada: Creator) -> None:
    wrong, right = await ada.idea("Wrong", tags=["VIDEO"]), await ada.idea("Right", tags=["video"])
    assert (await rename(ada, "Video", to="video")).json()["changed"] == 1
    assert (await ada.get(wrong)).json()["tags"] == ["video"]
    assert (await ada.get(right)).json() == right
    assert (await rename(ada, "Video", to="video")).json()["changed"] == 0


async def test_a_vault_without_ideas_has_none_to_rename(ada: Creator) -> None:
    assert (await rename(ada, "a", to="b")).json() == {"tag": "b", "changed": 0}


@pytest.mark.parametrize(
    ("names", "to", "loc"),
    [
        ([], "b", ["body", "from"]),
        (["a"] * 51, "b", ["body", "from"]),
        ([" "], "b", ["body", "from", 0]),
        (["a", "b,c"], "b", ["body", "from", 1]),
        (["a", 5], "b", ["body", "from", 1]),
        (["a"], "", ["body", "to"]),
        (["a"], "b,c", ["body", "to"]),
        (["a"], "b" * 1001, ["body", "to"]),
    ],
)
async def test_names_are_single_tags(ada: Creator, names: list[object], to: object, loc: list[object]) -> None:
    answer = await rename(ada, *names, to=to)
    assert answer.status_code == 422, answer.text
    assert [error["loc"] for error in answer.json()["detail"]] == [loc]
    assert "input" not in answer.text


async def test_tags_that_become_too_long_refuse_all(ada: Creator) -> None:
    short = await ada.idea("Short", tags=["a"])
    await ada.idea("Long", tags=["a", "x" * 900])
    answer = await rename(ada, "a", to="y" * 150)
    [error] = answer.json()["detail"]
    assert (answer.status_code, error["type"], error["loc"]) == (422, "tags_too_long", ["body", "to"])
    assert (await ada.get(short)).json() == short


async def test_long_names_are_found_in_several_queries(ada: Creator) -> None:
    names = [f"{place}{'n' * 400}" for place in range(5)]
    await results(ada, *[new("Idea", tags=[name]) for name in names])
    assert (await rename(ada, *names, to="short")).json()["changed"] == 5


async def test_too_many_ideas_are_refused(ada: Creator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renaming, "MOST", 3)
    await results(ada, *[new("Idea", tags=["a"]) for _ in range(4)])
    answer = await rename(ada, "a", to="b")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_ideas")
    assert (await ada.list({"tags": "a"})).json()["total"] == 4


async def test_a_repeated_request_is_executed_once(ada: Creator) -> None:
    await ada.idea("One", tags=["a"])
    first = await rename(ada, "a", to="b", headers=KEY)
    await ada.idea("Two", tags=["a"])
    assert (await rename(ada, "a", to="b", headers=KEY)).content == first.content
    assert (await ada.list({"tags": "a"})).json()["total"] == 1
    assert (await rename(ada, "a", to="c", headers=KEY)).status_code == 422


async def test_nobody_renames_tags_of_others(house: House, ada: Creator) -> None:
    bob = house.creator()
    idea = await bob.idea("Bob's", tags=["a"])
    answer = await ada.request("POST", f"/api/v1/{bob.user_id}/tags/rename", json={"from": ["a"], "to": "b"})
    assert answer.status_code == 403
    assert (await rename(ada, "a", to="b")).json()["changed"] == 0
    assert (await bob.get(idea)).json() == idea


async def test_ideas_that_are_tagged_meanwhile_are_renamed_too(house: House, ada: Creator) -> None:
    """What was written between the search and the lock is looked at again."""
    await ada.idea("Found", tags=["a"])
    late = await ada.idea("Late")
    find = renaming.TagService.find

    async def find_and_be_late(self: renaming.TagService, given: TagRenameRequest) -> Any:
        found = await find(self, given)
        await ada.patch(late, {"tags": ["A"]})
        await ada.idea("New", tags=["a"])
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renaming.TagService, "find", find_and_be_late)
        assert (await rename(ada, "a", to="b")).json()["changed"] == 3
    forget(house, vault_of(ada))
    assert (await ada.list({"tags": "b"})).json()["total"] == 3


async def test_it_is_exact_beside_other_writers(ada: Creator, database: asyncpg.Connection) -> None:
    ideas = [result["idea"] for result in await results(ada, *[new("Idea", tags=["a"]) for _ in range(30)])]
    answers = await asyncio.gather(
        rename(ada, "a", to="b"),
        *[ada.patch(idea, {"title": "Other"}) for idea in ideas[:10]],
        *[ada.delete(idea) for idea in ideas[10:15]],
        bulk(ada, *[new("More", tags=["b"]) for _ in range(10)]),
    )
    assert {answer.status_code for answer in answers} <= {200, 204}
    assert (await ada.list({"tags": "a"})).json()["total"] == 0
    assert (await ada.list({"tags": "b"})).json()["total"] == 35
    await counters(database, ada)


async def test_logs_have_no_tag(ada: Creator, logs: Logs) -> None:
    await ada.idea("Zwiebelturm", tags=["Moosglocke"])
    await rename(ada, "Moosglocke", to="Hexenkessel")
    await rename(ada, "Moosglocke,x", to="Hexenkessel" * 200)
    assert not any(word in logs.text for word in ("Zwiebelturm", "Moosglocke", "Hexenkessel"))
