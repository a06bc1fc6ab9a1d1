"""Responses for a tenant that is not active, by single statement and in a transaction. Nothing is changed."""

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest

from tests.application import House, environment_of, open_house
from tests.factories import Creator, Idea
from tests.isolation.issuer import issuer_that_names_administrators
from tests.postgres import Database
from tests.vault_rows import rows_of
from tests.ways import Way, followed, vault_of

OPERATIONS = ["POST", "LIST", "GET", "PUT", "PATCH", "DELETE"]

CHANGED: Final = {"json": {"title": "Changed"}}
REQUESTS: Final[dict[str, tuple[str, bool, dict[str, Any]]]] = {
    "create": ("POST", False, CHANGED),
    "create once": ("POST", False, {**CHANGED, "headers": {"Idempotency-Key": "once"}}),
    "list": ("GET", False, {}),
    "list by another order": ("GET", False, {"params": {"sort": "priority", "order": "asc"}}),
    "list by filters": ("GET", False, {"params": {"stage": "idea", "priority": "medium"}}),
    "list by cursor": ("GET", False, {"params": {"cursor": "", "limit": 1}}),
    "search": ("GET", False, {"params": {"search": "untouched"}}),
    "find by tags": ("GET", False, {"params": {"tags": "kept"}}),
    "list by title": ("GET", False, {"params": {"sort": "title"}}),
    "ask for news of a list": ("GET", False, {"headers": {"If-None-Match": "*"}}),
    "read": ("GET", True, {}),
    "ask for news of an idea": ("GET", True, {"headers": {"If-None-Match": "*"}}),
    "replace": ("PUT", True, CHANGED),
    "change": ("PATCH", True, CHANGED),
    "change if it is there": ("PATCH", True, {**CHANGED, "headers": {"If-Match": "*"}}),
    "delete": ("DELETE", True, {}),
}
"""Method, whether the request is for one idea, and the body."""

ALWAYS_IN_A_TRANSACTION: Final = {"create once"}
BEGIN_WITH_A_WRITE: Final = {"create"}


async def send(ada: Creator, name: str, idea: Idea) -> httpx.Response:
    method, about_one, options = REQUESTS[name]
    return await ada.request(method, ada.url_of(idea) if about_one else ada.url, **options)


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


@pytest.fixture(scope="session")
async def other_house(house: House, environ: Mapping[str, str]) -> AsyncGenerator[House]:
    """The service in another process, with no vault in memory."""
    async with open_house(environ, house.database) as other:
        yield other


async def at_work(house: House, ada: Creator) -> Idea:
    """Returns an idea of a creator whose whole vault is in memory. Nothing is written in the background any more."""
    idea = await ada.idea("Untouched", tags=["kept"])
    await ada.list()
    await ada.get(idea)
    await ada.idea("Another")
    await ada.titles({"search": "untouched"})
    await house.parts.segment_writer.finish()
    await house.parts.checkpoint_writer.finish()
    return idea


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize(("status", "word"), [("suspended", "suspended"), ("erasing", "erased"), ("erased", "erased")])
async def test_an_inactive_tenant_is_refused_and_nothing_is_changed(
    house: House,
    ada: Creator,
    other_house: House,
    database: asyncpg.Connection,
    request_: str,
    warm: bool,
    status: str,
    word: str,
) -> None:
    here, idea = ada, await at_work(house, ada)
    if not warm:
        here = other_house.creator(ada.user_id)
    before = await rows_of(database, vault_of(ada))
    await set_status(database, ada, status)

    with followed() as trail:
        refusal = await send(here, request_, idea)

    fast = warm and request_ not in ALWAYS_IN_A_TRANSACTION
    assert trail.way == (Way.BOTH if fast else Way.TRANSACTION)
    assert bool(trail.changes) == (fast and request_ in BEGIN_WITH_A_WRITE)
    assert refusal.status_code == 403
    assert word in refusal.json()["detail"]
    assert await rows_of(database, vault_of(ada)) == before


@pytest.mark.parametrize("request_", REQUESTS)
async def test_an_active_tenant_is_served_by_a_single_statement(
    house: House, ada: Creator, other_house: House, request_: str
) -> None:
    """Shows that the refusals above cover these statements."""
    one, other = await at_work(house, ada), await at_work(house, ada)
    with followed() as cold:
        first = await send(other_house.creator(ada.user_id), request_, one)
    await at_work(house, ada)
    with followed() as warm:
        second = await send(ada, request_, other)

    assert first.status_code == second.status_code
    assert second.status_code in {200, 201, 204, 304}
    assert cold.way == Way.TRANSACTION
    assert warm.way == (Way.TRANSACTION if request_ in ALWAYS_IN_A_TRANSACTION else Way.STATEMENT)


async def test_a_tenant_suspended_between_read_and_write_is_refused(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes read the idea first; the write that follows checks the status again."""
    rows = house.parts.statements.rows

    async def seen_before(*arguments: Any) -> Any:
        seen = await rows(*arguments)
        await set_status(database, ada, "suspended")
        return seen

    for name in ("replace", "change", "delete"):
        idea = await at_work(house, ada)
        before = await rows_of(database, vault_of(ada))
        with monkeypatch.context() as patch, followed() as trail:
            patch.setattr(house.parts.statements, "rows", seen_before)
            refusal = await send(ada, name, idea)

        assert trail.way == Way.BOTH
        assert trail.changes
        assert refusal.status_code == 403
        assert await rows_of(database, vault_of(ada)) == before
        await set_status(database, ada, "active")


UNKNOWN: Final = {"detail": "This tenant does not exist yet; an operator has to create it", "code": "tenant_unknown"}


@pytest.mark.parametrize("claims", [{}, {"org_id": "acme", "org_role": "owner"}])
async def test_an_unknown_tenant_is_refused_if_operators_create_tenants(
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
