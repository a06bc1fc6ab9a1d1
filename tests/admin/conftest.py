"""Operators with each scope, and tenants for them to look after."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.admin.operators import EVERY_SCOPE, AdminClient, Appoint, appointed
from tests.application import House
from tests.factories import Creator


@pytest.fixture
def appoint(database: asyncpg.Connection, client: httpx.AsyncClient) -> Appoint:
    """Makes operators, each with the scopes that are given."""

    async def appoint(*scopes: str, **more: Any) -> AdminClient:
        return await appointed(database, client, *scopes, **more)

    return appoint


@pytest.fixture(scope="session")
async def olga(worker_database: Any, client: httpx.AsyncClient) -> AdminClient:
    """An operator who may do everything."""
    sql = await asyncpg.connect(worker_database.superuser_url)
    try:
        return await appointed(sql, client, *EVERY_SCOPE)
    finally:
        await sql.close()


@pytest.fixture
def organization(house: House) -> Callable[..., Creator]:
    """Makes members of one new organization: `organization(role="owner")`."""
    org_id = f"org-{uuid4()}"
    return lambda role="member": house.creator(claims={"org_id": org_id, "org_role": role})
