"""Every operation of the published contract: its success status and its body."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from creatorvault import __version__
from tests.factories import Creator

IDEA_KEYS = ["title", "notes", "stage", "priority", "tags", "due_date", "id", "user_id", "created_at", "updated_at"]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


async def test_the_root_lists_documentation_and_health(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert answer.status_code == 200
    assert list(answer.json()) == ["service", "version", "docs", "health"]
    assert answer.json() | {"service": ""} == {
        "service": "",
        "version": __version__,
        "docs": "/docs",
        "health": "/health",
    }


async def test_health_answers_without_a_token(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "service": "creatorvault-backend", "version": __version__}


async def test_the_health_of_the_database_is_reported(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/db")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "connected"})


async def test_readiness_lists_every_check(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "ready"
    assert {"api", "database"} < set(answer.json()["checks"])
    assert len(answer.json()["checks"]) >= 5, "also migrations at head, a usable root key, a writable database"
    assert set(answer.json()["checks"].values()) == {"ok"}


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_a_documentation_page_needs_no_third_party(client: httpx.AsyncClient, page: str) -> None:
    answer = await client.get(page)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    sources = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'\s>]+)""", answer.text)
    assert [source for source in sources if source.startswith(("http:", "https:", "//"))] == []


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_every_asset_of_a_documentation_page_is_served(client: httpx.AsyncClient, page: str) -> None:
    markup = (await client.get(page)).text
    assets = re.findall(r"""<(?:script|link)[^>]+(?:src|href)\s*=\s*["']?(/[^"'\s>]+)""", markup)

    assert assets
    for asset in assets:
        assert (await client.get(asset)).status_code == 200, asset


async def test_the_document_is_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["openapi"].startswith("3.1")


async def test_the_profile_names_the_subject_of_the_token(ada: Creator) -> None:
    answer = await ada.request("GET", "/api/v1/users/me")

    assert answer.status_code == 200
    assert list(answer.json())[:2] == ["user_id", "authenticated"]
    assert (answer.json()["user_id"], answer.json()["authenticated"]) == (ada.user_id, True)


async def test_a_new_idea_has_every_default(ada: Creator) -> None:
    answer = await ada.post({"title": "A film about moss"})

    assert answer.status_code == 201
    idea = answer.json()
    assert list(idea) == IDEA_KEYS
    assert UUID(idea.pop("id"))
    assert INSTANT.fullmatch(idea["created_at"])
    assert idea.pop("updated_at") == idea.pop("created_at")
    assert idea == {
        "title": "A film about moss",
        "notes": None,
        "stage": "idea",
        "priority": "medium",
        "tags": [],
        "due_date": None,
        "user_id": ada.user_id,
    }


async def test_a_new_idea_has_a_location(ada: Creator) -> None:
    answer = await ada.post({"title": "A film about moss"})

    location = httpx.URL(answer.headers["location"])
    assert location.path == ada.url_of(answer.json())
    assert (await ada.request("GET", location.path)).json() == answer.json()


async def test_an_idea_carries_an_etag(ada: Creator) -> None:
    created = await ada.post({"title": "A film about moss"})
    read = await ada.get(created.json())

    assert re.fullmatch(r'(W/)?"[^"]+"', created.headers["etag"])
    assert read.headers["etag"] == created.headers["etag"]


async def test_an_idea_is_read_as_it_was_stored(ada: Creator) -> None:
    fields: dict[str, Any] = {
        "title": "Moss",
        "notes": "grows",
        "stage": "draft",
        "priority": "high",
        "tags": ["green", "slow"],
        "due_date": "2027-01-02T03:04:05Z",
    }
    created = await ada.idea(**fields)
    read = await ada.get(created)

    assert read.status_code == 200
    assert list(read.json()) == IDEA_KEYS
    assert read.json() == created == created | fields


async def test_a_list_may_be_empty(ada: Creator) -> None:
    answer = await ada.list()

    assert answer.status_code == 200
    assert answer.text == '{"items":[],"total":0,"limit":20,"offset":0,"has_more":false}'


async def test_a_list_contains_complete_ideas(ada: Creator) -> None:
    idea = await ada.idea(notes="n", tags=["t"])
    answer = await ada.list()

    assert list(answer.json()["items"][0]) == IDEA_KEYS
    assert answer.json() == {"items": [idea], "total": 1, "limit": 20, "offset": 0, "has_more": False}


async def test_patch_changes_only_what_was_sent(ada: Creator) -> None:
    idea = await ada.idea(notes="n", stage="draft", priority="low", tags=["t"], due_date="2027-01-01T00:00:00Z")
    answer = await ada.patch(idea, {"title": "Renamed"})

    assert answer.status_code == 200
    assert list(answer.json()) == IDEA_KEYS
    assert answer.json()["updated_at"] > idea["updated_at"]
    assert answer.json() == idea | {"title": "Renamed", "updated_at": answer.json()["updated_at"]}
    assert (await ada.get(idea)).json() == answer.json()


async def test_put_resets_omitted_fields(ada: Creator) -> None:
    idea = await ada.idea(notes="n", stage="draft", priority="low", tags=["t"], due_date="2027-01-01T00:00:00Z")
    answer = await ada.put(idea, {"title": "Replaced"})

    assert answer.status_code == 200
    assert list(answer.json()) == IDEA_KEYS
    assert answer.json()["updated_at"] > idea["updated_at"]
    assert answer.json() == {
        "title": "Replaced",
        "notes": None,
        "stage": "idea",
        "priority": "medium",
        "tags": [],
        "due_date": None,
        "id": idea["id"],
        "user_id": ada.user_id,
        "created_at": idea["created_at"],
        "updated_at": answer.json()["updated_at"],
    }
    assert (await ada.get(idea)).json() == answer.json()


async def test_a_deleted_idea_is_not_found(ada: Creator) -> None:
    idea = await ada.idea()
    answer = await ada.delete(idea)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await ada.get(idea)).status_code == 404
    assert (await ada.list()).json()["total"] == 0


async def test_deleting_twice_is_404(ada: Creator) -> None:
    idea = await ada.idea()
    await ada.delete(idea)

    assert (await ada.delete(idea)).status_code == 404


async def test_put_does_not_create(ada: Creator) -> None:
    assert (await ada.put(str(uuid4()), {"title": "A film"})).status_code == 404
    assert (await ada.list()).json()["total"] == 0
