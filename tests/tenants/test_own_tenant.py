"""Owners and admins of an organization can view its tenant, and only numbers about its members."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from creatorvault.ideas.literal_user_ids import RESERVED
from tests.application import House
from tests.factories import Creator
from tests.history.undoing import restore, settings

TENANT = "/api/v1/tenant"


@pytest.fixture
def member(house: House) -> Callable[[str], Creator]:
    """A factory of members of one new organization, by role."""
    org_id = f"org-{uuid4()}"
    return lambda role: house.creator(claims={"org_id": org_id, "org_role": role})


async def test_an_owner_sees_usage_and_quotas_of_the_tenant(member: Callable[[str], Creator]) -> None:
    owner, bob = member("owner"), member("member")
    await owner.idea("one")
    await bob.idea("two")

    shown = (await owner.request("GET", TENANT)).json()

    assert shown["external_id"] == owner.claims["org_id"]
    assert (shown["members"], shown["ideas"]) == (2, 2)
    assert (shown["idea_quota"], shown["vault_idea_quota"], shown["retention_days"]) == (None, 1_000_000, 30)


async def test_an_owner_sees_the_usage_of_members(member: Callable[[str], Creator]) -> None:
    owner, bob = member("member,admin"), member("member")
    await owner.idea("canary-title")
    await bob.idea("canary-title", notes="canary-notes", tags=["canary-tag"])

    answer = await owner.request("GET", f"{TENANT}/members", params={"limit": 1})
    rest = await owner.request("GET", f"{TENANT}/members", params={"offset": 1})
    none = await owner.request("GET", f"{TENANT}/members", params={"offset": 2})

    assert answer.json()["total"] == rest.json()["total"] == none.json()["total"] == 2
    assert none.json()["items"] == []
    assert [row["user_id"] for row in answer.json()["items"]] == [bob.user_id]
    assert [row["user_id"] for row in rest.json()["items"]] == [owner.user_id]
    assert answer.json()["items"][0]["ideas"] == 1
    assert "canary" not in answer.text


async def test_an_owner_sees_the_tenants_own_events(member: Callable[[str], Creator], house: House) -> None:
    owner = member("owner")
    await owner.idea()
    await house.creator().idea()

    page = (await owner.request("GET", f"{TENANT}/audit")).json()

    assert [event["verb"] for event in page["items"]] == ["key.created", "tenant.created"]
    assert {event["actor"] for event in page["items"]} == {f"user:better-auth/{owner.user_id}"}
    newest = await owner.request("GET", f"{TENANT}/audit", params={"verb": "key.created", "limit": 1})
    assert newest.json()["total"] == 1


@pytest.mark.parametrize("path", ["", "/members", "/audit"])
async def test_other_members_are_refused(member: Callable[[str], Creator], house: House, path: str) -> None:
    await member("owner").idea()

    for creator in (member("member"), member("Owner"), house.creator()):
        answer = await creator.request("GET", TENANT + path)
        assert (answer.status_code, answer.json()) == (
            403,
            {"detail": "This needs an owner or admin of the organization", "code": "owner_required"},
        )
    assert (await member("owner").request("GET", f"{TENANT}/members", params={"limit": 0})).status_code == 422


async def test_a_tenant_without_anything_is_not_found(member: Callable[[str], Creator]) -> None:
    assert (await member("owner").request("GET", TENANT)).status_code == 404


@pytest.mark.parametrize("user_id", ["admin", "tenant", "users"])
async def test_a_user_id_may_equal_a_path_segment_of_the_api(house: House, user_id: str) -> None:
    ada = house.creator(user_id)
    idea = await ada.idea(f"of {user_id}")

    assert (await ada.get(idea)).json() == idea
    assert idea["title"] in await ada.titles({"search": f"OF {user_id}"})
    assert (await ada.patch(idea, {"stage": "draft"})).status_code == 200
    assert (await house.creator().request("GET", ada.url)).status_code == 403
    assert (await ada.delete(idea)).status_code == 204
    assert (await ada.get(idea)).status_code == 404
    assert (await ada.get("42")).status_code == 422
    assert (await ada.request("PATCH", ada.url)).status_code == 405
    assert (await restore(ada, idea)).json()["title"] == idea["title"]
    assert (await settings(ada))["effective_retention_days"] == 30


def test_every_path_segment_of_the_api_is_a_literal_user_id(house: House) -> None:
    second = {route.path.split("/")[3] for route in house.app.routes if route.path.startswith("/api/v1/")}
    assert second - {"{user_id:str}"} == set(RESERVED)
