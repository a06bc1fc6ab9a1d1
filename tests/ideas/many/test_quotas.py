"""Quotas are exact for each operation of a request."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import pytest

from tests.application import House
from tests.ideas.many.operating import bulk, change, codes, counters, delete, new, statuses

type Houses = Callable[..., Awaitable[House]]

KEEPS_NOTHING: Final = {"CREATORVAULT_TENANCY__RETENTION_DAYS": "0"}
QUOTAS: Final = ["VAULT_IDEA_QUOTA", "IDEA_QUOTA"]


@pytest.mark.parametrize("quota", QUOTAS)
async def test_those_that_fit_are_applied(house_with: Houses, database: asyncpg.Connection, quota: str) -> None:
    ada = (await house_with(**{f"CREATORVAULT_TENANCY__{quota}": "3"})).creator()
    idea = await ada.idea("First")
    answer = await bulk(
        ada, new("Second"), new("Third"), new("Fourth"), delete(idea), new("Fifth"), new("Sixth"), atomic=False
    )

    assert statuses(answer.json()["results"]) == [201, 201, 403, 204, 201, 403]
    assert codes(answer)[2] == "quota_exceeded"
    assert quota.lower() in answer.json()["results"][2]["error"]["detail"]
    assert (await counters(database, ada))[1] == 3


@pytest.mark.parametrize("quota", QUOTAS)
async def test_an_atomic_request_that_does_not_fit_is_refused(
    house_with: Houses, database: asyncpg.Connection, quota: str
) -> None:
    ada = (await house_with(**{f"CREATORVAULT_TENANCY__{quota}": "3"})).creator()
    assert (await bulk(ada, new(), new(), new(), new())).status_code == 409
    assert (await bulk(ada, new(), new(), new())).status_code == 200
    assert (await counters(database, ada))[1] == 3


@pytest.mark.parametrize("quota", ["VAULT_BYTE_QUOTA", "BYTE_QUOTA"])
async def test_bytes_are_counted_as_single_requests_count_them(
    house_with: Houses, database: asyncpg.Connection, quota: str
) -> None:
    house = await house_with(**{f"CREATORVAULT_TENANCY__{quota}": "5000"}, **KEEPS_NOTHING)
    one, other = house.creator(), house.creator()
    ideas = [await creator.idea("Idea", notes="n" * 1500) for creator in (one, other)]
    single = [
        (await one.patch(ideas[0], {"notes": "n" * 3500})).status_code,
        (await one.post({"title": "Next", "notes": "n" * 1900})).status_code,
        (await one.patch(ideas[0], {"notes": "n"})).status_code,
        (await one.post({"title": "Next", "notes": "n" * 1900})).status_code,
    ]
    answer = await bulk(
        other,
        change(ideas[1], notes="n" * 3500),
        new("Next", notes="n" * 1900),
        change(ideas[1], notes="n"),
        new("Next", notes="n" * 1900),
        atomic=False,
    )
    assert statuses(answer.json()["results"]) == single
    assert 403 in single
    assert (await counters(database, one))[1:] == (await counters(database, other))[1:]


async def test_a_quota_of_the_tenant_holds_for_concurrent_requests(
    house_with: Houses, database: asyncpg.Connection
) -> None:
    house = await house_with(CREATORVAULT_TENANCY__IDEA_QUOTA="10")
    claims = {"org_id": "bulk-org", "org_role": "member"}
    people = [house.creator(claims=claims) for _ in range(4)]
    answers = await asyncio.gather(*[bulk(person, *[new()] * 4, atomic=False) for person in people])
    assert sum(answer.json()["applied"] for answer in answers) == 10
    total = 0
    for person in people:
        total += (await person.list()).json()["total"]
    assert total == 10
