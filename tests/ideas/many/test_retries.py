"""A bulk request that is sent again under the same key is executed once."""

import asyncio
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from creatorvault.crypto.envelope import context, time_part
from creatorvault.idempotency.services import DOMAIN, PURPOSE
from tests.application import House
from tests.factories import Creator
from tests.history.aging import cipher_of
from tests.history.undoing import choose, undo
from tests.ideas.many.operating import KEY, STALE, bulk, change, counters, delete, new, replace, statuses, unused
from tests.ways import vault_of

pytestmark = pytest.mark.usefixtures("house")


def same(one: httpx.Response, other: httpx.Response) -> bool:
    return (one.status_code, one.content, one.headers.get("X-Undo")) == (
        other.status_code,
        other.content,
        other.headers.get("X-Undo"),
    )


async def test_the_answer_is_the_same(ada: Creator, database: asyncpg.Connection) -> None:
    one, two, three = [await ada.idea(name, notes="n") for name in ("One", "Two", "Three")]
    own = unused()
    operations: list[Any] = [
        new("New", own, tags=["a"]),
        new("Nameless"),
        change(one, stage="draft"),
        change(one, stage="published"),
        replace(two, "Whole", tags=["b"]),
        delete(three),
        change(own, notes="More"),
        new("Taken", own),
        delete(two, STALE),
        delete(unused()),
        {"op": "create", "idea": {"title": ""}},
    ]
    first = await bulk(ada, *operations, atomic=False, headers=KEY)
    before = await counters(database, ada)
    assert statuses(first.json()["results"]) == [201, 201, 200, 200, 200, 204, 200, 409, 412, 404, 422]
    assert same(await bulk(ada, *operations, atomic=False, headers=KEY), first)
    await ada.patch(one, {"title": "Changed since"})
    await ada.delete(two)
    assert same(await bulk(ada, *operations, atomic=False, headers=KEY), first)
    await counters(database, ada)
    assert (await undo(ada, first.headers["X-Undo"])).json() == {"items": [three]}
    assert before[0] + 3 == (await counters(database, ada))[0]


async def test_an_idea_whose_version_is_gone_is_null(ada: Creator) -> None:
    """No copy is kept of what a vault has to forget."""
    await choose(ada, {"retention_days": 0})
    idea = await ada.idea("Secret")
    operations = [change(idea, stage="draft"), new("Also secret")]
    first = (await bulk(ada, *operations, headers=KEY)).json()
    await ada.delete(idea)
    again = (await bulk(ada, *operations, headers=KEY)).json()
    assert again["results"][0] == first["results"][0] | {"idea": None}
    assert again["results"][1] == first["results"][1]


async def test_no_copy_of_an_idea_is_kept(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    idea = await ada.idea("Zwiebelturm", notes="Hexenkessel", tags=["Moosglocke"])
    await bulk(ada, change(idea, stage="draft"), new("Zwiebelturm", tags=["Moosglocke"]), delete(idea), headers=KEY)
    [row] = await database.fetch(
        "SELECT name, answer, expires_at FROM idempotency_answers WHERE user_id = $1", ada.user_id
    )
    vault = vault_of(ada)
    bound = context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode(), row["name"], time_part(row["expires_at"]))
    cipher = cipher_of(house, ada)
    kept = cipher.for_purpose(PURPOSE).open_json(row["answer"], bound, msgspec.json.Decoder())
    assert not any(word in str(kept) for word in ("Zwiebelturm", "Hexenkessel", "Moosglocke"))


async def test_another_body_is_refused(ada: Creator) -> None:
    await bulk(ada, new("One"), headers=KEY)
    for answer in (
        await bulk(ada, new("Two"), headers=KEY),
        await bulk(ada, new("One"), atomic=False, headers=KEY),
        await bulk(ada, new("One"), new("One"), headers=KEY),
        await ada.post({"title": "One"}, headers=KEY),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert (await ada.list()).json()["total"] == 1


async def test_another_spelling_is_the_same_request(ada: Creator) -> None:
    first = await bulk(ada, {"op": "create", "idea": {"title": "One", "tags": []}}, headers=KEY)
    again = await bulk(ada, {"idea": {"tags": [], "title": "One"}, "op": "create"}, atomic=True, headers=KEY)
    assert same(first, again)


async def test_a_refusal_is_not_stored(ada: Creator) -> None:
    idea_id = unused()
    refused = await bulk(ada, change(idea_id, title="Missing"), headers=KEY)
    assert refused.status_code == 409
    await bulk(ada, new("Here", idea_id))
    assert (await bulk(ada, change(idea_id, title="Found"), headers=KEY)).status_code == 200


async def test_requests_at_the_same_time_are_executed_once(ada: Creator) -> None:
    await ada.idea("First")
    answers = await asyncio.gather(*[bulk(ada, new("Once"), headers=KEY) for _ in range(8)])
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert (await ada.list({"search": "once"})).json()["total"] == 1
