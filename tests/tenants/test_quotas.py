"""Quotas of vaults and tenants."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator
from tests.vault_rows import SEALED_BYTES
from tests.ways import Way, followed

KEEPS_NOTHING: Final = {"CREATORVAULT_TENANCY__RETENTION_DAYS": "0"}
"""With a history, a change always adds to what is stored."""
ORG = {"org_id": "quota-org", "org_role": "member"}


async def used(database: asyncpg.Connection, user_id: str) -> tuple[int, int]:
    row = await database.fetchrow("SELECT idea_count, sealed_bytes FROM vaults WHERE user_id = $1", user_id)
    return (row["idea_count"], row["sealed_bytes"])


async def stored(database: asyncpg.Connection, user_id: str) -> tuple[int, int]:
    ideas = await database.fetchval("SELECT count(*) FROM ideas WHERE user_id = $1", user_id)
    return (ideas, await database.fetchval(SEALED_BYTES, user_id))


async def test_counts_and_bytes_stay_exact(ada: Creator, database: asyncpg.Connection) -> None:
    first, second = await ada.idea("One", notes="n" * 900), await ada.idea("Two", tags=["a", "b"])
    await ada.patch(first, {"notes": "short"})
    await ada.put(second, {"title": "Two", "notes": "m" * 3000})
    await ada.delete(first)

    assert await used(database, ada.user_id) == await stored(database, ada.user_id)


async def test_a_full_vault_refuses_ideas_until_one_is_deleted(
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
    ada = (await house_with(CREATORVAULT_TENANCY__VAULT_BYTE_QUOTA="2000", **KEEPS_NOTHING)).creator()
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


AMPLE: Final = 10**9
THREE: Final = {"title": "One of three", "notes": "n" * 300}
LONG: Final = {"title": "Longer", "notes": "n" * 900}
OWN_AND_DEFAULT: Final = [(None, "full"), ("full", None), ("full", "ample"), ("ample", "full")]


@pytest.mark.parametrize(("own", "default"), OWN_AND_DEFAULT)
@pytest.mark.parametrize("quota", ["vault_idea_quota", "vault_byte_quota", "idea_quota", "byte_quota"])
async def test_a_tenants_own_quota_overrides_the_settings(
    house: House,
    house_with: Callable[..., Awaitable[House]],
    database: asyncpg.Connection,
    quota: str,
    own: str | None,
    default: str | None,
) -> None:
    """Whichever of the two is lower, by single statement and in a transaction."""
    ada, bob = house.creator(), house.creator()
    ideas = {creator.user_id: [await creator.idea(**THREE) for _ in range(3)] for creator in (ada, bob)}
    of_bytes, of_tenant = "byte" in quota, not quota.startswith("vault")
    limits = {"full": (await used(database, ada.user_id))[of_bytes], "ample": AMPLE}
    if own:
        set_own = f"UPDATE tenants SET {quota} = $1 WHERE external_id = ANY ($2)"
        await database.execute(set_own, limits[own], list(ideas))
    settings = {f"CREATORVAULT_TENANCY__{quota.upper()}": str(limits[default])} if default else {}
    other = await house_with(**settings, **KEEPS_NOTHING)
    is_full = (own or default) == "full"

    for user_id, (idea, spare, _) in ideas.items():
        creator, warm = other.creator(user_id), user_id == bob.user_id
        for _ in range(2 * warm):
            await creator.list()
        with followed() as trail:
            created = await creator.post({"title": "Another"})
        grown = [await creator.patch(idea, LONG), await creator.put(spare, LONG)]
        shrunk = [await creator.patch(idea, {"notes": "n"}), await creator.delete(idea)]
        with followed() as trail_again:
            again = await creator.post(THREE)  # which fills the quota to the last byte

        assert created.status_code == (403 if is_full else 201)
        # If the settings have a quota for a whole tenant, no single statement is attempted.
        of_tenants = Way.TRANSACTION if default else Way.BOTH
        quick = of_tenants if of_tenant else Way.STATEMENT
        assert trail.way == (Way.TRANSACTION if not warm else Way.BOTH if is_full and not of_tenant else quick)
        # In a vault at its idea quota ideas may grow; at any quota they may shrink and be deleted.
        assert [answer.status_code for answer in grown] == ([403, 403] if is_full and of_bytes else [200, 200])
        assert [answer.status_code for answer in (*shrunk, again)] == [200, 204, 201]
        assert trail_again.way == quick
        for answer in (created, *grown):
            if answer.status_code == 403:
                assert f"The quota {quota} of {limits['full']} " in answer.json()["detail"]
        assert await used(database, user_id) == await stored(database, user_id)


@pytest.mark.parametrize("quota", ["vault_idea_quota", "vault_byte_quota"])
async def test_a_vault_above_a_quota_that_was_lowered_may_still_shrink(
    ada: Creator, database: asyncpg.Connection, quota: str
) -> None:
    idea, *_ = [await ada.idea(**THREE) for _ in range(3)]
    await database.execute(f"UPDATE tenants SET {quota} = 1, retention_days = 0 WHERE external_id = $1", ada.user_id)
    for _ in range(2):
        await ada.list()

    with followed() as trail:
        shrunk = await ada.patch(idea, {"notes": "n"})
        deleted = await ada.delete(idea)

    assert (shrunk.status_code, deleted.status_code) == (200, 204)
    assert trail.way == Way.STATEMENT
    assert (await ada.post(THREE)).status_code == 403


async def test_with_a_history_a_vault_full_of_bytes_refuses_changes_and_allows_deletions(
    ada: Creator, database: asyncpg.Connection
) -> None:
    idea, *_ = [await ada.idea(**THREE) for _ in range(3)]
    full, _ = (await used(database, ada.user_id))[1], await ada.list()
    await database.execute("UPDATE tenants SET vault_byte_quota = $2 WHERE external_id = $1", ada.user_id, full)

    refused = await ada.patch(idea, {"notes": "n"})

    assert (refused.status_code, "vault_byte_quota" in refused.json()["detail"]) == (403, True)
    assert (await ada.get(idea)).json() == idea
    assert (await ada.delete(idea)).status_code == 204
    assert await used(database, ada.user_id) == (2, full)


async def test_a_request_refused_by_a_quota_can_be_retried_with_its_key(
    house_with: Callable[..., Awaitable[House]],
) -> None:
    ada = (await house_with(CREATORVAULT_TENANCY__VAULT_IDEA_QUOTA="1")).creator()
    first = await ada.idea()
    await ada.post({"title": "Two"}, headers={"Idempotency-Key": "again"})
    await ada.delete(first)

    assert (await ada.post({"title": "Two"}, headers={"Idempotency-Key": "again"})).status_code == 201
