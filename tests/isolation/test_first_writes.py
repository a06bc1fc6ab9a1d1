"""Two processes that concurrently store the first idea of a new creator create one tenant, one vault and one key."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from tests.application import House, open_house
from tests.thoroughness import IN_CI

PAIRS = 60 if IN_CI else 15


@pytest.fixture
async def other_house(house: House, environ: dict[str, str]) -> AsyncGenerator[House]:
    """The service in another process: only the database is shared."""
    async with open_house(environ, house.database) as other:
        yield other


async def test_two_processes_may_store_the_first_idea_concurrently(
    house: House, other_house: House, database: asyncpg.Connection
) -> None:
    for number in range(PAIRS):
        claims = {"org_id": f"first-{number}-{house.creator().user_id}", "org_role": "member"} if number % 2 else {}
        here = house.creator(claims=claims)
        there = other_house.creator(here.user_id, claims)
        answers = await asyncio.gather(*(who.post({"title": "First"}) for who in (here, there, here, there)))

        assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
        assert len({answer.json()["id"] for answer in answers}) == 4
        assert tuple(await database.fetchrow(STORED, here.user_id)) == (
            1,
            1,
            4,
            4,
            [1],
            4,
            ["key.created", "tenant.created"],
        )
        assert await here.titles() == await there.titles() == ["First"] * 4


async def test_two_creators_may_create_their_organization_concurrently(
    house: House, other_house: House, database: asyncpg.Connection
) -> None:
    for _ in range(PAIRS // 2):
        claims = {"org_id": f"org-{house.creator().user_id}", "org_role": "member"}
        here, there = house.creator(claims=claims), other_house.creator(claims=claims)
        answers = await asyncio.gather(here.post({"title": "Hers"}), there.post({"title": "His"}))

        assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
        assert await database.fetchval(OF_ORGANIZATION, claims["org_id"]) == 1
        assert (await here.titles(), await there.titles()) == (["Hers"], ["His"])


STORED = """
    SELECT (SELECT count(*) FROM tenants WHERE tenants.tenant_id = vault.tenant_id),
           (SELECT count(*) FROM vaults WHERE vaults.user_id = vault.user_id),
           idea_count, revision,
           (SELECT array_agg(version) FROM keys.vault_keys AS keys WHERE keys.user_id = vault.user_id),
           (SELECT count(*) FROM ideas WHERE ideas.user_id = vault.user_id),
           (SELECT array_agg(verb ORDER BY verb) FROM audit_events WHERE audit_events.tenant_id = vault.tenant_id)
    FROM vaults AS vault WHERE user_id = $1
"""
OF_ORGANIZATION = "SELECT count(*) FROM tenants WHERE external_id = $1"
