"""Searching tenants and vaults by the beginning of their ids."""

from itertools import product
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.admin import repositories
from tests.admin.operators import AdminClient, tenant_of
from tests.application import House
from tests.factories import Creator

SORTS = ("created_at", "ideas", "sealed_bytes", "last_activity")


async def made(olga: AdminClient, external_id: str) -> str:
    body = {"kind": "organization", "realm": f"realm-{uuid4()}", "external_id": external_id}
    tenant_id: str = (await olga.post("/tenants", body))["tenant_id"]
    return tenant_id


async def found(olga: AdminClient, path: str, **parameters: object) -> set[str]:
    page = await olga.get(path, limit=100, **parameters)
    assert page["total"] == len(page["items"])
    return {item["user_id" if path == "/vaults" else "external_id"] for item in page["items"]}


async def test_tenants_are_found_by_the_beginning_of_their_name(
    olga: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = uuid4().hex[:20]
    names = {f"{name}-1", f"{name}-2", f"{name}%", f"{name}_", f"{name}\\"}
    for other in (*names, f"x{name}", name.upper(), name[:-1]):
        await made(olga, other)

    for sort, few in product(SORTS, (5_000, 0)):
        monkeypatch.setattr(repositories, "FEW", few)
        assert await found(olga, "/tenants", q=name, sort=sort) == names
        assert await found(olga, "/tenants", q=f"{name}-", sort=sort, kind="organization") == {f"{name}-1", f"{name}-2"}
        assert await found(olga, "/tenants", q=name, sort=sort, kind="personal") == set()
    for wild in ("%", "_", "\\"):
        assert await found(olga, "/tenants", q=f"{name}{wild}") == {f"{name}{wild}"}
    assert (await olga.get("/tenants", q=""))["total"] == (await olga.get("/tenants"))["total"]
    assert await found(olga, "/tenants", q=f"{name}-1", external_id=f"{name}-2") == set()


async def test_a_tenant_is_found_by_its_id(olga: AdminClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of creators and organizations may be UUIDs, too."""
    name = uuid4().hex[:20]
    tenant_id = await made(olga, name)
    await made(olga, f"{tenant_id}-2")

    for sort, few in product(SORTS, (5_000, 0)):
        monkeypatch.setattr(repositories, "FEW", few)
        assert await found(olga, "/tenants", q=tenant_id, sort=sort) == {name, f"{tenant_id}-2"}
    assert await found(olga, "/tenants", q=tenant_id.upper()) == {name}
    assert await found(olga, "/tenants", q=tenant_id[:-1]) == {f"{tenant_id}-2"}
    assert await found(olga, "/tenants", q=f"{{{tenant_id}}}") == set()


async def test_vaults_are_found_by_the_beginning_of_the_users_id(house: House, olga: AdminClient) -> None:
    name = uuid4().hex[:20]
    claims = {"org_id": f"org-{uuid4()}", "org_role": "member"}
    creators: list[Creator] = [house.creator(f"{name}{end}", claims) for end in ("-1", "-2", "_", "%")]
    for creator in creators:
        await creator.idea()
    await house.creator(f"{name}-3").idea()
    tenant = str(tenant_of(creators[0]))

    assert await found(olga, "/vaults", q=name) == {f"{name}{end}" for end in ("-1", "-2", "_", "%", "-3")}
    assert await found(olga, "/vaults", q=f"{name}-", tenant_id=tenant) == {f"{name}-1", f"{name}-2"}
    for wild in ("_", "%"):
        assert await found(olga, "/vaults", q=f"{name}{wild}") == {f"{name}{wild}"}
    assert (await olga.get("/vaults", q="", tenant_id=tenant))["total"] == len(creators)


@pytest.mark.parametrize("path", ["/tenants", "/vaults", "/operators"])
async def test_a_text_that_nothing_can_contain_is_refused(olga: AdminClient, path: str) -> None:
    assert (await olga.request("GET", path, params={"q": "\x00"})).status_code == 422


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("SELECT tenant_id FROM tenants WHERE external_id ^@ 'org-1'", "tenants_by_external_id_prefix"),
        ("SELECT tenant_id FROM tenants WHERE external_id = 'org-1'", "tenants_by_external_id_prefix"),
        ("SELECT tenant_id FROM vaults WHERE user_id ^@ 'user-1'", "vaults_by_user_prefix"),
        ("SELECT tenant_id FROM vaults WHERE user_id = 'user-1'", "vaults_by_user_prefix"),
    ],
)
async def test_an_index_finds_beginnings_and_whole_ids(
    database: asyncpg.Connection, condition: str, index: str
) -> None:
    async with database.transaction():
        await database.execute("SET LOCAL enable_seqscan = off")
        plan = await database.fetch(f"EXPLAIN {condition}")

    assert index in "\n".join(row[0] for row in plan)
    assert "Index Cond" in "\n".join(row[0] for row in plan)
