"""A commit whose confirmation is lost: the client gets 503, and a retry is safe."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from creatorvault.core.database.statements import Statements
from tests.application import House
from tests.factories import Creator
from tests.faults.conftest import Sessions
from tests.faults.hanging import HangingWire
from tests.foreign import DISTRIBUTED
from tests.ways import forget, vault_of
from tests.write_paths import STATEMENTS, WRITES, warmed_up, watched

AFTERWARDS = {"POST": ["In doubt", "Before"], "PUT": ["In doubt"], "PATCH": ["In doubt"], "DELETE": []}


def end_of_a_change_by(creator: Creator) -> bytes:
    """Returns what is on the wire when a statement that changes the vault is committed.

    In distributed mode that is the end of its transaction. On one server it is the statement, whose first arguments
    these are: the user, then the version of its key, in four bytes. The text of the statement is sent once per
    connection.
    """
    return b"COMMIT" if DISTRIBUTED else creator.user_id.encode() + (4).to_bytes(4)


async def test_a_write_is_never_acknowledged_before_its_commit(house: House, wire: HangingWire) -> None:
    grace = house.creator()
    await grace.idea("First")
    forget(house, vault_of(grace))  # so that it is a transaction

    wire.hold_answers_to(b"COMMIT")
    answer = await grace.post({"title": "In doubt"})
    wire.resume()

    assert answer.status_code == 503
    assert await grace.titles() == ["In doubt", "First"], "this one was stored, and only a retry can tell"


async def test_a_retry_with_the_same_key_stores_nothing_twice(house: House, wire: HangingWire) -> None:
    grace = house.creator()
    await grace.idea("First")
    headers = {"Idempotency-Key": "one"}

    wire.hold_answers_to(b"COMMIT")
    lost = await grace.post({"title": "Once"}, headers=headers)
    wire.resume()
    again = await grace.post({"title": "Once"}, headers=headers)

    assert (lost.status_code, again.status_code) == (503, 201)
    assert await grace.titles() == ["Once", "First"]


async def test_a_write_whose_connection_dies_before_the_commit_is_not_stored(house: House, wire: HangingWire) -> None:
    grace = house.creator()

    wire.hold_answers_to(b"INSERT INTO ideas")  # prepares the statement, once per connection
    answer = await grace.post({"title": "Lost"})
    wire.resume()

    assert answer.status_code == 503
    assert await grace.titles() == []


@pytest.mark.parametrize("method", WRITES)
async def test_a_single_statement_is_never_acknowledged_before_its_commit(
    house: House, wire: HangingWire, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    grace, ways = house.creator(), watched(monkeypatch)
    idea = await warmed_up(grace, ways)

    wire.hold_answers_to(end_of_a_change_by(grace))
    answer = await grace.request(method, grace.url_to(method, idea), json={"title": "In doubt"})
    wire.resume()

    assert ways == [STATEMENTS[method]]
    assert answer.status_code == 503
    assert await grace.titles() == AFTERWARDS[method], "this one was stored, and only reading can tell"
    await grace.idea("Next")
    assert await grace.titles() == ["Next", *AFTERWARDS[method]], "what this process saw last is no longer so"


@pytest.mark.parametrize("method", WRITES)
async def test_a_single_statement_that_never_arrives_is_not_stored(
    house: House, wire: HangingWire, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    grace, ways = house.creator(), watched(monkeypatch)
    idea = await warmed_up(grace, ways)
    changed = Statements.changed

    async def hanging(self: Statements, statement: str, *arguments: object) -> Any:
        wire.hang()
        return await changed(self, statement, *arguments)

    monkeypatch.setattr(Statements, "changed", hanging)
    answer = await grace.request(method, grace.url_to(method, idea), json={"title": "Lost"})
    monkeypatch.undo()
    await wire.cut()
    wire.resume()
    await wire.mend()

    assert ways == [STATEMENTS[method]]
    assert answer.status_code == 503
    assert (await grace.get(idea)).json() == idea
    assert await grace.titles() == ["Before"]


@pytest.mark.parametrize("method", WRITES)
async def test_a_single_statement_whose_connection_dies_is_atomic(
    house: House,
    wire: HangingWire,
    fresh_sql: asyncpg.Connection,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    grace, ways = house.creator(), watched(monkeypatch)
    idea = await warmed_up(grace, ways)

    async with fresh_sql.transaction():
        await fresh_sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", grace.user_id)
        request: asyncio.Task[httpx.Response] | None = None
        async with asyncio.timeout(60):
            while not await sessions.waiting():
                if request is None or request.done():  # on a busy machine it may have exceeded its budget
                    ways.clear()
                    url = grace.url_to(method, idea)
                    request = asyncio.create_task(grace.request(method, url, json={"title": "In doubt"}))
                await asyncio.sleep(0.01)
        assert request is not None
        await wire.cut()
        answer = await request
    await wire.mend()
    async with asyncio.timeout(60):
        while await sessions.in_transaction():  # noqa: ASYNC110  # PostgreSQL tells nobody
            await asyncio.sleep(0.01)

    assert ways == [STATEMENTS[method]]
    assert answer.status_code == 503
    titles = await grace.titles()
    assert titles in (AFTERWARDS[method], ["Before"]), "only reading can tell"
    vault = await fresh_sql.fetchrow("SELECT idea_count, revision FROM vaults WHERE user_id = $1", grace.user_id)
    assert tuple(vault) == (len(titles), 1 + (titles != ["Before"]))
