"""Changes of ideas: one statement if the process knows the vault, a transaction if that does nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.core.database.statements import Statements
from tests.application import House
from tests.factories import Creator, Idea
from tests.vault_rows import SEALED_BYTES
from tests.ways import Way, followed, forget, vault_of

pytestmark = pytest.mark.no_cover

WHOLE = {"title": "Whole", "notes": "All of it", "stage": "draft", "priority": "high", "tags": ["a", "b"]}
BODIES = [{"title": "Bare"}, {**WHOLE, "due_date": "9999-12-31T23:59:59.999999Z"}]
CHANGES: list[dict[str, object]] = [
    {"title": "Other"},
    {"notes": None},
    {"due_date": "2026-03-01T12:00:00Z", "tags": []},
    {"stage": "published"},
    {},
    {"title": "Whole"},
]


async def ledger(database: asyncpg.Connection, creator: Creator) -> tuple[int, int, int]:
    """Returns revision, ideas and bytes of the vault's row, after comparing them and the digest with its ideas."""
    said = await database.fetchrow(
        "SELECT revision, idea_count, sealed_bytes, digest FROM vaults WHERE user_id = $1", creator.user_id
    )
    revision, ideas, digest = await database.fetchrow(
        "SELECT max(revision), count(*), bit_xor(stamp) FROM ideas WHERE user_id = $1", creator.user_id
    )
    assert tuple(said)[1:] == (ideas, await database.fetchval(SEALED_BYTES, creator.user_id), digest)
    assert said[0] >= revision
    return tuple(said)[:3]


def content(answer: httpx.Response) -> tuple[int, Idea]:
    """Returns the response without the fields that differ for every write."""
    unshared = {"id", "user_id", "created_at", "updated_at"}
    return answer.status_code, {name: value for name, value in answer.json().items() if name not in unshared}


async def stored(creator: Creator) -> Idea:
    idea: Idea = (await creator.post(WHOLE)).json()
    return idea


@pytest.fixture
async def two(house: House) -> tuple[tuple[Creator, Idea], tuple[Creator, Idea]]:
    """Two creators with one equal idea each. The process has nothing of the second vault in memory."""
    one, other = house.creator(), house.creator()
    ideas = [await stored(creator) for creator in (one, other)]
    forget(house, vault_of(other))
    return (one, ideas[0]), (other, ideas[1])


OPERATIONS: dict[str, Callable[[Creator, Idea, Any], Awaitable[httpx.Response]]] = {
    "create": lambda creator, _, body: creator.post(body),
    "replace": lambda creator, idea, body: creator.put(idea, body),
    "change": lambda creator, idea, body: creator.patch(idea, body),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_write_stores_the_same_by_a_statement_and_in_a_transaction(
    house: House, two: tuple[tuple[Creator, Idea], tuple[Creator, Idea]], database: asyncpg.Connection, operation: str
) -> None:
    (one, idea), (other, idea_too) = two
    for body in CHANGES if operation == "change" else BODIES:
        with followed() as warm:
            alone = await OPERATIONS[operation](one, idea, body)
        forget(house, vault_of(other))
        with followed() as cold:
            in_transaction = await OPERATIONS[operation](other, idea_too, body)

        assert (warm.way, cold.way) == (Way.STATEMENT, Way.TRANSACTION), body
        assert content(alone) == content(in_transaction), body
        assert await ledger(database, one) == await ledger(database, other), body
        for creator, answer in ((one, alone), (other, in_transaction)):
            read = await creator.get(answer.json())
            assert (read.json(), read.headers["ETag"]) == (answer.json(), answer.headers["ETag"]), body


async def test_a_deletion_leaves_the_same_by_a_statement_and_in_a_transaction(
    house: House, two: tuple[tuple[Creator, Idea], tuple[Creator, Idea]], database: asyncpg.Connection
) -> None:
    (one, idea), (other, idea_too) = two
    for creator in (one, other):
        await creator.idea("Another")
    forget(house, vault_of(other))
    with followed() as warm:
        assert (await one.delete(idea)).status_code == 204
    with followed() as cold:
        assert (await other.delete(idea_too)).status_code == 204

    assert (warm.way, cold.way) == (Way.STATEMENT, Way.TRANSACTION)
    assert await ledger(database, one) == await ledger(database, other)
    for creator, gone in ((one, idea), (other, idea_too)):
        assert await creator.titles() == ["Another"]
        assert (await creator.get(gone)).status_code == 404
        assert (await creator.delete(gone)).status_code == 404


async def test_another_version_is_refused_and_nothing_is_changed(ada: Creator, database: asyncpg.Connection) -> None:
    idea = await stored(ada)
    before = await ledger(database, ada)

    with followed() as trail:
        answers = [
            await ada.patch(idea, {"title": "Late"}, headers={"If-Match": '"99"'}),
            await ada.put(idea, {"title": "Late"}, headers={"If-Match": '"99"'}),
            await ada.delete(idea, headers={"If-Match": '"99"'}),
        ]

    assert [answer.status_code for answer in answers] == [412] * 3
    assert trail.way is Way.STATEMENT
    assert await ledger(database, ada) == before
    assert (await ada.get(idea)).json() == idea


async def test_a_first_write_creates_the_vault_in_a_transaction(ada: Creator, database: asyncpg.Connection) -> None:
    with followed() as first:
        await ada.idea("First")
    with followed() as second:
        await ada.idea("Second")

    assert (first.way, second.way) == (Way.TRANSACTION, Way.STATEMENT)
    assert (await ledger(database, ada))[:2] == (2, 2)


async def test_missing_and_foreign_ideas_cannot_be_changed(
    two: tuple[tuple[Creator, Idea], tuple[Creator, Idea]], database: asyncpg.Connection
) -> None:
    (one, _), (other, theirs) = two
    before = [await ledger(database, creator) for creator in (one, other)]
    for missing in (theirs, str(uuid4())):
        assert (await one.patch(missing, {"title": "Mine now"})).status_code == 404
        assert (await one.put(missing, {"title": "Mine now"})).status_code == 404
        assert (await one.delete(missing)).status_code == 404

    assert [await ledger(database, creator) for creator in (one, other)] == before


async def test_a_suspended_tenant_is_refused_in_a_transaction(ada: Creator, database: asyncpg.Connection) -> None:
    await ada.idea("Before")
    await database.execute("UPDATE tenants SET status = 'suspended' WHERE external_id = $1", ada.user_id)

    with followed() as trail:
        assert (await ada.post({"title": "More"})).status_code == 403
    assert trail.way is Way.BOTH


@pytest.fixture
async def elsewhere(ada: Creator, house_with: Callable[..., Awaitable[House]]) -> Creator:
    """The same creator in another process."""
    return (await house_with()).creator(ada.user_id)


async def test_writes_of_another_process_do_not_conflict(
    ada: Creator, elsewhere: Creator, database: asyncpg.Connection
) -> None:
    idea = await ada.idea("Mine")
    await elsewhere.idea("Theirs")
    await elsewhere.patch(idea, {"title": "Theirs too"})

    with followed() as trail:
        created, changed = await ada.post({"title": "More"}), await ada.patch(idea, {"notes": "Mine too"})

    assert (created.status_code, changed.status_code) == (201, 200)
    assert changed.json()["title"] == "Theirs too"
    assert trail.way is Way.STATEMENT
    assert (await ledger(database, ada))[:2] == (5, 3)


@pytest.mark.parametrize("operation", ["change", "replace", "delete"])
@pytest.mark.parametrize("times", [1, 9])
async def test_an_idea_changed_by_another_process_is_read_again(
    house: House,
    ada: Creator,
    elsewhere: Creator,
    database: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    times: int,
) -> None:
    """After one conflict by another statement; after repeated conflicts in a transaction that locks the vault."""
    idea = await ada.idea("Mine")
    await elsewhere.list()
    send, left = Statements.changed, times

    async def overtaken(self: Statements, *arguments: Any) -> Any:
        nonlocal left
        if left and self is statements:
            left -= 1
            assert (await elsewhere.patch(idea, {"notes": f"Theirs {left}"})).status_code == 200
        return await send(self, *arguments)

    statements = house.parts.statements
    monkeypatch.setattr(Statements, "changed", overtaken)
    operations: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
        "change": lambda: ada.patch(idea, {"title": "Mine again"}),
        "replace": lambda: ada.put(idea, {"title": "Mine again"}),
        "delete": lambda: ada.delete(idea),
    }
    with followed() as trail:
        answer = await operations[operation]()

    assert answer.is_success
    assert trail.transactions == (times > 1)
    if operation == "change":
        assert answer.json()["notes"] == f"Theirs {left}"
        await ledger(database, ada)


async def test_statements_and_transactions_of_one_vault_wait_for_each_other(
    ada: Creator, database: asyncpg.Connection
) -> None:
    idea = await stored(ada)
    keyed = [ada.post({"title": f"Keyed {number}"}, headers={"Idempotency-Key": f"k{number}"}) for number in range(2)]
    plain = [ada.post({"title": f"Plain {number}"}) for number in range(2)]
    changes = [ada.patch(idea, {"notes": f"Note {number}"}) for number in range(3)]

    answers = await asyncio.gather(*keyed, *changes, *plain)

    assert {answer.status_code for answer in answers} == {200, 201}
    assert (await ledger(database, ada))[:2] == (8, 5)
    assert len({answer.headers["ETag"] for answer in answers}) == 7


@pytest.mark.parametrize("way", ["PATCH", "PUT", "DELETE"])
async def test_changing_a_vanished_idea_is_not_found_and_counts_nothing(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The row is deleted just after it was read, without changing the vault's row."""
    idea = await stored(ada)
    vault = await database.fetchrow("SELECT * FROM vaults WHERE user_id = $1", ada.user_id)
    change = house.parts.statements.changed

    async def vanished_before(*arguments: Any) -> Any:
        await database.execute("DELETE FROM ideas WHERE id = $1", idea["id"])
        return await change(*arguments)

    monkeypatch.setattr(house.parts.statements, "changed", vanished_before)
    answer = await ada.request(way, ada.url_of(idea), json={"title": "Another"})

    assert answer.status_code == 404
    assert await database.fetchval("SELECT count(*) FROM ideas WHERE id = $1", idea["id"]) == 0
    assert await database.fetchrow("SELECT * FROM vaults WHERE user_id = $1", ada.user_id) == vault
