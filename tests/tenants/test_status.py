"""What a tenant that is not active is answered. Nothing is changed by it."""

from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tests.application import environment_of, open_house
from tests.factories import Creator, Idea
from tests.isolation.issuer import issuer_that_names_administrators
from tests.postgres import Database

OPERATIONS = ["POST", "LIST", "GET", "PUT", "PATCH", "DELETE"]


async def ask(ada: Creator, operation: str, idea: Idea) -> tuple[int, str]:
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


UNKNOWN: Final = {"detail": "This tenant does not exist yet; an operator has to create it"}


@pytest.mark.parametrize("claims", [{}, {"org_id": "acme", "org_role": "owner"}])
async def test_a_tenant_nobody_created_is_refused_where_operators_create_them(
    fresh_database: Database, home: Path, claims: dict[str, str]
) -> None:
    environ = environment_of(fresh_database, home) | {"CREATORVAULT_TENANCY__AUTO_PROVISION": "false"}
    async with open_house(issuer_that_names_administrators(environ), fresh_database) as house:
        ada, olga = house.creator(claims=claims), house.creator(claims={"role": "admin"})
        idea: Idea = {"id": "0b0a6a3e-6f0a-4b5e-9d6a-0f5d3c1f7a11"}
        for operation in OPERATIONS:
            assert await ask(ada, operation, idea) == (403, UNKNOWN["detail"])
        assert (await ada.request("GET", "/api/v1/tenant")).status_code == 403
        listed = (await olga.request("GET", "/api/v1/admin/tenants")).json()
        assert listed["total"] == 0, "what was refused made nothing"

        kind, name = ("organization", "acme") if claims else ("personal", ada.user_id)
        made = {"kind": kind, "realm": "better-auth", "external_id": name}
        assert (await olga.request("POST", "/api/v1/admin/tenants", json=made)).status_code == 201

        stored = await ada.idea("Now it is there")
        assert (await ada.get(stored)).json() == stored
        assert (await house.creator().post({"title": "Another's is not"})).json() == UNKNOWN
