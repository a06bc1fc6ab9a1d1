"""With `admin.erasure_by_two`, another person confirms an erasure than who asked for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.admin.test_scopes import TRUSTING
from tests.application import House
from tests.factories import Creator

ADMIN = "/api/v1/admin"
NEEDED = {
    "detail": "The erasure has to be confirmed by another person than who asked for it",
    "code": "another_person_needed",
}

DONE = {200, 202}
"""The keys are destroyed. Rows of a vault may still be deleted in the background."""


@dataclass(frozen=True)
class Erasing:
    """The erasure of `ada`'s tenant, or of her vault."""

    ada: Creator
    sql: asyncpg.Connection
    of_vault: bool

    @property
    def path(self) -> str:
        vault = f"/vaults/{self.ada.user_id}" if self.of_vault else ""
        return f"/tenants/{tenant_of(self.ada)}{vault}/erasure"

    async def asked(self, by: AdminClient) -> str:
        confirmation: str = (await by.post(self.path))["confirmation"]
        await self.let_the_delay_pass()
        return confirmation

    async def let_the_delay_pass(self) -> None:
        for table in ("tenant_erasures", "vault_erasures"):
            await self.sql.execute(f"UPDATE {table} SET not_before = now() WHERE tenant_id = $1", tenant_of(self.ada))

    async def confirmed(self, by: AdminClient, confirmation: str) -> httpx.Response:
        return await by.request("POST", f"{self.path}/confirm", json={"confirmation": confirmation})


@pytest.fixture
async def strict(house_with: Callable[..., Awaitable[House]]) -> House:
    return await house_with(
        CREATORVAULT_ADMIN__ERASURE_BY_TWO="true", CREATORVAULT_AUTH__ISSUERS=TRUSTING, BETTER_AUTH_SECRET=""
    )


@pytest.fixture(params=[False, True], ids=["a tenant", "a vault"])
async def erasing(request: pytest.FixtureRequest, strict: House, database: asyncpg.Connection) -> Erasing:
    ada = strict.creator()
    await ada.idea()
    return Erasing(ada, database, request.param)


@pytest.fixture
def appoint(strict: House, database: asyncpg.Connection) -> Callable[[], Awaitable[AdminClient]]:
    """Makes operators on the command line, as far as the service can tell."""
    return lambda: appointed(database, strict.client, *EVERY_SCOPE)


async def test_another_person_has_to_confirm(erasing: Erasing, appoint: Callable[[], Awaitable[AdminClient]]) -> None:
    olga, oleg = await appoint(), await appoint()
    confirmation = await erasing.asked(olga)

    refused = await erasing.confirmed(olga, confirmation)
    wrong = await erasing.confirmed(olga, "wrong")

    assert (refused.status_code, refused.json()) == (403, NEEDED)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_confirmation")
    keys = "SELECT count(*) FROM keys.vault_keys WHERE tenant_id = $1"
    assert await erasing.sql.fetchval(keys, tenant_of(erasing.ada)) == 1
    assert (await erasing.confirmed(oleg, confirmation)).status_code in DONE
    assert await erasing.sql.fetchval(keys, tenant_of(erasing.ada)) == 0


async def test_whom_one_has_appointed_is_no_other_person(
    erasing: Erasing, appoint: Callable[[], Awaitable[AdminClient]]
) -> None:
    """Otherwise one person could confirm with a second key."""
    olga = await appoint()

    async def named(by: AdminClient) -> AdminClient:
        made = await by.post("/operators", {"name": "Second", "scopes": list(EVERY_SCOPE)})
        return AdminClient(by.client, made["operator_id"], made["key_id"], made["key"])

    first = await named(olga)
    second = await named(first)
    confirmation = await erasing.asked(first)

    for caller in (first, second, olga):
        assert (await erasing.confirmed(caller, confirmation)).json() == NEEDED
    assert (await erasing.confirmed(await appoint(), confirmation)).status_code in DONE


async def test_an_administrators_token_is_a_person_of_its_own(
    erasing: Erasing, strict: House, appoint: Callable[[], Awaitable[AdminClient]]
) -> None:
    admin = strict.creator(claims={"role": "admin"})
    body: dict[str, Any] = {"name": "Mine", "scopes": list(EVERY_SCOPE)}
    made = (await admin.request("POST", f"{ADMIN}/operators", json=body)).json()
    confirmation = (await admin.request("POST", f"{ADMIN}{erasing.path}")).json()["confirmation"]
    await erasing.let_the_delay_pass()
    confirm = {"confirmation": confirmation}

    own = await admin.request("POST", f"{ADMIN}{erasing.path}/confirm", json=confirm)
    appointed = AdminClient(strict.client, made["operator_id"], made["key_id"], made["key"])

    assert (own.status_code, own.json()) == (403, NEEDED)
    assert (await erasing.confirmed(appointed, confirmation)).json() == NEEDED
    other = strict.creator(claims={"role": "admin"})
    assert (await other.request("POST", f"{ADMIN}{erasing.path}/confirm", json=confirm)).status_code in DONE


async def test_who_asks_after_a_withdrawal_is_who_asked(
    erasing: Erasing, appoint: Callable[[], Awaitable[AdminClient]]
) -> None:
    olga, oleg = await appoint(), await appoint()
    await erasing.asked(olga)
    assert (await olga.request("DELETE", erasing.path)).status_code == 200

    confirmation = await erasing.asked(oleg)

    assert (await erasing.confirmed(oleg, confirmation)).json() == NEEDED
    assert (await erasing.confirmed(olga, confirmation)).status_code in DONE


async def test_an_erasure_of_which_nobody_knows_who_asked_has_to_be_asked_for_again(
    erasing: Erasing, appoint: Callable[[], Awaitable[AdminClient]]
) -> None:
    """As one that was asked for before an upgrade."""
    olga, oleg = await appoint(), await appoint()
    confirmation = await erasing.asked(olga)
    for table in ("tenant_erasures", "vault_erasures"):
        await erasing.sql.execute(
            f"UPDATE {table} SET requested_by = NULL WHERE tenant_id = $1", tenant_of(erasing.ada)
        )

    assert (await erasing.confirmed(oleg, confirmation)).json() == NEEDED


async def test_creators_confirm_their_own_erasure(strict: House) -> None:
    ada = strict.creator()
    await ada.idea()
    own = "/api/v1/users/me"

    confirmation = (await ada.request("DELETE", own)).json()["confirmation"]

    done = await ada.request("DELETE", own, headers={"Erasure-Confirmation": confirmation})
    assert done.status_code in DONE
