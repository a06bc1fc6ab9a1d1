"""An organization claim selects the organization's tenant; nothing else does."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from tests.application import House
from tests.factories import SECRET, Creator

MEMBER = {"org_id": "org-1", "org_role": "member"}


async def test_the_same_creator_has_a_vault_in_each_tenant(creator: Callable[..., Creator]) -> None:
    alone = creator()
    at_work = creator(user_id=alone.user_id, claims=MEMBER)
    elsewhere = creator(user_id=alone.user_id, claims={"org_id": "org-2", "org_role": "owner"})

    mine, ours = await alone.idea("Mine"), await at_work.idea("Ours")

    assert [idea["title"] for idea in (await alone.list()).json()["items"]] == ["Mine"]
    assert [idea["title"] for idea in (await at_work.list({"search": "o"})).json()["items"]] == ["Ours"]
    assert (await elsewhere.list()).json()["total"] == 0
    assert (await alone.get(ours)).status_code == (await at_work.get(mine)).status_code == 404


async def test_an_organization_with_the_id_of_a_person_is_another_tenant(creator: Callable[..., Creator]) -> None:
    alone = creator()
    at_work = creator(user_id=alone.user_id, claims={"org_id": alone.user_id, "org_role": "owner"})

    await alone.idea("Mine")

    assert (await at_work.list()).json()["total"] == 0


@pytest.mark.parametrize("claims", [{"org_id": "org-1"}, {"org_id": "org-1", "org_role": ""}, {"org_role": "owner"}])
async def test_an_organization_counts_only_with_a_role_in_it(
    creator: Callable[..., Creator], claims: dict[str, Any]
) -> None:
    alone = creator()
    await alone.idea("Mine")

    assert (await creator(user_id=alone.user_id, claims=claims).list()).json()["total"] == 1


async def test_members_of_one_organization_do_not_see_each_other(creator: Callable[..., Creator]) -> None:
    ada, bob = creator(claims=MEMBER), creator(claims=MEMBER)
    idea = await ada.idea("Ada's")

    assert (await bob.list()).json()["total"] == 0
    assert (await bob.get(idea)).status_code == 404
    assert (await bob.request("GET", ada.url)).status_code == 403


async def test_a_tenant_is_stored_with_its_external_id(
    creator: Callable[..., Creator], database: asyncpg.Connection
) -> None:
    alone, at_work = creator(), creator(claims={"org_id": "acme", "org_role": "member"})
    await alone.idea()
    await at_work.idea()

    tenants = await database.fetch(
        "SELECT kind, realm, external_id FROM tenants JOIN vaults USING (tenant_id) WHERE user_id = ANY($1)",
        [alone.user_id, at_work.user_id],
    )

    assert sorted(map(tuple, tenants)) == [
        ("organization", "better-auth", "acme"),
        ("personal", "better-auth", alone.user_id),
    ]


@pytest.mark.parametrize(
    ("organization", "role", "claims"),
    [
        pytest.param("o.id", "o.role", {"o": {"id": "org-named", "role": "owner"}}, id="nested, as Neon's"),
        pytest.param(
            "https://a.b/org",
            "https://a.b/role",
            {"https://a.b/org": "org-named", "https://a.b/role": "owner"},
            id="addresses",
        ),
        pytest.param("company", "duties", {"company": "org-named", "duties": ["owner"]}, id="other words"),
    ],
)
async def test_the_claims_of_an_organization_are_configurable(
    house: House, house_with: Callable[..., Awaitable[House]], organization: str, role: str, claims: dict[str, Any]
) -> None:
    issuer = {
        "name": "front-end",
        "kind": "shared-secret",
        "secret": SECRET,
        "organization_claim": organization,
        "organization_roles_claim": role,
    }
    elsewhere = await house_with(CREATORVAULT_AUTH__ISSUERS=json.dumps([issuer]), BETTER_AUTH_SECRET="")
    there = elsewhere.creator(claims=claims)
    ada = house.creator(there.user_id, {"org_id": "org-named", "org_role": "owner"})
    await ada.idea("Ours")

    assert await there.titles() == ["Ours"]
    assert (await there.request("GET", "/api/v1/tenant")).json()["external_id"] == "org-named"
    assert await elsewhere.creator(ada.user_id, ada.claims).titles() == [], "the usual names say nothing here"


async def test_people_and_organizations_of_another_realm_are_distinct(
    house: House, house_with: Callable[..., Awaitable[House]]
) -> None:
    """Issuers of different realms may assign the same id to different people."""
    issuer = {"name": "partner", "kind": "shared-secret", "secret": SECRET, "realm": "partners"}
    elsewhere = await house_with(CREATORVAULT_AUTH__ISSUERS=json.dumps([issuer]), BETTER_AUTH_SECRET="")

    for claims in ({}, {"org_id": "org-of-two-realms", "org_role": "owner"}):
        ada = house.creator(claims=claims)
        await ada.idea("Ours")

        assert await elsewhere.creator(ada.user_id, claims).titles() == []
