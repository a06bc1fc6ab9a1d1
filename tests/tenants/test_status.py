"""What a tenant that is not active is answered. Nothing is changed by it."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator

OPERATIONS = ["POST", "LIST", "GET", "PUT", "PATCH", "DELETE"]


async def ask(ada: Creator, operation: str, idea: dict[str, object]) -> tuple[int, str]:
    url = ada.url if operation in {"POST", "LIST"} else ada.url_of(idea)
    method = "GET" if operation == "LIST" else operation
    body = {"json": {"title": "Changed"}} if method in {"POST", "PUT", "PATCH"} else {}
    answer = await ada.request(method, url, **body)
    return answer.status_code, answer.json()["detail"]


async def set_status(database: asyncpg.Connection, ada: Creator, status: str) -> None:
    await database.execute(
        "UPDATE tenants SET status = $1 FROM vaults WHERE vaults.tenant_id = tenants.tenant_id AND user_id = $2",
        status,
        ada.user_id,
    )


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("status", "word"), [("suspended", "suspended"), ("erasing", "erased"), ("erased", "erased")])
async def test_who_is_not_active_is_refused_and_nothing_is_changed(
    ada: Creator, database: asyncpg.Connection, operation: str, status: str, word: str
) -> None:
    idea = await ada.idea("Untouched")
    await ada.get(idea)  # so that the vault's key is at hand, as it is for whoever was just at work
    await set_status(database, ada, status)

    refusal = await ask(ada, operation, idea)
    await set_status(database, ada, "active")

    assert refusal[0] == 403
    assert word in refusal[1]
    assert (await ada.list()).json()["items"] == [idea]


async def test_a_tenant_nobody_created_is_refused_where_operators_create_them(
    house_with: Callable[..., Awaitable[House]],
) -> None:
    house = await house_with(CREATORVAULT_TENANCY__AUTO_PROVISION="false")
    ada = house.creator()

    for answer in (await ada.post({"title": "One"}), await ada.list()):
        assert answer.status_code == 403
        assert "operator" in answer.json()["detail"]
