"""What operators do with operators in the console, and that a second key is no second person there either."""

from collections.abc import AsyncGenerator
from secrets import token_hex

import asyncpg
import httpx
import pytest

from tests.admin.operators import EVERY_SCOPE, AdminClient, Appoint, appointed, tenant_of
from tests.application import House, open_house
from tests.console.browserless import Browserless
from tests.postgres import Database

OPERATORS = "/console/operators"
CONFIRM = "/console/tenants/act/confirm-erasure"


async def signed_in(house: House, operator: AdminClient) -> Browserless:
    browser = Browserless(house.app)
    assert (await browser.sign_in(operator.key)).status_code == 303
    return browser


async def created(browser: Browserless, name: str, scope: str) -> httpx.Response:
    path = f"{OPERATORS}/act/create"
    return await browser.submit(path, path, {"name": name, "scopes": scope})


async def revoked(browser: Browserless, operator_id: object) -> httpx.Response:
    path = f"{OPERATORS}/act/revoke"
    return await browser.submit(f"{path}?operator_id={operator_id}", path)


async def test_an_operator_is_created_found_and_revoked(console: House, appoint: Appoint) -> None:
    olga = await appoint("read", "operators")
    browser, name = await signed_in(console, olga), token_hex(8)

    page = await created(browser, name, "read")

    [oleg] = (await olga.get("/operators", q=name))["items"]
    assert (page.status_code, page.text.count(f"cvop_{oleg['key_id']}_")) == (200, 1)
    assert oleg["appointed_by"] == f"operator:{olga.id}"
    listed = (await browser.get(f"{OPERATORS}?q={name}")).text
    assert name in listed
    assert "cvop_" not in listed
    assert (await revoked(browser, oleg["operator_id"])).status_code == 303
    [oleg] = (await olga.get("/operators", q=name))["items"]
    assert oleg["state"] == "revoked"


async def test_a_scope_that_one_lacks_is_refused(console: House, appoint: Appoint) -> None:
    olga = await appoint("read", "operators")
    browser, name = await signed_in(console, olga), token_hex(8)

    page = await created(browser, name, "keys")

    assert page.status_code == 403
    assert (await olga.get("/operators", q=name))["total"] == 0


async def test_who_revokes_their_own_key_is_signed_out(console: House, appoint: Appoint) -> None:
    olga = await appoint("read", "operators")
    browser = await signed_in(console, olga)

    await revoked(browser, olga.id)

    again = await browser.get(OPERATORS)
    assert (again.status_code, again.headers["location"].partition("?")[0]) == (303, "/console/sign-in")


@pytest.fixture
async def strict(environ: dict[str, str], worker_database: Database) -> AsyncGenerator[House]:
    settings = {"CREATORVAULT_CONSOLE__ENABLED": "true", "CREATORVAULT_ADMIN__ERASURE_BY_TWO": "true"}
    async with open_house(environ | settings, worker_database) as house:
        yield house


async def test_a_second_key_is_no_second_person(strict: House, database: asyncpg.Connection) -> None:
    ada = strict.creator()
    await ada.idea()
    tenant = tenant_of(ada)
    olga, otto = [await appointed(database, strict.client, *EVERY_SCOPE) for _ in range(2)]
    made = await olga.post("/operators", {"name": "Second", "scopes": list(EVERY_SCOPE)})
    second = AdminClient(strict.client, made["operator_id"], made["key_id"], made["key"])
    confirmation = (await olga.post(f"/tenants/{tenant}/erasure"))["confirmation"]
    await database.execute("UPDATE tenant_erasures SET not_before = now() WHERE tenant_id = $1", tenant)

    async def confirmed(operator: AdminClient) -> int:
        browser = await signed_in(strict, operator)
        path = f"{CONFIRM}?tenant_id={tenant}"
        return (await browser.submit(path, CONFIRM, {"confirmation": confirmation})).status_code

    assert [await confirmed(operator) for operator in (olga, second)] == [403, 403]
    assert await database.fetchval("SELECT count(*) FROM keys.vault_keys WHERE tenant_id = $1", tenant) == 1
    assert await confirmed(otto) in {200, 303}
    assert await database.fetchval("SELECT count(*) FROM keys.vault_keys WHERE tenant_id = $1", tenant) == 0
