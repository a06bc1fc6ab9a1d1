"""Erasing a tenant: requested, delayed, confirmed; afterwards nothing of it can be read."""

from collections.abc import Awaitable, Callable

import asyncpg

from tests.admin.operators import AdminClient, tenant_of
from tests.application import House
from tests.factories import Creator
from tests.vault_rows import HISTORY

type Organization = Callable[..., Creator]

VAULTS = "SELECT user_id, revision, key_version FROM vaults WHERE tenant_id = $1 ORDER BY user_id"


async def let_the_delay_pass(sql: asyncpg.Connection, creator: Creator) -> None:
    await sql.execute("UPDATE tenant_erasures SET not_before = now() WHERE tenant_id = $1", tenant_of(creator))


async def asked(olga: AdminClient, creator: Creator) -> str:
    answer = await olga.request("POST", f"/tenants/{tenant_of(creator)}/erasure")
    assert answer.status_code == 202
    confirmation: str = answer.json()["confirmation"]
    return confirmation


async def test_an_erasure_destroys_keys_ideas_and_stored_results(
    organization: Organization, olga: AdminClient, database: asyncpg.Connection
) -> None:
    ada, bob = organization(), organization()
    await ada.post({"title": "kept for a retry"}, headers={"Idempotency-Key": "once"})
    await ada.idea("secret")
    await bob.idea("bob's")
    tenant = tenant_of(ada)
    await database.execute(
        "INSERT INTO idea_segments VALUES ($1, $2, 1, 1, 1, 'some rule', '')", *(tenant, ada.user_id)
    )
    await database.execute("INSERT INTO vault_checkpoints VALUES ($1, $2, 1, 1, '', '', now())", *(tenant, ada.user_id))
    await database.execute(HISTORY, tenant, ada.user_id)
    before = await database.fetch(VAULTS, tenant)
    confirmation = await asked(olga, ada)
    await let_the_delay_pass(database, ada)

    done = await olga.post(f"/tenants/{tenant}/erasure/confirm", {"confirmation": confirmation})

    assert done == {"tenant_id": str(tenant), "keys": 2, "ideas": 3, "answers": 1}
    emptied = (
        "ideas",
        "idea_segments",
        "vault_checkpoints",
        "idea_versions",
        "trashed_ideas",
        "idea_tombstones",
        "history_prunings",
        "idempotency_answers",
        "keys.vault_keys",
        "tenant_erasures",
    )
    for table in emptied:
        assert await database.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", tenant) == 0, table
    after = await database.fetch(VAULTS, tenant)
    assert after == before, "neither number may come again with something else behind it"
    shown = await olga.get(f"/tenants/{tenant}")
    assert (shown["status"], shown["ideas"], shown["sealed_bytes"], shown["vaults"]) == ("erased", 0, 0, 2)
    assert (await olga.events(tenant))[-3:] == ["erasure.requested", "keys.destroyed", "tenant.erased"]


async def test_erasing_an_idea_does_not_search_for_its_segment(
    ada: Creator, olga: AdminClient, database: asyncpg.Connection
) -> None:
    """The segments have been deleted before; a million look-ups among dead rows would take minutes."""
    await ada.idea("secret")
    confirmation = await asked(olga, ada)
    await let_the_delay_pass(database, ada)
    definition = await database.fetchval("SELECT pg_get_functiondef('drop_segments'::regproc)")
    await database.execute(
        "CREATE OR REPLACE FUNCTION drop_segments() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'it looks'; END $$"
    )
    try:
        done = await olga.post(f"/tenants/{tenant_of(ada)}/erasure/confirm", {"confirmation": confirmation})
    finally:
        await database.execute(definition)

    assert done["ideas"] == 1


async def test_creators_are_refused_once_an_erasure_is_requested(ada: Creator, olga: AdminClient) -> None:
    idea = await ada.idea()

    await asked(olga, ada)

    for answer in (await ada.list(), await ada.get(idea), await ada.post({"title": "x"}), await ada.delete(idea)):
        assert answer.status_code == 403
    assert (await olga.get(f"/tenants/{tenant_of(ada)}"))["erasable_from"] is not None


async def test_an_erasure_cannot_be_confirmed_too_early_nor_with_another_token(
    ada: Creator, olga: AdminClient, database: asyncpg.Connection
) -> None:
    idea = await ada.idea()
    path = f"/tenants/{tenant_of(ada)}/erasure/confirm"
    confirmation = await asked(olga, ada)

    early = await olga.request("POST", path, json={"confirmation": confirmation})
    await let_the_delay_pass(database, ada)
    wrong = await olga.request("POST", path, json={"confirmation": "wrong"})

    assert (early.status_code, wrong.status_code) == (409, 403)
    assert await database.fetchval("SELECT count(*) FROM ideas WHERE id = $1", idea["id"]) == 1


async def test_a_withdrawn_erasure_leaves_everything(ada: Creator, olga: AdminClient) -> None:
    idea = await ada.idea()
    tenant = tenant_of(ada)
    confirmation = await asked(olga, ada)

    answer = await olga.request("DELETE", f"/tenants/{tenant}/erasure")

    assert (answer.status_code, answer.json()["status"]) == (200, "suspended")
    await olga.post(f"/tenants/{tenant}/resume")
    assert (await ada.get(idea)).json() == idea
    again = await olga.request("POST", f"/tenants/{tenant}/erasure/confirm", json={"confirmation": confirmation})
    assert again.status_code == 409
    assert (await olga.request("DELETE", f"/tenants/{tenant}/erasure")).status_code == 409


async def test_a_tenant_with_a_pending_erasure_is_not_resumed_or_erased_again(ada: Creator, olga: AdminClient) -> None:
    await ada.idea()
    await asked(olga, ada)

    for path in ("resume", "suspend", "erasure"):
        assert (await olga.request("POST", f"/tenants/{tenant_of(ada)}/{path}")).status_code == 409


async def test_an_erased_tenant_stays_erased(ada: Creator, olga: AdminClient, database: asyncpg.Connection) -> None:
    await ada.idea()
    path = f"/tenants/{tenant_of(ada)}"
    confirmation = await asked(olga, ada)
    await let_the_delay_pass(database, ada)
    await olga.post(f"{path}/erasure/confirm", {"confirmation": confirmation})

    for method, step in [("POST", "resume"), ("POST", "suspend"), ("PUT", "quotas"), ("POST", "erasure")]:
        assert (await olga.request(method, f"{path}/{step}", json={})).status_code == 409
    assert (await ada.post({"title": "back"})).status_code == 403


async def test_processes_evict_keys_and_search_indexes_of_an_erased_tenant(
    house: House,
    ada: Creator,
    olga: AdminClient,
    house_with: Callable[..., Awaitable[House]],
    database: asyncpg.Connection,
) -> None:
    """The process that erases evicts them immediately, another one within seconds, without a request."""
    await ada.idea("found")
    other = await house_with()
    ada_elsewhere = other.creator(ada.user_id)
    for creator in (ada, ada_elsewhere):
        assert await creator.titles({"search": "found"}) == ["found"]
    vault = (tenant_of(ada), ada.user_id)
    confirmation = await asked(olga, ada)
    await let_the_delay_pass(database, ada)

    await olga.post(f"/tenants/{tenant_of(ada)}/erasure/confirm", {"confirmation": confirmation})

    assert vault not in house.parts.keyring._ciphers
    assert vault not in house.parts.search_cache._indexes
    await other.parts.erasure.keeper.look()
    assert vault not in other.parts.keyring._ciphers
    assert vault not in other.parts.search_cache._indexes
    assert (await ada_elsewhere.list()).status_code == 403
