"""Erasing one's own vault: asked for, confirmed with a fresh token; afterwards nothing of it is left."""

from collections.abc import Awaitable, Callable

import asyncpg

from tests.admin.operators import AdminClient, tenant_of
from tests.application import House
from tests.erasure.conftest import Organization
from tests.erasure.erasing import (
    LEFT,
    ME,
    STATE,
    aged,
    asked,
    completed,
    confirmed,
    erased,
    fill,
    holding,
    receipt_of,
    vault_of,
    verbs,
)
from tests.factories import Creator

VAULT = (
    "SELECT revision, key_version, idea_count, sealed_bytes, digest FROM vaults WHERE tenant_id = $1 AND user_id = $2"
)
STATUSES = """
    SELECT tenants.status, vaults.status FROM tenants JOIN vaults USING (tenant_id)
    WHERE tenant_id = $1 AND user_id = $2
"""


async def test_the_request_says_what_would_be_destroyed_and_destroys_nothing(
    eve: Creator, database: asyncpg.Connection
) -> None:
    idea = await eve.idea("Kept", notes="private")

    answer = await eve.request("DELETE", ME)

    state = answer.json()
    assert (answer.status_code, state["state"], state["ideas"], state["keys"]) == (202, "requested", 1, 1)
    assert state["sealed_bytes"] > 0
    assert state["whole_tenant"] is ("org_id" not in eve.claims)
    assert (await eve.get(idea)).json() == idea
    stored = await database.fetchval("SELECT confirmation FROM vault_erasures WHERE user_id = $1", eve.user_id)
    assert state["confirmation"].encode() not in stored, "only its hash is stored"
    assert "private" not in answer.text
    assert (await eve.request("GET", STATE)).json() == {**state, "confirmation": None}


async def test_the_confirmation_destroys_keys_and_rows(eve: Creator, database: asyncpg.Connection) -> None:
    await fill(eve, database, ideas=3)
    revision, key_version, *_ = await database.fetchrow(VAULT, *vault_of(eve))

    state = await erased(eve)

    rows = {"ideas": 3, "idea_segments": 1, "idempotency_answers": 1, "keys.vault_keys": 1}
    rows |= dict.fromkeys(("vault_checkpoints", "idea_versions", "trashed_ideas", "history_prunings"), 1)
    rows |= {"idea_tombstones": 1, "jobs.queue": 1, "jobs.queue_log": 1, "imported_ideas": 1}
    rows |= dict.fromkeys(("imports", "import_chunks"), 0)
    assert (state["rows"], state["keys"], state["ideas"], state["sealed_bytes"]) == (rows, 1, 0, 0)
    assert await holding(database, vault_of(eve)) == LEFT
    left = tuple(await database.fetchrow(VAULT, *vault_of(eve)))
    assert left == (revision, key_version, 0, 0, 0), "neither number may come again with something else behind it"
    is_personal = "org_id" not in eve.claims
    statuses = ("erased" if is_personal else "active", "destroyed")
    assert tuple(await database.fetchrow(STATUSES, *vault_of(eve))) == statuses
    last = ["erasure.requested", "keys.destroyed", "vault.erased", *(["tenant.erased"] if is_personal else [])]
    assert (await verbs(database, eve))[-len(last) :] == last


async def test_afterwards_every_request_is_refused_and_nothing_is_provisioned(
    eve: Creator, database: asyncpg.Connection
) -> None:
    idea = await eve.idea()
    await erased(eve)

    again = [
        await eve.list(),
        await eve.get(idea),
        await eve.post({"title": "back"}),
        await eve.post({"title": "back"}, headers={"Idempotency-Key": "again"}),
        await eve.patch(idea, {"title": "back"}),
        await eve.delete(idea),
        await eve.list({"search": "back"}),
        await eve.request("DELETE", ME),
    ]

    assert [answer.status_code for answer in again] == [403] * len(again)
    kind = "tenant" if "org_id" not in eve.claims else "vault"
    assert {answer.json()["detail"] for answer in again} == {f"This {kind} is being erased or has been"}
    assert await holding(database, vault_of(eve)) == LEFT
    assert (await eve.request("GET", STATE)).json()["state"] == "erased", "with a valid token it can still be read"


async def test_the_receipt_says_what_was_destroyed(eve: Creator, database: asyncpg.Connection) -> None:
    await fill(eve, database)
    wrapped = await database.fetchrow(
        "SELECT root_key_id, sha256(wrapped) FROM keys.vault_keys WHERE user_id = $1", eve.user_id
    )

    state = await erased(eve)

    receipt = await receipt_of(eve)
    assert (receipt.tenant_id, receipt.user_id) == (str(tenant_of(eve)), eve.user_id)
    assert [(key.version, key.root_key_id, bytes.fromhex(key.sha256)) for key in receipt.keys] == [(1, *wrapped)]
    assert receipt.rows == state["rows"]
    head = await database.fetchrow("SELECT sequence, digest FROM audit_heads WHERE tenant_id = $1", tenant_of(eve))
    assert (receipt.audit.sequence, bytes.fromhex(receipt.audit.digest)) == tuple(head)
    assert (receipt.roster.scope, receipt.iss, receipt.key_backups_expire_at) == ("service", None, None)
    assert receipt.requested_at < receipt.destroyed_at < receipt.finished_at
    assert {"title", "notes", "kept for a retry"}.isdisjoint(str(receipt))


async def test_other_members_of_an_organization_are_untouched(
    organization: Organization, database: asyncpg.Connection
) -> None:
    ada, bob = organization(), organization("owner")
    kept = await bob.idea("bob's")
    await ada.idea("ada's")

    await erased(ada)

    assert (await bob.get(kept)).json() == kept
    assert await bob.titles({"search": "bob"}) == ["bob's"]
    assert (await bob.post({"title": "more"})).status_code == 201
    members = (await bob.request("GET", "/api/v1/tenant/members")).json()["items"]
    assert [member["user_id"] for member in members] == [bob.user_id]


async def test_the_same_person_in_another_tenant_is_untouched(house: House) -> None:
    ada = house.creator(claims={"org_id": "elsewhere", "org_role": "member"})
    at_home = house.creator(ada.user_id)
    kept = await at_home.idea("at home")
    await ada.idea("at work")

    await erased(ada)

    assert (await at_home.get(kept)).json() == kept


async def test_a_stale_token_confirms_nothing(eve: Creator) -> None:
    """Nor one that the process remembers from before."""
    idea = await eve.idea()
    stale = aged(eve, 301)
    confirmation = await asked(stale)

    for _ in range(2):
        answer = await confirmed(stale, confirmation)
        assert answer.status_code == 401
        assert "newer token" in answer.json()["detail"]
        assert 'max_age="300"' in answer.headers["WWW-Authenticate"]

    assert (await eve.get(idea)).json() == idea
    assert (await completed(aged(eve, 200), confirmation)).status_code == 200


async def test_wrong_confirmations_destroy_nothing(eve: Creator, house: House, database: asyncpg.Connection) -> None:
    idea, other = await eve.idea(), house.creator()
    await other.idea()
    theirs, first, second = await asked(other), await asked(eve), await asked(eve)

    for wrong in ("", "wrong", theirs, first, second + "x"):
        answer = await confirmed(eve, wrong)
        assert (answer.status_code, answer.json()["detail"]) == (
            403,
            "This is not the confirmation of an erasure of this vault",
        )
    await database.execute("UPDATE vault_erasures SET expires_at = now() WHERE user_id = $1", eve.user_id)
    late = await confirmed(eve, second)

    assert (late.status_code, late.json()["detail"]) == (403, "The confirmation has expired; ask for the erasure again")
    assert (await eve.get(idea)).json() == idea
    assert (await completed(eve, await asked(eve))).status_code == 200


async def test_a_vault_without_anything_cannot_be_erased(eve: Creator, database: asyncpg.Connection) -> None:
    for answer in (await eve.request("DELETE", ME), await eve.request("GET", STATE)):
        assert answer.status_code == 404
    assert (await confirmed(eve, "guessed")).status_code == 403

    assert await holding(database, vault_of(eve)) == set()


async def test_a_suspended_or_closing_tenant_cannot_be_erased_by_its_creator(eve: Creator, olga: AdminClient) -> None:
    await eve.idea()
    confirmation = await asked(eve)
    for step in ("suspend", "erasure"):
        assert (await olga.request("POST", f"/tenants/{tenant_of(eve)}/{step}")).is_success

        assert (await eve.request("DELETE", ME)).status_code == 403
        assert (await confirmed(eve, confirmation)).status_code == 403

    assert (await eve.request("GET", STATE)).json()["state"] == "requested"


async def test_a_confirmation_may_be_repeated(eve: Creator) -> None:
    await eve.idea()
    confirmation = await asked(eve)

    first, second = await confirmed(eve, confirmation), await confirmed(eve, confirmation)

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert (await confirmed(eve, "wrong")).status_code == 403


async def test_the_settings_name_the_service_and_the_end_of_backups(
    house_with: Callable[..., Awaitable[House]],
) -> None:
    house = await house_with(
        CREATORVAULT_ERASURE__ISSUER="https://vault.example.org",
        CREATORVAULT_ERASURE__KEY_BACKUP_DAYS="9",
        DATABASE_OPERATOR_URL="",
    )
    ada = house.creator()
    await ada.idea()
    await erased(ada)

    receipt = await receipt_of(ada)

    assert receipt.iss == "https://vault.example.org"
    assert receipt.key_backups_expire_at is not None
    assert receipt.key_backups_expire_at > receipt.destroyed_at
    assert receipt.roster.scope == "tenant", "without an operators' login, only the tenant's vaults can be read"


async def test_options_list_every_method_of_the_path(ada: Creator) -> None:
    answer = await ada.request("OPTIONS", ME)

    assert set(answer.headers["allow"].split(", ")) >= {"DELETE", "GET", "OPTIONS"}
