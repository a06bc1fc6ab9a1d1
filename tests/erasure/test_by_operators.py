"""Erasing one vault by an operator, whatever characters the user's id has."""

from urllib.parse import quote
from uuid import uuid4

import asyncpg
import pytest

from tests.admin.operators import AdminClient, tenant_of
from tests.application import House
from tests.erasure.conftest import Organization
from tests.erasure.erasing import LEFT, STATE, asked, confirmed, fill, holding, vault_of, verbs
from tests.factories import Creator


def path_of(creator: Creator) -> str:
    return f"/tenants/{tenant_of(creator)}/vaults/{quote(creator.user_id, safe='')}/erasure"


async def status_of(olga: AdminClient, creator: Creator) -> str:
    [listed] = (await olga.get("/vaults", tenant_id=str(tenant_of(creator)), user_id=creator.user_id))["items"]
    status: str = listed["status"]
    return status


async def let_the_delay_pass(sql: asyncpg.Connection, creator: Creator) -> None:
    await sql.execute("UPDATE vault_erasures SET not_before = now() WHERE user_id = $1", creator.user_id)


async def test_an_operator_erases_one_vault_of_an_organization(
    organization: Organization, olga: AdminClient, database: asyncpg.Connection
) -> None:
    ada, bob = organization(), organization()
    await fill(ada, database)
    kept = await bob.idea("bob's")

    assert await status_of(olga, ada) == "active"
    confirmation = (await olga.post(path_of(ada)))["confirmation"]
    early = await olga.request("POST", f"{path_of(ada)}/confirm", json={"confirmation": confirmation})
    assert await status_of(olga, ada) == "closed"
    await let_the_delay_pass(database, ada)
    wrong = await olga.request("POST", f"{path_of(ada)}/confirm", json={"confirmation": "wrong"})
    assert (early.status_code, wrong.status_code) == (409, 403)
    assert await holding(database, vault_of(ada)) > LEFT

    done = await olga.post(f"{path_of(ada)}/confirm", {"confirmation": confirmation})

    assert (done["state"], done["whole_tenant"]) == ("erased", False)
    assert (await olga.get(path_of(ada))) == done
    assert (await status_of(olga, ada), await status_of(olga, bob)) == ("destroyed", "active")
    assert (await ada.request("GET", STATE)).json()["receipt"] == done["receipt"], "the creator can fetch it, too"
    assert await holding(database, vault_of(ada)) == LEFT
    assert (await bob.get(kept)).json() == kept
    assert (await verbs(database, ada))[-3:] == ["erasure.requested", "keys.destroyed", "vault.erased"]
    nobody = f"/tenants/{tenant_of(ada)}/vaults/nobody/erasure"
    statuses = [(await olga.request(method, nobody)).status_code for method in ("GET", "POST", "DELETE")]
    assert (statuses, (await olga.request("POST", path_of(ada))).status_code) == ([404, 404, 404], 409)


@pytest.mark.parametrize("user_id", ["a/b", "ä ö?#%", "a%2Fb", "ada@example.org", "x" * 255, "👩‍🎨"])
async def test_a_user_id_may_have_any_characters(
    house: House, olga: AdminClient, database: asyncpg.Connection, user_id: str
) -> None:
    user_id = user_id[: 255 - 32] + uuid4().hex  # nobody else's
    ada = house.creator(user_id)
    await database.execute(
        "INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at) "
        "VALUES ($1, 'personal', 'better-auth', $2, 'active', now())",
        *vault_of(ada),
    )
    await database.execute(
        "INSERT INTO vaults"
        " (tenant_id, user_id, revision, idea_count, sealed_bytes, key_version, created_at, changed_at)"
        " VALUES ($1, $2, 0, 0, 0, 0, now(), now())",
        *vault_of(ada),
    )

    requested = await olga.post(path_of(ada))
    withdrawn = await olga.request("DELETE", path_of(ada))

    assert requested["user_id"] == user_id
    assert (withdrawn.status_code, withdrawn.json()["user_id"]) == (200, user_id)


async def test_a_requested_vault_is_closed_and_a_withdrawn_one_is_in_use(
    house: House, eve: Creator, olga: AdminClient
) -> None:
    idea = await eve.idea("found")
    assert await eve.titles({"search": "found"}) == ["found"]
    confirmation = (await olga.post(path_of(eve)))["confirmation"]
    assert vault_of(eve) not in house.parts.vaults.held()

    for answer in (await eve.list(), await eve.get(idea), await eve.post({"title": "x"}), await eve.delete(idea)):
        assert (answer.status_code, answer.json()["detail"]) == (403, "This vault is being erased or has been")
    assert (await olga.request("POST", path_of(eve))).status_code == 409
    assert (await confirmed(eve, confirmation)).status_code == 403, "a creator cannot confirm an operator's request"
    await olga.request("DELETE", path_of(eve))

    assert (await eve.get(idea)).json() == idea
    assert (await eve.post({"title": "more"})).status_code == 201
    assert (await olga.request("DELETE", path_of(eve))).status_code == 409
    assert (
        await olga.request("POST", f"{path_of(eve)}/confirm", json={"confirmation": confirmation})
    ).status_code == 409


async def test_an_operators_request_replaces_a_creators(
    eve: Creator, olga: AdminClient, database: asyncpg.Connection
) -> None:
    await eve.idea()
    mine = await asked(eve)

    theirs = (await olga.post(path_of(eve)))["confirmation"]
    await let_the_delay_pass(database, eve)

    assert (await confirmed(eve, mine)).status_code == 403
    assert (await olga.post(f"{path_of(eve)}/confirm", {"confirmation": theirs}))["state"] == "erased"


async def test_a_suspended_tenants_vault_can_be_erased_but_not_that_of_one_being_erased(
    eve: Creator, olga: AdminClient, database: asyncpg.Connection
) -> None:
    await eve.idea()
    tenant = f"/tenants/{tenant_of(eve)}"
    await olga.post(f"{tenant}/suspend")
    confirmation = (await olga.post(path_of(eve)))["confirmation"]
    await let_the_delay_pass(database, eve)
    await olga.post(f"{tenant}/erasure")

    busy = await olga.request("POST", f"{path_of(eve)}/confirm", json={"confirmation": confirmation})
    await olga.request("DELETE", path_of(eve))
    again = await olga.request("POST", path_of(eve))
    await olga.request("DELETE", f"{tenant}/erasure")
    confirmation = (await olga.post(path_of(eve)))["confirmation"]
    await let_the_delay_pass(database, eve)

    assert (busy.status_code, again.status_code) == (409, 409)
    assert (await olga.post(f"{path_of(eve)}/confirm", {"confirmation": confirmation}))["state"] == "erased"
