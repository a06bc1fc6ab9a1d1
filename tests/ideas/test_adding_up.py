"""Rows removed or added outside of the service: reading a list to its end raises an alert."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.core.database.statements import Statements
from tests.application import House
from tests.factories import Creator, Idea
from tests.ideas.tampering import assert_plain_fault
from tests.logs import Logs
from tests.ways import vault_of

LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    "just all": {"limit": 7},
    "the last page": {"limit": 3, "offset": 5},
    "the last page, which is full": {"limit": 4, "offset": 3},
    "past the end": {"offset": 40},
    "at the very end": {"offset": 7},
    "by time of change": {"sort": "updated_at", "order": "asc"},
    "by stage": {"sort": "stage"},
    "some of them": {"stage": "draft", "limit": 1},
    "others of them": {"priority": "medium", "sort": "priority", "limit": 1},
    "none of them": {"stage": "published"},
    "the first page by cursor, which is the last": {"cursor": ""},
    "some of them by cursor": {"cursor": "", "stage": "draft", "limit": 1},
    "by title": {"sort": "title", "limit": 1},
    "a search": {"search": "nothing has this"},
    "a tag": {"tags": "none"},
}
CHANGES = {
    "misses an idea": "DELETE FROM ideas WHERE id = $1",
    "has an idea that is not counted": """
        INSERT INTO ideas SELECT tenant_id, user_id, gen_random_uuid(), title, notes, tags, stage, priority, due_date,
            '2000-01-01Z', updated_at, revision FROM ideas WHERE id = $1
    """,
    "counts one more": "UPDATE vaults SET idea_count = idea_count + 1 FROM ideas WHERE OF_THIS",
    "counts one less": "UPDATE vaults SET idea_count = idea_count - 1 FROM ideas WHERE OF_THIS",
}

OF_THIS = "ideas.id = $1 AND ideas.tenant_id = vaults.tenant_id AND ideas.user_id = vaults.user_id"


ACCEPT = """
    UPDATE vaults SET idea_count = found.ideas, digest = found.digest, revision = revision + 1
    FROM (SELECT count(*) AS ideas, bit_xor(stamp) AS digest FROM ideas WHERE user_id = $1) AS found WHERE user_id = $1
"""


@pytest.fixture
async def ideas(ada: Creator, database: asyncpg.Connection) -> list[Idea]:
    """Seven ideas, two of them drafts. From here on, the superuser's triggers are disabled."""
    made = [await ada.idea(f"Idea {number}", stage="draft" if number < 2 else "idea") for number in range(7)]
    await database.execute("SET session_replication_role = replica")
    return made


async def read_to_the_end(ada: Creator, parameters: dict[str, Any]) -> httpx.Response:
    """Returns the last response. A full page of a vault that counts one more reports that there is more."""
    answer = await ada.list(parameters)
    while answer.status_code == 200 and answer.json()["has_more"] and answer.json()["items"]:
        page = answer.json()
        go_on = {"offset": page["offset"] + len(page["items"])}
        answer = await ada.list(parameters | go_on)
    return answer


@pytest.mark.parametrize("change", CHANGES)
async def test_a_list_that_differs_from_the_count_raises_an_alert(
    house: House, ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs, change: str
) -> None:
    before = {asked: (await ada.list(parameters)).status_code for asked, parameters in LISTS.items()}

    await database.execute(CHANGES[change].replace("OF_THIS", OF_THIS), ideas[3]["id"])
    after = {}
    for asked, parameters in LISTS.items():
        house.parts.search_cache.forget(vault_of(ada))
        logs.events.clear()
        after[asked] = await read_to_the_end(ada, parameters)
        assert after[asked].status_code == 500, (asked, after[asked].text)
        [alert] = logs.named("alarm")
        # If a row that does not open is on the page, or all are opened, `tampered` is the better alert.
        expected = {"vault_mismatch", "tampered"} if "not counted" in change else {"vault_mismatch"}
        assert alert["code"] in expected, (asked, alert)
        assert_plain_fault(after[asked])

    assert set(before.values()) == {200}


async def test_a_list_with_a_missing_idea_raises_an_alert(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    await database.execute(CHANGES["misses an idea"], ideas[3]["id"])

    assert_plain_fault(await ada.list())

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["user_id"]) == ("vault_mismatch", ada.user_id)
    assert "Idea" not in logs.text


@pytest.mark.parametrize("change", CHANGES)
async def test_reading_by_cursor_to_the_end_raises_an_alert(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs, change: str
) -> None:
    first = (await ada.list({"cursor": "", "limit": 3})).json()
    second = (await ada.list({"cursor": first["next_cursor"], "limit": 3})).json()

    # An idea of the first page.
    await database.execute(CHANGES[change].replace("OF_THIS", OF_THIS), ideas[6]["id"])

    assert_plain_fault(await ada.list({"cursor": second["next_cursor"], "limit": 3}))
    assert {alert["code"] for alert in logs.named("alarm")} <= {"vault_mismatch", "tampered"}


async def test_reading_by_cursor_to_an_empty_last_page_raises_an_alert(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    first = (await ada.list({"cursor": "", "limit": 6})).json()

    await database.execute(CHANGES["misses an idea"], ideas[0]["id"])  # the only idea of the second page

    assert_plain_fault(await ada.list({"cursor": first["next_cursor"], "limit": 6}))
    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"]


async def test_an_idea_in_a_vault_with_count_zero_raises_an_alert(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    await database.execute("UPDATE vaults SET idea_count = 0 WHERE user_id = $1", ada.user_id)

    for parameters in ({}, {"cursor": ""}, {"stage": "draft"}):
        assert_plain_fault(await ada.list(parameters))

    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"] * 3


@pytest.mark.parametrize("parameters", [{"limit": 3, "offset": 4}, {}, {"stage": "draft"}, {"cursor": "", "limit": 10}])
async def test_a_consistent_last_page_takes_one_statement(
    ada: Creator, ideas: list[Idea], monkeypatch: pytest.MonkeyPatch, parameters: dict[str, Any]
) -> None:
    asked = watched(monkeypatch)

    assert (await ada.list(parameters)).status_code == 200

    assert len(asked) == 1


async def test_the_last_page_by_cursor_takes_two_statements(
    ada: Creator, ideas: list[Idea], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, statements = watched(monkeypatch), list[int]()
    cursor: str | None = ""
    while cursor is not None:
        page = (await ada.list({"cursor": cursor, "limit": 3})).json()
        cursor = page["next_cursor"]
        statements.append(len(asked))
        asked.clear()

    assert statements == [1, 1, 2]


def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records single statements, and fails on a snapshot."""
    asked: list[str] = []
    rows = Statements.rows

    async def watch(self: Statements, statement: str, *arguments: object) -> Any:
        asked.append(statement)
        return await rows(self, statement, *arguments)

    def none(*_: object) -> None:
        raise AssertionError("a snapshot")

    monkeypatch.setattr(Statements, "rows", watch)
    monkeypatch.setattr("creatorvault.core.database.sessions.Database.reading", none)
    return asked


async def test_concurrent_writes_while_reading_a_list_raise_no_alert(ada: Creator, logs: Logs) -> None:
    await ada.idea("First")

    async def write() -> None:
        for number in range(30):
            idea = await ada.idea(f"Idea {number}")
            if number % 3 == 0:
                assert (await ada.delete(idea)).status_code == 204

    async def read(parameters: dict[str, Any]) -> None:
        for _ in range(30):
            answer = await ada.list(parameters)
            assert answer.status_code == 200, answer.text

    pages: tuple[dict[str, Any], ...] = ({"limit": 100}, {"limit": 5, "offset": 3}, {"offset": 90})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        for parameters in (*pages, {"stage": "idea"}, {"cursor": ""}, {"search": "idea"}):
            tasks.create_task(read(parameters))

    assert logs.named("alarm") == []


async def test_a_search_of_a_vault_with_an_edited_count_raises_an_alert(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    assert len(await ada.titles({"search": "idea"})) == 7
    await database.execute("UPDATE vaults SET idea_count = 6 WHERE user_id = $1", ada.user_id)

    for _ in range(3):
        assert_plain_fault(await ada.list({"search": "idea"}))

    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"] * 3


async def test_a_deletion_hidden_by_an_edited_count_raises_an_alert(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    assert len(await ada.titles({"search": "idea"})) == 7
    await database.execute("DELETE FROM ideas WHERE id = $1", ideas[3]["id"])
    await database.execute("UPDATE vaults SET idea_count = 6 WHERE user_id = $1", ada.user_id)

    for _ in range(2):
        assert_plain_fault(await ada.list({"search": "idea"}))

    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"] * 2


async def test_a_vault_with_an_accepted_state_can_be_searched_again(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    """As described in docs/operations/alarms.md."""
    assert len(await ada.titles({"search": "idea"})) == 7
    await database.execute("DELETE FROM ideas WHERE id = $1", ideas[3]["id"])
    await database.execute(ACCEPT, ada.user_id)

    assert len(await ada.titles({"search": "idea"})) == 6

    assert logs.named("alarm") == []


async def test_an_idea_deleted_without_notice_is_found_as_stored(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection
) -> None:
    before = (await ada.list({"search": "idea"})).json()
    await database.execute("DELETE FROM ideas WHERE id = $1", ideas[3]["id"])

    assert (await ada.list({"search": "idea"})).json() == before


async def test_a_deletion_detected_after_a_change_raises_an_alert(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    assert len(await ada.titles({"search": "idea"})) == 7
    await database.execute("DELETE FROM ideas WHERE id = $1", ideas[3]["id"])
    assert (await ada.delete(ideas[4])).status_code == 204

    assert_plain_fault(await ada.list({"search": "idea"}))

    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"]


async def test_a_row_copied_with_another_id_does_not_open(
    ada: Creator, ideas: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    copy = uuid4()
    await database.execute(
        "INSERT INTO ideas SELECT tenant_id, user_id, $2, title, notes, tags, stage, priority, due_date, created_at,"
        " updated_at, revision FROM ideas WHERE id = $1",
        *(ideas[3]["id"], copy),
    )
    assert_plain_fault(await ada.get(str(copy)))
    assert [alert["code"] for alert in logs.named("alarm")] == ["tampered"]
