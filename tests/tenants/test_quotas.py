"""How much a vault and a tenant may hold."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator

ORG = {"org_id": "quota-org", "org_role": "member"}


async def used(database: asyncpg.Connection, user_id: str) -> tuple[int, int]:
    row = await database.fetchrow("SELECT idea_count, sealed_bytes FROM vaults WHERE user_id = $1", user_id)
    return (row["idea_count"], row["sealed_bytes"])


async def stored(database: asyncpg.Connection, user_id: str) -> tuple[int, int]:
    row = await database.fetchrow(
        "SELECT count(*), coalesce(sum(length(title) + length(notes) + length(tags)), 0) FROM ideas WHERE user_id = $1",
        user_id,
    )
    return (row[0], row[1])


async def test_counts_and_bytes_stay_exact(ada: Creator, database: asyncpg.Connection) -> None:
    first, second = await ada.idea("One", notes="n" * 900), await ada.idea("Two", tags=["a", "b"])
    await ada.patch(first, {"notes": "short"})
    await ada.put(second, {"title": "Two", "notes": "m" * 3000})
    await ada.delete(first)

    assert await used(database, ada.user_id) == await stored(database, ada.user_id)


async def test_a_full_vault_refuses_another_idea_and_takes_one_again_after_a_deletion(
    house_with: Callable[..., Awaitable[House]],
) -> None:
    ada = (await house_with(CREATORVAULT_TENANCY__VAULT_IDEA_QUOTA="2")).creator()
    first, _ = await ada.idea(), await ada.idea()

    refused = await ada.post({"title": "Three"})
    changed = await ada.patch(first, {"title": "Changed"})
    await ada.delete(first)

    assert refused.status_code == 403
    assert "vault_idea_quota" in refused.json()["detail"]
    assert changed.status_code == 200
    assert (await ada.post({"title": "Three"})).status_code == 201


async def test_a_vault_full_of_bytes_refuses_growth_and_allows_shrinking(
    house_with: Callable[..., Awaitable[House]],
) -> None:
    ada = (await house_with(CREATORVAULT_TENANCY__VAULT_BYTE_QUOTA="2000")).creator()
    idea = await ada.idea("One", notes="n" * 1500)

    grown = await ada.patch(idea, {"notes": "n" * 2500})
    another = await ada.post({"title": "Two", "notes": "n" * 1500})
    shrunk = await ada.patch(idea, {"notes": "n"})

    assert [answer.status_code for answer in (grown, another, shrunk)] == [403, 403, 200]
    assert "vault_byte_quota" in grown.json()["detail"]
    assert "vault_byte_quota" in another.json()["detail"]


@pytest.mark.parametrize(("quota", "limit"), [("IDEA_QUOTA", "3"), ("BYTE_QUOTA", "600")])
async def test_the_vaults_of_a_tenant_share_its_quota(
    house_with: Callable[..., Awaitable[House]], database: asyncpg.Connection, quota: str, limit: str
) -> None:
    house = await house_with(**{f"CREATORVAULT_TENANCY__{quota}": limit})
    members = [house.creator(claims=ORG | {"org_id": f"org-{quota}"}) for _ in range(6)]

    answers = await asyncio.gather(*(member.post({"title": "One"}) for member in members))

    refused = [answer for answer in answers if answer.status_code == 403]
    accepted = [m for m, answer in zip(members, answers, strict=True) if answer.status_code == 201]
    usage = [await used(database, member.user_id) for member in accepted]
    assert refused
    assert accepted
    assert all(quota.lower() in answer.json()["detail"] for answer in refused)
    assert sum(usage_of_one[quota == "BYTE_QUOTA"] for usage_of_one in usage) <= int(limit)


async def test_an_operators_quota_for_a_tenant_counts_before_the_settings(
    ada: Creator, database: asyncpg.Connection
) -> None:
    await ada.idea()
    await database.execute(
        "UPDATE tenants SET vault_idea_quota = 1 FROM vaults v WHERE v.tenant_id = tenants.tenant_id AND user_id = $1",
        ada.user_id,
    )

    assert (await ada.post({"title": "Two"})).status_code == 403


async def test_what_a_quota_refuses_can_be_sent_again_under_its_key(
    house_with: Callable[..., Awaitable[House]],
) -> None:
    ada = (await house_with(CREATORVAULT_TENANCY__VAULT_IDEA_QUOTA="1")).creator()
    first = await ada.idea()
    await ada.post({"title": "Two"}, headers={"Idempotency-Key": "again"})
    await ada.delete(first)

    assert (await ada.post({"title": "Two"}, headers={"Idempotency-Key": "again"})).status_code == 201
