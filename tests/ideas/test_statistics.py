"""Counts of ideas and tags, through HTTP."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qsl

import httpx
import pytest

from creatorvault.ideas.lists.parameters import IdeaField
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.statistics import counting, services
from tests.factories import Creator
from tests.ways import Way, followed


async def test_ideas_are_counted_by_stage_priority_due_date_and_month(ada: Creator) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await ada.idea("One", stage="draft", priority="high", due_date="0001-01-01T00:00:00Z")
    await ada.idea("Two", stage="draft", priority="low", due_date="9999-12-31T23:59:59.999999Z")
    await ada.idea("Three", due_date=tomorrow)
    await ada.idea("Four")

    counted = (await ada.get("stats")).json()

    assert counted["total"] == 4
    assert counted["by_stage"] == {"idea": 2, "outline": 0, "draft": 2, "published": 0}
    assert counted["by_priority"] == {"high": 1, "medium": 2, "low": 1}
    assert counted["by_due"] == {"none": 1, "overdue": 1, "upcoming": 2}
    assert counted["by_month"][0] == {"month": "0001-01", "created": 0, "due": 1}
    assert counted["by_month"][-1] == {"month": "9999-12", "created": 0, "due": 1}
    assert {"month": f"{datetime.now(UTC):%Y-%m}", "created": 4, "due": 0} in counted["by_month"] or (
        tomorrow[:7] == f"{datetime.now(UTC):%Y-%m}"
    )


async def test_a_creator_without_ideas_has_counts_of_zero(ada: Creator) -> None:
    counted = (await ada.get("stats")).json()

    assert counted == {
        "total": 0,
        "by_stage": {"idea": 0, "outline": 0, "draft": 0, "published": 0},
        "by_priority": {"high": 0, "medium": 0, "low": 0},
        "by_due": {"none": 0, "overdue": 0, "upcoming": 0},
        "by_month": [],
    }
    assert (await tags(ada)).json() == {"items": [], "total": 0, "limit": 100, "offset": 0, "has_more": False}


async def tags(creator: Creator, query: str = "") -> httpx.Response:
    return await creator.request("GET", f"/api/v1/{creator.user_id}/tags{query}")


async def test_tags_are_counted_without_regard_to_case_and_spelled_as_in_the_newest_idea(ada: Creator) -> None:
    await ada.idea("One", tags=["Food", "travel"])
    await ada.idea("Two", tags=["FOOD"])
    await ada.idea("Three", tags=["food", "Ärger"])
    newest = await ada.idea("Four", tags=["fOOd"])

    first = (await tags(ada, "?limit=2")).json()
    rest = (await tags(ada, "?limit=2&offset=2")).json()

    assert first["items"] == [{"tag": "fOOd", "count": 4}, {"tag": "travel", "count": 1}]
    assert (first["total"], first["has_more"]) == (3, True)
    assert rest["items"] == [{"tag": "Ärger", "count": 1}]
    assert rest["has_more"] is False
    await ada.delete(newest)
    assert (await tags(ada)).json()["items"][0] == {"tag": "food", "count": 3}


async def test_counts_are_not_sent_again_until_they_could_have_changed(ada: Creator) -> None:
    due = datetime.now(UTC) + timedelta(days=300)
    idea = await ada.idea("One", tags=["food"], due_date=due.isoformat())
    for url in (f"{ada.url}/stats", f"/api/v1/{ada.user_id}/tags"):
        known = {"If-None-Match": (await ada.request("GET", url)).headers["ETag"]}
        assert (await ada.request("GET", url, headers=known)).status_code == 304
        await ada.patch(idea, {"title": f"For {url}"})
        assert (await ada.request("GET", url, headers=known)).status_code == 200


async def test_counts_of_a_known_vault_take_one_statement(ada: Creator) -> None:
    await ada.idea("One", tags=["food"])
    for url in (f"{ada.url}/stats", f"/api/v1/{ada.user_id}/tags"):
        first = (await ada.request("GET", url)).json()
        with followed() as again:
            assert (await ada.request("GET", url)).json() == first
        assert again.way is Way.STATEMENT


async def test_the_tag_of_counts_changes_when_a_due_date_passes(ada: Creator, monkeypatch: pytest.MonkeyPatch) -> None:
    due = datetime(2030, 1, 1, tzinfo=UTC)
    await ada.idea("One", due_date=due.isoformat())
    seen = []
    for now in (due - timedelta(microseconds=1), due, due + timedelta(microseconds=1)):
        monkeypatch.setattr(services, "datetime", SimpleNamespace(now=lambda zone, now=now: now))
        answer = await ada.get("stats")
        seen.append((answer.json()["by_due"]["overdue"], answer.headers["ETag"]))

    assert [overdue for overdue, _ in seen] == [0, 0, 1]
    assert seen[0] == seen[1]
    assert seen[2][1] != seen[1][1]


async def test_too_many_different_tags_are_409(ada: Creator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_TAGS", 2)
    await ada.idea("One", tags=["a", "b", "c"])

    answer = await tags(ada)

    assert answer.status_code == 409
    assert answer.json()["detail"].endswith("different tags, too many to be counted")
    assert (await ada.get("stats")).json()["total"] == 1


async def test_invalid_pages_of_tags_are_refused(ada: Creator) -> None:
    for name, value, type_ in (
        ("limit", "0", "greater_than_equal"),
        ("limit", "1001", "less_than_equal"),
        ("limit", "x", "int_parsing"),
        ("offset", "-1", "greater_than_equal"),
        ("offset", str(2**63), "less_than_equal"),
        ("offset", "%00", "int_parsing"),
    ):
        [error] = (await tags(ada, f"?{name}={value}")).json()["detail"]
        assert (error["loc"], error["type"] if "%" not in value else type_) == (["query", name], type_), (name, value)
    assert (await tags(ada, f"?offset={2**63 - 1}")).json()["items"] == []


async def test_counts_of_others_are_refused(ada: Creator) -> None:
    for path in ("ideas/stats", "tags"):
        answer = await ada.request("GET", f"/api/v1/eve/{path}")

        assert (answer.status_code, answer.json()["detail"]) == (403, "Cannot access other users' ideas")
    for user_id in ("admin", "tenant", "users"):
        creator = Creator(ada.client, user_id)
        await creator.idea()
        assert (await creator.get("stats")).json()["total"] == (await creator.list()).json()["total"]
        assert (await tags(creator)).json()["items"] == []


async def test_fields_hide_nothing_that_is_required(ada: Creator) -> None:
    idea = await ada.idea("a", notes="long", stage="draft", tags=["x"])
    required = {name: idea[name] for name in ("title", "id", "user_id", "created_at", "updated_at")}
    for parameters in ([("fields", "")], [("fields", ",")], [("fields", "id"), ("fields", "title")]):
        assert (await ada.list(parameters)).json()["items"] == [required], parameters
    [shown] = (await ada.list([("fields", "notes"), ("fields", "stage"), ("search", "long")])).json()["items"]
    assert shown == required | {"notes": "long", "stage": "draft"}
    assert set(IdeaField) == set(IdeaResponse.__struct_fields__)


async def test_ideas_are_filtered_by_time(ada: Creator) -> None:
    for title, due in (("a", "2026-01-01"), ("b", "2026-02-01"), ("c", None), ("d", "9999-12-31T23:59:59.999999Z")):
        await ada.idea(title, due_date=due)
    for query, found in (
        ("has_due=true&sort=due_date", "dba"),
        ("has_due=false", "c"),
        ("sort=due_date", "dbac"),
        ("sort=due_date&order=asc", "abdc"),
        ("due_from=2026-02-01&sort=due_date&order=asc", "bd"),
        ("due_to=2026-02-01&sort=due_date&order=asc", "a"),
        ("due_from=2026-02-01&due_to=2026-01-01", ""),
        ("has_due=false&due_from=2026-02-01", ""),
        ("created_from=2026-02-01&sort=title&order=asc", "abcd"),
        ("created_to=2026-02-01", ""),
        ("updated_to=2026-02-01", ""),
        ("updated_from=2026-02-01&search=a", "a"),
    ):
        assert "".join(await ada.titles(parse_qsl(query))) == found, query


async def test_ideas_are_read_by_their_ids(ada: Creator) -> None:
    ideas = [await ada.idea(title, tags=[title]) for title in "abc"]
    ids = ",".join(idea["id"] for idea in ideas[:2])

    page = (await ada.list({"ids": ids, "sort": "title", "order": "asc"})).json()

    assert page["items"] == ideas[:2]
    assert page["total"] == 2
    assert await ada.titles({"ids": ids, "tags": "a"}) == ["a"]
    assert await ada.titles({"ids": ids, "search": "b"}) == ["b"]
    assert await ada.titles({"ids": ""}) == []
    assert (await ada.list({"ids": "x"})).json()["detail"][0]["loc"] == ["query", "ids"]


async def test_ideas_are_sent_with_the_fields_that_are_asked_for(ada: Creator) -> None:
    await ada.idea("a", notes="long", stage="draft")

    page = (await ada.list({"fields": "stage, tags"})).json()

    assert list(page["items"][0]) == ["title", "stage", "tags", "id", "user_id", "created_at", "updated_at"]
    assert (await ada.list({"fields": "note"})).json()["detail"][0]["type"] == "enum"
