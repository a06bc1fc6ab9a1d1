"""Other people's ideas, changed rows, other writers, and databases that fail: nothing is stored by halves."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from litestar import Request

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.http import list_bodies
from creatorvault.core.http.list_bodies import LargeBodies
from creatorvault.ideas.many.storing import BatchStore
from tests.application import PATIENT, House
from tests.factories import Creator
from tests.history.undoing import undo, versions
from tests.ideas.many.operating import (
    bulk,
    change,
    codes,
    counters,
    delete,
    new,
    replace,
    results,
    statuses,
    unused,
)
from tests.ideas.tampering import PRIVATE, WORDS, Attacker, assert_plain_fault
from tests.logs import Logs
from tests.ways import forget, vault_of

type Houses = Callable[..., Awaitable[House]]


async def test_ideas_of_others_do_not_exist(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    bob, carol = house.creator(), house.creator(claims={"org_id": "elsewhere", "org_role": "member"})
    theirs = [await bob.idea("Bob's"), await carol.idea("Carol's")]
    for idea in theirs:
        operations = (change(idea, title="Mine"), replace(idea), delete(idea))
        answer = await bulk(ada, *operations, atomic=False)
        assert statuses(answer.json()["results"]) == [404, 404, 404]
        assert codes(answer) == ["idea_not_found"] * 3
    assert statuses(await results(ada, new("Mine", theirs[0]["id"]))) == [201]
    assert [(await bob.get(theirs[0])).json(), (await carol.get(theirs[1])).json()] == theirs
    assert (await ada.get(theirs[0])).json()["title"] == "Mine"
    await counters(database, bob)


async def test_another_path_is_refused_before_the_body_is_read(house: House, ada: Creator) -> None:
    bob = house.creator()
    url = f"/api/v1/{bob.user_id}/ideas/bulk"
    assert (await ada.request("POST", url, content=b"no JSON")).status_code == 403
    assert (await house.client.post(url, json={"operations": []})).status_code == 401


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.parametrize("column", ["title", "tags", "stage", "updated_at", "number"])
async def test_a_changed_row_stops_the_whole_request(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs, column: str, atomic: bool
) -> None:
    idea, beside = await ada.idea(**PRIVATE), await ada.idea("Beside")
    forget(house, vault_of(ada))
    attacker = Attacker(database)
    value = await attacker.column(idea, column)
    match value:
        case bytes():
            value = value[:-1] + bytes([value[-1] ^ 1])
        case int():
            value += 1
        case _:
            value = await database.fetchval("SELECT $1::timestamptz + interval '1 second'", value)
    await attacker.set(idea, **{column: value})
    before = await counters(database, ada)
    logs.events.clear()
    answer = await bulk(ada, new("New"), change(beside, title="Changed"), change(idea, stage="draft"), atomic=atomic)

    assert_plain_fault(answer)
    assert [(alert["code"], alert["idea_id"]) for alert in logs.named("alarm")] == [("tampered", idea["id"])]
    assert await counters(database, ada) == before
    assert (await ada.get(beside)).json() == beside
    assert not any(word in logs.text for word in WORDS)


async def test_logs_have_no_content(ada: Creator, logs: Logs) -> None:
    operations: list[Any] = [
        new("Zwiebelturm", tags=["Moosglocke"]),
        {"op": "create", "idea": {"title": "Hexenkessel" * 50}},
    ]
    for atomic in (True, False):
        await bulk(ada, *operations, atomic=atomic)
    await bulk(ada, new("Hexenkessel"), delete(unused()))
    assert not any(word in logs.text for word in WORDS)


async def test_concurrent_requests_follow_each_other(ada: Creator, database: asyncpg.Connection) -> None:
    ideas = [result["idea"] for result in await results(ada, *[new(f"Idea {place}") for place in range(20)])]
    writers = [bulk(ada, *[change(idea, notes=str(writer)) for idea in ideas]) for writer in range(4)]
    singles = [ada.patch(idea, {"notes": "single"}) for idea in ideas]
    answers = await asyncio.gather(*writers, *singles, bulk(ada, *[new() for _ in range(20)]))

    assert {answer.status_code for answer in answers} == {200}
    revision, count, *_ = await counters(database, ada)
    assert (revision, count) == (20 + 4 * 20 + 20 + 20, 40)
    for idea in ideas[:3]:
        assert (await versions(ada, idea)).json()["total"] == 5


async def test_one_of_two_conflicting_conditions_wins(ada: Creator) -> None:
    idea = await ada.idea("Bread")
    tag = (await ada.get(idea)).headers["ETag"]
    answers = await asyncio.gather(*[bulk(ada, change(idea, tag, notes=str(place)), new()) for place in range(6)])
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    assert (await ada.list()).json()["total"] == 2


@pytest.mark.parametrize("rotate_after", [1, 3, 50])
async def test_keys_are_rotated_in_time(house_with: Houses, database: asyncpg.Connection, rotate_after: int) -> None:
    house = await house_with(**PATIENT, CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS=str(rotate_after))
    ada = house.creator()
    for _ in range(3):
        found = await results(ada, *[new() for _ in range(20)])
        await results(ada, *[change(result["id"], stage="draft") for result in found[:5]])
    keys = await database.fetch(
        "SELECT first_revision FROM keys.vault_keys WHERE user_id = $1 ORDER BY version", ada.user_id
    )
    assert [row["first_revision"] for row in keys] == {
        1: [1, 21, 26, 46, 51, 71],
        3: [1, 21, 26, 46, 51, 71],
        50: [1, 51],
    }[rotate_after]
    await ada.idea()
    forget(house, vault_of(ada))
    ideas = (await ada.list({"search": "new", "limit": 100})).json()
    assert ideas["total"] == 60
    token = (await bulk(ada, *map(delete, ideas["items"][:30]))).headers["X-Undo"]
    assert len((await undo(ada, token)).json()["items"]) == 30
    await counters(database, ada)


async def test_a_transaction_that_is_cut_off_stores_nothing(
    ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    idea = await ada.idea("Bread")
    before = await counters(database, ada)
    write = BatchStore.write

    async def write_and_lose_the_connection(self: BatchStore, batch: Any, vault: Any, slices: Any) -> str | None:
        token = await write(self, batch, vault, slices)
        connection = await vault.session.connection()
        pid = (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
        await database.execute("SELECT pg_terminate_backend($1)", pid)
        return token

    with monkeypatch.context() as patch:
        patch.setattr(BatchStore, "write", write_and_lose_the_connection)
        answer = await bulk(ada, new("Cake"), change(idea, title="Toast"), delete(idea))
    assert answer.status_code == 503
    assert await counters(database, ada) == before
    assert (await ada.get(idea)).json() == idea


async def test_the_work_is_charged(house_with: Houses) -> None:
    ada = (await house_with(CREATORVAULT_LIMITS__IDENTITY_WORK_MILLISECONDS="1")).creator()
    first = await bulk(ada, *[new() for _ in range(100)])
    second = await bulk(ada, new())
    assert (first.status_code, second.status_code) == (200, 429)
    assert '"work"' in first.headers["RateLimit"]
    assert int(second.headers["Retry-After"]) > 0
    assert (await ada.post({"title": "Single"})).status_code == 201


async def test_long_bodies_wait_for_a_place(house_with: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_bodies, "AT_ONCE", 1)
    house = await house_with(**PATIENT)
    ada, bob = house.creator(), house.creator()
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncGenerator[bytes]:
        yield b'{"operations": ['
        arrived.set()
        await go_on.wait()
        yield b'{"op": "create", "idea": {"title": "Slow"}}]}'

    slow = asyncio.create_task(ada.request("POST", f"{ada.url}/bulk", content=slowly()))
    await arrived.wait()
    many = [new(notes="n" * 5000) for _ in range(30)]
    long = asyncio.create_task(bulk(bob, *many))
    assert (await bulk(bob, new())).status_code == 200
    assert not long.done()
    go_on.set()
    assert ((await slow).status_code, (await long).status_code) == (200, 200)
    assert len(house.parts.ideas.large_bodies) == 0


async def test_a_long_body_that_finds_no_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_bodies, "AT_ONCE", 1)
    places, request = LargeBodies(0.01), Request[Any, Any, Any]({"type": "http", "headers": []})  # type: ignore[arg-type]
    async with places.place(request, "ada"):
        for caller in ("ada", "bob"):
            with pytest.raises(ServiceUnavailable):
                async with places.place(request, caller):
                    pass
    async with places.place(request, "bob"):
        assert len(places) == 1
