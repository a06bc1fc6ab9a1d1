"""How long a vault keeps what was replaced and deleted."""

import asyncpg
import pytest

from tests.admin.operators import EVERY_SCOPE, appointed
from tests.application import House
from tests.factories import Creator, Idea
from tests.history.undoing import choose, counted, settings, stored, trashed, undo, versions
from tests.ways import vault_of

DEFAULT = {"retention_days": None, "effective_retention_days": 30, "retention_chosen_by": "service"}
NOTHING = dict.fromkeys(("idea_versions", "trashed_ideas"), 0)


async def with_history(ada: Creator) -> tuple[Idea, str]:
    """Returns a living idea with two versions, and the undo token of a deleted one."""
    idea, other = await ada.idea("Bread"), await ada.idea("Apples")
    for title in ("Cake", "Pie"):
        await ada.patch(idea, {"title": title})
        await ada.patch(other, {"title": title})
    return idea, (await ada.delete(other)).headers["X-Undo"]


async def test_a_vault_begins_with_the_default(ada: Creator, database: asyncpg.Connection) -> None:
    assert await settings(ada) == DEFAULT
    assert await database.fetch("SELECT 1 FROM vaults WHERE user_id = $1", ada.user_id) == []
    await ada.idea("Bread")
    assert await settings(ada) == DEFAULT


async def test_the_service_has_a_default(house_with: object) -> None:
    house: House = await house_with(CREATORVAULT_TENANCY__RETENTION_DAYS="7")  # type: ignore[operator]
    ada = house.creator()
    assert await settings(ada) == DEFAULT | {"effective_retention_days": 7}


async def test_a_choice_holds_until_it_is_withdrawn(ada: Creator) -> None:
    chosen = {"retention_days": 90, "effective_retention_days": 90, "retention_chosen_by": "vault"}
    assert (await choose(ada, {"retention_days": 90})).json() == chosen  # also without a vault
    assert await settings(ada) == chosen
    assert (await choose(ada, {})).json() == chosen
    assert (await choose(ada, {"retention_days": None})).json() == DEFAULT


@pytest.mark.parametrize("wrong", [-1, 366, "x", "7", 1.5, [], True])
async def test_wrong_choices_are_refused(ada: Creator, wrong: object) -> None:
    answer = await choose(ada, {"retention_days": wrong})
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "retention_days"])


async def test_nobody_chooses_for_others(ada: Creator, house: House) -> None:
    bob = house.creator()
    for method in ("GET", "PATCH"):
        answer = await bob.request(method, f"/api/v1/{ada.user_id}/settings", json={"retention_days": 0})
        assert answer.status_code == 403


async def test_zero_deletes_everything_at_once(ada: Creator, database: asyncpg.Connection) -> None:
    idea, token = await with_history(ada)
    before = (await ada.get(idea)).headers["ETag"]
    assert (await choose(ada, {"retention_days": 0})).json() == {
        "retention_days": 0,
        "effective_retention_days": 0,
        "retention_chosen_by": "vault",
    }
    assert await stored(database, ada) == {"ideas": 1, "history_prunings": 1, **NOTHING}
    await counted(database, ada)
    assert await trashed(ada) == []
    assert (await undo(ada, token)).status_code == 404
    assert (await versions(ada, idea)).json()["items"] == []
    assert (await ada.get(idea)).headers["ETag"] == before

    await ada.patch(idea, {"title": "Another"})
    assert "X-Undo" not in (await ada.delete(idea)).headers
    assert await stored(database, ada) == {"ideas": 0, "history_prunings": 1, **NOTHING}
    await counted(database, ada)


async def test_what_comes_after_zero_is_kept_again(ada: Creator, database: asyncpg.Connection) -> None:
    idea, _ = await with_history(ada)
    await choose(ada, {"retention_days": 0})
    await choose(ada, {"retention_days": 1})
    await ada.patch(idea, {"title": "Another"})
    page = (await versions(ada, idea)).json()
    assert [(item["number"], item["title"]) for item in page["items"]] == [(3, "Pie")]
    await counted(database, ada)


async def test_a_vault_without_history_may_choose_zero(ada: Creator, database: asyncpg.Connection) -> None:
    await choose(ada, {"retention_days": 0})
    assert await stored(database, ada) == {"ideas": 0, "history_prunings": 0, **NOTHING}


async def test_only_the_trash_goes(ada: Creator, database: asyncpg.Connection) -> None:
    await ada.delete(await ada.idea("Bread"))
    await choose(ada, {"retention_days": 0})
    assert await stored(database, ada) == {"ideas": 0, "history_prunings": 0, **NOTHING}
    await counted(database, ada)


async def test_operators_choose_for_those_who_have_not(house: House, database: asyncpg.Connection) -> None:
    ada, olga = house.creator(), await appointed(database, house.client, *EVERY_SCOPE)
    idea, _ = await with_history(ada)
    tenant_id = vault_of(ada).tenant_id
    answer = await olga.request("PUT", f"/tenants/{tenant_id}/retention", json={"retention_days": 0})
    assert (answer.status_code, answer.json()["retention_days"]) == (200, 0)
    assert await settings(ada) == DEFAULT | {"effective_retention_days": 0, "retention_chosen_by": "tenant"}
    assert await trashed(ada) == []  # not shown any more, and gone with the next purge
    assert (await versions(ada, idea)).json()["items"] == []
    await choose(ada, {"retention_days": 5})
    assert len(await trashed(ada)) == 1
    assert (await choose(ada, {"retention_days": None})).json()["retention_chosen_by"] == "tenant"
    assert await stored(database, ada) == {"ideas": 1, "history_prunings": 1, **NOTHING}
    answer = await olga.request("PUT", f"/tenants/{tenant_id}/retention", json={})
    assert answer.json()["retention_days"] is None
    assert await settings(ada) == DEFAULT
    events = await database.fetch(
        "SELECT targets->>'retention_days' AS days FROM audit_events"
        " WHERE tenant_id = $1 AND verb = 'tenant.retention_set' ORDER BY sequence",
        tenant_id,
    )
    assert [event["days"] for event in events] == ["0", "default"]
