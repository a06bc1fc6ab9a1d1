"""The undo token of a deletion."""

from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits
from uuid import UUID

import asyncpg
import httpx
import pytest

from creatorvault.ideas.history.undo_tokens import DeletedVersion, Undo, read_undo_token, undo_token
from tests.application import House
from tests.factories import Creator, Idea
from tests.history.aging import cipher_of
from tests.history.undoing import choose, counted, empty_trash, restore, trashed, undo
from tests.ways import forget, vault_of


def refused(answer: httpx.Response, kind: str) -> bool:
    [error] = answer.json()["detail"]
    return (answer.status_code, error["type"], error["loc"]) == (422, kind, ["body", "undo"]) and "input" not in error


async def deleted(ada: Creator, idea: Idea) -> str:
    answer = await ada.delete(idea)
    assert answer.status_code == 204
    return answer.headers["X-Undo"]


async def test_it_restores_what_was_deleted(ada: Creator, database: asyncpg.Connection) -> None:
    idea, beside = await ada.idea("Bread", tags=["a"]), await ada.idea("Apples")
    token, other = await deleted(ada, idea), await deleted(ada, beside)

    answer = await undo(ada, token)

    assert (answer.status_code, answer.json()) == (200, {"items": [idea]})
    assert (await undo(ada, token)).json() == {"items": [idea]}
    assert [item["id"] for item in await trashed(ada)] == [beside["id"]]
    changed = (await ada.patch(idea, {"title": "Cake"})).json()
    assert (await undo(ada, token)).json() == {"items": [changed]}
    assert (await undo(ada, other)).json() == {"items": [beside]}
    await counted(database, ada)


async def test_it_fits_headers_and_urls(ada: Creator) -> None:
    token = await deleted(ada, await ada.idea("Bread"))
    assert set(token) <= set(f"{ascii_letters}{digits}-_")


async def test_a_browser_may_read_it(house: House, ada: Creator) -> None:
    idea = await ada.idea("Bread")
    answer = await ada.delete(idea, headers={"Origin": "http://localhost:3000"})
    assert "X-Undo" in answer.headers["Access-Control-Expose-Headers"]


async def test_only_the_last_deletion_is_undone(ada: Creator) -> None:
    idea = await ada.idea("Bread")
    first = await deleted(ada, idea)
    await restore(ada, idea)
    second = await deleted(ada, idea)

    assert refused(await undo(ada, first), "undo_superseded")
    assert len(await trashed(ada)) == 1
    assert (await undo(ada, second)).json() == {"items": [idea]}


async def test_what_was_deleted_for_good_stays_deleted(ada: Creator) -> None:
    idea = await ada.idea("Bread")
    token = await deleted(ada, idea)
    await empty_trash(ada)

    answer = await undo(ada, token)
    assert (answer.status_code, answer.json()["detail"]) == (404, f"Idea {idea['id']} is not in the trash")


async def test_a_vault_that_keeps_nothing_has_no_token(ada: Creator) -> None:
    idea = await ada.idea("Bread")
    await choose(ada, {"retention_days": 0})
    assert "X-Undo" not in (await ada.delete(idea)).headers


async def test_others_cannot_use_it(house: House, ada: Creator) -> None:
    idea = await ada.idea("Bread")
    token = await deleted(ada, idea)
    bob, same_user = house.creator(), house.creator(ada.user_id, {"org_id": "acme", "org_role": "member"})
    assert refused(await undo(bob, token), "undo_invalid")  # without a vault
    for other in (bob, same_user):
        await other.idea("Another")
        assert refused(await undo(other, token), "undo_invalid")
    assert (await bob.request("POST", f"/api/v1/{ada.user_id}/undo", json={"undo": token})).status_code == 403


async def test_anything_else_is_refused(ada: Creator) -> None:
    token = await deleted(ada, await ada.idea("Bread"))
    cursor = (await ada.list({"cursor": "", "limit": 1})).json()
    assert cursor["next_cursor"] is None
    for wrong in (token[:-1], f"{token}A", f"{token}=", "B" + token[1:], "x", "ä", "  ", token.swapcase()):
        assert refused(await undo(ada, wrong), "undo_invalid"), wrong
    for unfit in ("", None, 5, [token], "x" * 4097):
        answer = await undo(ada, unfit)
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "undo"])


async def test_after_ten_minutes_it_has_expired(ada: Creator, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    idea = await ada.idea("Bread")
    token = await deleted(ada, idea)
    found = read_undo_token(cipher_of(house, ada), token)
    assert not found.is_expired(found.deleted_at + timedelta(minutes=10, microseconds=-1))
    assert found.is_expired(found.deleted_at + timedelta(minutes=10))

    monkeypatch.setattr("creatorvault.ideas.history.undo_tokens.VALID", timedelta(0))
    assert refused(await undo(ada, token), "undo_expired")
    assert len(await trashed(ada)) == 1


async def test_a_token_of_several_deletions_restores_them_all(
    ada: Creator, house: House, database: asyncpg.Connection
) -> None:
    """As deletions in bulk will send it: all have the same time."""
    ideas = [await ada.idea(f"Idea {number}") for number in range(3)]
    for idea in ideas:
        await ada.delete(idea)
    rows = await database.fetch("SELECT id, stamp FROM trashed_ideas WHERE user_id = $1", ada.user_id)
    assert len(rows) == 3
    given = Undo(
        datetime(2026, 1, 1, tzinfo=UTC), [DeletedVersion(UUID(int=7), 0), DeletedVersion(UUID(int=8), 2**63 - 1)]
    )
    cipher = cipher_of(house, ada)
    assert read_undo_token(cipher, undo_token(cipher, given)) == given
    # Deleted one by one, the others are of another time.
    deleted_at = await database.fetchval("SELECT max(deleted_at) FROM trashed_ideas WHERE user_id = $1", ada.user_id)
    last = undo_token(cipher, Undo(deleted_at, [DeletedVersion(row["id"], row["stamp"]) for row in rows]))
    assert refused(await undo(ada, last), "undo_superseded")


async def test_it_survives_a_rotation(house_with: object, database: asyncpg.Connection) -> None:
    rotating: House = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="2")  # type: ignore[operator]
    ada = rotating.creator()
    idea = await ada.idea("Bread")
    token = await deleted(ada, idea)
    for number in range(4):
        await ada.idea(f"Idea {number}")
    assert await database.fetchval("SELECT key_version FROM vaults WHERE user_id = $1", ada.user_id) > 1

    assert (await undo(ada, token)).json() == {"items": [idea]}


async def test_a_process_that_has_nothing_undoes(ada: Creator, house: House) -> None:
    idea = await ada.idea("Bread")
    token = await deleted(ada, idea)
    forget(house, vault_of(ada))
    assert (await undo(ada, token)).json() == {"items": [idea]}
