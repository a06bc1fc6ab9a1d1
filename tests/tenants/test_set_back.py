"""A vault's own row that was set back or is missing raises one alert; then the stored state is served."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import httpx
import pytest

from creatorvault.core.database import sessions
from creatorvault.core.database.statements import Statements
from tests.application import House
from tests.factories import Creator, Idea
from tests.ideas.tampering import assert_plain_fault
from tests.logs import Logs, captured_logs
from tests.ways import vault_of

SET_BACK = """
    WITH gone AS (DELETE FROM vault_checkpoints WHERE user_id = $1)
    UPDATE vaults SET revision = revision - 1 WHERE user_id = $1
"""
"""Without a checkpoint of a later revision, which would be set back in a failover too."""

OPERATIONS: dict[str, Callable[[Creator, Idea], Awaitable[httpx.Response]]] = {
    "get": lambda ada, idea: ada.get(idea),
    "list": lambda ada, _: ada.list(),
    "filtered list": lambda ada, _: ada.list({"stage": "idea"}),
    "list that may be unchanged": lambda ada, _: ada.list(headers={"If-None-Match": '"4-0"'}),
    "search": lambda ada, _: ada.list({"search": "idea"}),
    "create": lambda ada, _: ada.post({"title": "New"}),
    "retried create": lambda ada, _: ada.post({"title": "New"}, headers={"Idempotency-Key": "k"}),
    "change": lambda ada, idea: ada.patch(idea, {"notes": "New"}),
    "replace": lambda ada, idea: ada.put(idea, {"title": "New"}),
    "delete": lambda ada, idea: ada.delete(idea),
}


@pytest.fixture
async def stored(house: House, ada: Creator) -> Idea:
    """The first of two ideas in a vault whose latest revisions belong to deleted ideas."""
    first, _, third = [await ada.idea(f"Idea {number}") for number in range(3)]
    assert (await ada.delete(third)).status_code == 204
    assert len(await ada.titles({"search": "idea"})) == 2
    await house.parts.checkpoint_writer.finish()
    return first


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_vault_that_was_set_back_raises_one_alert(
    house: House, ada: Creator, stored: Idea, database: asyncpg.Connection, logs: Logs, operation: str
) -> None:
    await database.execute(SET_BACK, ada.user_id)

    assert_plain_fault(await OPERATIONS[operation](ada, stored))

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["user_id"]) == ("vault_set_back", ada.user_id)
    assert (alert["seen"], alert["stored"]) == ("4", "3")
    # As after a failover that has lost commits: from then on the stored state is served.
    assert (await OPERATIONS[operation](ada, stored)).is_success
    assert len(logs.named("alarm")) == 1
    assert house.parts.search_cache.statistics().vaults >= (operation == "search")


async def test_caches_of_a_vault_that_was_set_back_are_cleared(
    house: House, ada: Creator, stored: Idea, database: asyncpg.Connection
) -> None:
    """The index was of a revision that may be assigned again, to other ideas."""
    await database.execute(SET_BACK, ada.user_id)
    assert (await ada.list()).status_code == 500
    vault, state = vault_of(ada), house.parts

    assert state.revisions.get(vault) is None
    assert state.keyring.newest(vault) is None
    before = state.search_cache.statistics()
    await ada.titles({"search": "idea"})
    assert state.search_cache.statistics().misses == before.misses + 1


async def test_a_write_refused_after_a_set_back_stores_nothing(
    ada: Creator, stored: Idea, database: asyncpg.Connection
) -> None:
    await database.execute(SET_BACK, ada.user_id)

    assert (await ada.post({"title": "Lost?"})).status_code == 500

    assert len(await ada.titles()) == 2


async def test_revisions_committed_by_a_transaction_are_remembered(
    ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    await ada.idea("First")
    assert (await ada.post({"title": "Second"}, headers={"Idempotency-Key": "k"})).status_code == 201
    await database.execute(SET_BACK, ada.user_id)

    assert_plain_fault(await ada.list())

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["seen"], alert["stored"]) == ("vault_set_back", "2", "1")


@pytest.mark.parametrize("operation", ["list", "search", "create", "change"])
async def test_a_vault_whose_own_row_is_missing_raises_an_alert(
    ada: Creator, stored: Idea, database: asyncpg.Connection, logs: Logs, operation: str
) -> None:
    await _delete_vault(ada, database)

    assert_plain_fault(await OPERATIONS[operation](ada, stored))

    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_set_back"]


@pytest.mark.parametrize(
    ("operation", "code"),
    [("get", "vault_mismatch"), ("list", "vault_mismatch"), ("search", "vault_mismatch"), ("create", "vault_set_back")],
)
async def test_a_missing_vault_row_raises_an_alert_in_a_new_process(
    ada: Creator,
    stored: Idea,
    house_with: Callable[..., Awaitable[House]],
    database: asyncpg.Connection,
    operation: str,
    code: str,
) -> None:
    await _delete_vault(ada, database)
    restarted = (await house_with()).creator(ada.user_id)

    with captured_logs() as logs:
        for _ in range(2):
            assert_plain_fault(await OPERATIONS[operation](restarted, stored))

    assert [alert["code"] for alert in logs.named("alarm")] == [code, code]


async def _delete_vault(ada: Creator, database: asyncpg.Connection) -> None:
    await database.execute("SET session_replication_role = replica")
    await database.execute("DELETE FROM vaults WHERE user_id = $1", ada.user_id)


@pytest.mark.parametrize("operation", ["get", "list", "filtered list", "search", "change", "replace"])
async def test_an_idea_that_is_newer_than_its_vault_raises_an_alert(
    ada: Creator,
    house_with: Callable[..., Awaitable[House]],
    database: asyncpg.Connection,
    operation: str,
) -> None:
    """A process without knowledge of the vault detects that its row is older than its ideas."""
    idea = await ada.idea("Idea")
    changed = (await ada.patch(idea, {"notes": "Newer"})).json()
    await database.execute(SET_BACK, ada.user_id)
    restarted = (await house_with()).creator(ada.user_id)

    with captured_logs() as logs:
        for _ in range(2):
            assert_plain_fault(await OPERATIONS[operation](restarted, changed))

    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"] * 2


async def test_a_key_that_the_vaults_row_lacks_raises_an_alert(
    ada: Creator, stored: Idea, database: asyncpg.Connection, logs: Logs
) -> None:
    await database.execute("UPDATE vaults SET key_version = 0 WHERE user_id = $1", ada.user_id)

    assert_plain_fault(await ada.post({"title": "Under which key?"}))
    assert_plain_fault(await ada.get(stored))

    alerts = [(alert["code"], alert["user_id"], alert["key_version"]) for alert in logs.named("alarm")]
    assert alerts == [("vault_set_back", ada.user_id, "1"), ("lost_key", ada.user_id, "0")]


class Held:
    """Delays the first result of a statement until another event."""

    def __init__(self) -> None:
        self.answered, self.let_go = asyncio.Event(), asyncio.Event()

    async def hold(self) -> None:
        if not self.answered.is_set():
            self.answered.set()
            await self.let_go.wait()


@pytest.mark.parametrize("way", ["in one statement", "from a snapshot"])
async def test_a_read_that_began_before_a_change_raises_no_alert(
    house: House, ada: Creator, stored: Idea, logs: Logs, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """It returns the earlier state after this process has seen the change."""
    held, rows, run = Held(), Statements.rows, sessions.run

    async def slow_rows(self: Statements, statement: str, *arguments: object) -> Sequence[Any]:
        answer = await rows(self, statement, *arguments)
        await held.hold()
        return answer

    async def slow_run(*arguments: Any) -> Sequence[Any]:
        answer = await run(*arguments)
        await held.hold()
        return answer

    if way == "in one statement":
        monkeypatch.setattr(Statements, "rows", slow_rows)
    else:
        monkeypatch.setattr("creatorvault.tenants.services.run", slow_run)
        house.parts.keyring.forget(vault_of(ada))
    reading = asyncio.create_task(ada.list())
    await held.answered.wait()
    created = await ada.post({"title": "Meanwhile"})
    assert len(await ada.titles()) == 3
    held.let_go.set()
    answer = await reading

    assert created.status_code == 201
    assert (answer.status_code, answer.json()["total"]) == (200, 2)
    assert logs.named("alarm") == []


async def test_a_first_write_rolled_back_raises_no_alert_later(
    house: House, ada: Creator, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vault's row existed only in a transaction that was rolled back."""

    async def failing(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("creatorvault.tenants.opening.LockedVault.apply", failing)
    assert (await ada.post({"title": "Lost"})).status_code == 500
    monkeypatch.undo()

    assert await ada.titles() == []
    assert (await ada.post({"title": "First"})).status_code == 201
    assert logs.named("alarm") == []
