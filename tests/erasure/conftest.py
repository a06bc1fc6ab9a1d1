"""Members of organizations, and operators."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed
from tests.application import House
from tests.factories import Creator

type Organization = Callable[..., Creator]


@pytest.fixture
def organization(house: House) -> Organization:
    """Makes members of one new organization."""
    org_id = f"org-{uuid4()}"
    return lambda role="member": house.creator(claims={"org_id": org_id, "org_role": role})


@pytest.fixture(params=["a personal tenant", "an organization"])
def eve(request: pytest.FixtureRequest, house: House) -> Creator:
    """A creator in a tenant of either kind."""
    organization = {"org_id": f"org-{uuid4()}", "org_role": "owner"}
    return house.creator(claims=organization if request.param == "an organization" else {})


@pytest.fixture(scope="session")
async def olga(worker_database: Any, client: httpx.AsyncClient) -> AdminClient:
    """An operator who may do everything."""
    sql = await asyncpg.connect(worker_database.superuser_url)
    try:
        return await appointed(sql, client, *EVERY_SCOPE)
    finally:
        await sql.close()
