"""Viewing and managing tenants as an operator."""

from collections.abc import Callable
from uuid import uuid4

import asyncpg
import pytest

from tests.admin.operators import AdminClient, tenant_of
from tests.factories import Creator

type Organization = Callable[..., Creator]


async def test_a_tenant_is_shown_with_its_figures(organization: Organization, olga: AdminClient) -> None:
    ada, bob = organization(), organization()
    for title in ("one", "two"):
        await ada.idea(title)
    await bob.idea("three")

    shown = await olga.get(f"/tenants/{tenant_of(ada)}")

    assert (shown["kind"], shown["realm"], shown["status"]) == ("organization", "better-auth", "active")
    assert shown["external_id"] == ada.claims["org_id"]
    assert (shown["vaults"], shown["ideas"], shown["newest_key_version"]) == (2, 3, 1)
    assert shown["sealed_bytes"] > 0
    assert shown["last_activity"] >= shown["created_at"]
    assert shown["idea_quota"] is shown["erasable_from"] is None


async def test_vaults_are_listed_with_sizes_and_key_versions(organization: Organization, olga: AdminClient) -> None:
    ada, bob = organization(), organization()
    await ada.idea()
    await bob.idea()

    page = await olga.get("/vaults", tenant_id=str(tenant_of(ada)))

    assert page["total"] == 2
    assert [vault["user_id"] for vault in page["items"]] == [bob.user_id, ada.user_id]
    assert {(vault["ideas"], vault["key_version"], vault["revision"]) for vault in page["items"]} == {(1, 1, 1)}
    assert (await olga.get("/vaults", user_id=ada.user_id, key_version=1))["total"] == 1
    assert (await olga.get("/vaults", user_id=ada.user_id, key_version=2))["total"] == 0
    assert (await olga.get("/vaults", user_id=ada.user_id, offset=1)).items() >= {"items": [], "total": 1}.items()


async def test_tenants_are_filtered_sorted_and_paged(olga: AdminClient) -> None:
    realm = f"realm-{uuid4()}"
    names = [f"org-{number}" for number in range(3)]
    for name in names:
        await olga.post("/tenants", {"kind": "organization", "realm": realm, "external_id": name})
    await olga.post("/tenants", {"kind": "personal", "realm": realm, "external_id": "ada"})

    async def found(**parameters: object) -> list[str]:
        page = await olga.get("/tenants", realm=realm, **parameters)
        return [tenant["external_id"] for tenant in page["items"]]

    assert await found(sort="created_at", order="asc") == [*names, "ada"]
    assert await found(limit=2, offset=1) == ["org-2", "org-1"]
    assert await found(kind="personal") == ["ada"]
    assert await found(external_id="org-1") == ["org-1"]
    assert await found(status="suspended") == []
    assert (await olga.get("/tenants", realm=realm, limit=1))["total"] == 4
    assert (await olga.get("/tenants", realm=realm, offset=4)).items() >= {"items": [], "total": 4}.items()
    for sort in ("ideas", "sealed_bytes", "last_activity"):
        assert sorted(await found(sort=sort)) == sorted([*names, "ada"])


async def test_a_suspended_tenant_is_refused_and_resumed(organization: Organization, olga: AdminClient) -> None:
    ada = organization()
    idea = await ada.idea()
    tenant = tenant_of(ada)

    suspended = await olga.post(f"/tenants/{tenant}/suspend")

    assert suspended["status"] == "suspended"
    for answer in (await ada.list(), await ada.post({"title": "x"}), await ada.delete(idea)):
        assert answer.status_code == 403
    assert (await olga.post(f"/tenants/{tenant}/suspend"))["status"] == "suspended"
    assert (await olga.post(f"/tenants/{tenant}/resume"))["status"] == "active"
    assert (await ada.get(idea)).json() == idea
    assert await olga.events(tenant) == ["tenant.created", "key.created", "tenant.suspended", "tenant.resumed"]


async def test_quotas_are_replaced_as_a_whole(ada: Creator, olga: AdminClient) -> None:
    await ada.idea()
    path = f"/tenants/{tenant_of(ada)}/quotas"

    answer = await olga.request("PUT", path, json={"vault_idea_quota": 1, "byte_quota": 10_000_000})

    assert answer.status_code == 200
    assert (answer.json()["vault_idea_quota"], answer.json()["byte_quota"]) == (1, 10_000_000)
    assert (await ada.post({"title": "one too many"})).status_code == 403
    assert (await olga.request("PUT", path, json={})).json()["vault_idea_quota"] is None
    assert (await ada.post({"title": "again"})).status_code == 201
    newest = (await olga.get("/audit", tenant_id=str(tenant_of(ada)), verb="tenant.quotas_set"))["items"][1]
    assert newest["targets"] == {
        "idea_quota": "default",
        "byte_quota": "10000000",
        "vault_idea_quota": "1",
        "vault_byte_quota": "default",
    }


async def test_a_created_tenant_is_the_one_its_creators_work_in(olga: AdminClient, ada: Creator) -> None:
    given = {"kind": "personal", "realm": "better-auth", "external_id": ada.user_id}

    made = await olga.request("POST", "/tenants", json=given)
    again = await olga.request("POST", "/tenants", json=given)

    assert (made.status_code, again.status_code) == (201, 409)
    assert made.json()["tenant_id"] == str(tenant_of(ada))
    assert made.json()["ideas"] == 0
    await ada.idea()
    assert (await olga.get(f"/tenants/{tenant_of(ada)}"))["ideas"] == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", "/suspend"),
        ("POST", "/resume"),
        ("PUT", "/quotas"),
        ("PUT", "/root-key"),
        ("POST", "/erasure"),
        ("DELETE", "/erasure"),
        ("POST", "/erasure/confirm"),
    ],
)
async def test_a_tenant_that_does_not_exist_is_not_found(olga: AdminClient, method: str, path: str) -> None:
    answer = await olga.request(method, f"/tenants/{uuid4()}{path}", json={"confirmation": "x"})

    assert answer.status_code == 404
    assert (await olga.request(method, f"/tenants/42{path}", json={"confirmation": "x"})).status_code == 422


async def test_the_status_shows_figures_of_the_service(
    ada: Creator, olga: AdminClient, database: asyncpg.Connection
) -> None:
    await ada.idea("found")
    assert await ada.titles({"search": "found"}) == ["found"]

    figures = await olga.get("/status")

    assert figures["migrated"] is True
    assert figures["tenants"].keys() == {"active", "suspended", "erasing", "erased"}
    assert min(figures[name] for name in ("vaults", "ideas", "opened_vaults", "corpora", "corpora_bytes")) > 0


async def test_root_keys_in_use_are_counted(ada: Creator, olga: AdminClient) -> None:
    """Includes the key of the audit log: a root key that wraps only this key must not appear unused."""
    await ada.idea()

    (root_key,) = [row for row in (await olga.get("/root-keys"))["items"] if row["root_key_id"] == "tests"]

    assert root_key["vault_keys"] > 0
    assert root_key["audit_keys"] == 1
    assert root_key["oldest"] <= root_key["newest"]
