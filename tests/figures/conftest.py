"""An operator of a service with a database of its own."""

import asyncpg
import pytest

from tests.admin.operators import AdminClient, appointed
from tests.application import House


@pytest.fixture
async def oscar(fresh_house: House, fresh_sql: asyncpg.Connection) -> AdminClient:
    return await appointed(fresh_sql, fresh_house.client, "read")
