"""Reading a row detects clear columns that were edited in SQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.factories import Creator
from tests.ideas.tampering import PRIVATE, Attacker, assert_plain_fault, assert_refused, assert_unaffected
from tests.logs import Logs

TICK = timedelta(microseconds=1)


@pytest.fixture
def attacker(database: asyncpg.Connection) -> Attacker:
    return Attacker(database)


@pytest.mark.parametrize(
    ("column", "edit"),
    [
        ("stage", lambda stage: stage + 1),
        ("priority", lambda priority: 2 - priority),
        ("due_date", lambda due: due + TICK),
        ("due_date", lambda _: None),
        ("created_at", lambda time: time - TICK),
        ("updated_at", lambda time: time + TICK),
        ("stamp", lambda stamp: stamp ^ 1),
        ("stamp", lambda _: 0),
        ("stamp", lambda stamp: -stamp),
    ],
)
async def test_an_edited_column(
    ada: Creator, attacker: Attacker, logs: Logs, column: str, edit: Callable[[Any], Any]
) -> None:
    idea = await ada.idea(**PRIVATE, priority="high", due_date="2027-01-01T00:00:00Z")
    beside = await ada.idea(**PRIVATE)

    await attacker.set(idea, **{column: edit(await attacker.column(idea, column))})

    await assert_refused(ada, idea, logs)
    await assert_unaffected(ada, beside)


async def test_an_added_due_date(ada: Creator, attacker: Attacker, logs: Logs) -> None:
    idea = await ada.idea(**PRIVATE)

    await attacker.set(idea, due_date=datetime(2027, 1, 1, tzinfo=UTC))

    await assert_refused(ada, idea, logs)


@pytest.mark.parametrize("column", ["due_date", "created_at", "updated_at"])
@pytest.mark.parametrize("value", ["infinity", "-infinity", "12000-01-01 00:00+00", "4000-01-01 00:00+00 BC"])
async def test_a_time_that_no_idea_can_have(
    ada: Creator, database: asyncpg.Connection, logs: Logs, column: str, value: str
) -> None:
    idea = await ada.idea(**PRIVATE)

    await database.execute(f"UPDATE ideas SET {column} = '{value}' WHERE id = $1", idea["id"])

    assert (await ada.get(idea)).status_code == 500
    assert (await ada.list()).status_code == 500
    assert (await ada.list({"search": "x"})).status_code == 500


@pytest.mark.parametrize("revision", [0, -1])
async def test_a_revision_before_the_first(ada: Creator, attacker: Attacker, logs: Logs, revision: int) -> None:
    """Revisions are not sealed. A search must read every row, and this one is before all rows that it reads."""
    idea = await ada.idea(**PRIVATE)

    await attacker.set(idea, revision=revision)

    await assert_unaffected(ada, idea)
    assert (await ada.list()).json()["items"] == [idea]
    assert_plain_fault(await ada.list({"search": "x"}))
    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"]


@pytest.mark.parametrize("ahead", [1, 2**40])
async def test_a_revision_after_the_last(ada: Creator, attacker: Attacker, logs: Logs, ahead: int) -> None:
    idea = await ada.idea(**PRIVATE)

    await attacker.set(idea, revision=1 + ahead)

    for answer in (await ada.get(idea), await ada.list(), await ada.list({"search": "x"})):
        assert_plain_fault(answer)
    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"] * 3


async def test_an_earlier_revision_changes_no_result(ada: Creator, attacker: Attacker) -> None:
    """Also in a process that has searched the vault before, and after other changes."""
    ideas = [await ada.idea(**PRIVATE) for _ in range(3)]
    assert len(await ada.titles({"search": "zwiebel"})) == 3

    await attacker.set(ideas[2], revision=1)
    for _ in range(2):
        await assert_unaffected(ada, ideas[2])
        assert {idea["id"] for idea in (await ada.list({"search": "zwiebel"})).json()["items"]} == {
            idea["id"] for idea in ideas
        }
        await ada.patch(ideas[0], {"notes": "Changed"})
    changed = (await ada.patch(ideas[2], {"title": "Zwiebeldach"})).json()
    await attacker.set(changed, revision=1)

    found = (await ada.list({"search": "zwiebeldach"})).json()["items"]
    assert found == [changed]


async def test_another_id(ada: Creator, attacker: Attacker, logs: Logs) -> None:
    idea, beside = await ada.idea(**PRIVATE), await ada.idea(**PRIVATE)
    other = uuid4()

    await attacker.set(idea, id=other)

    await assert_refused(ada, str(other), logs)
    await assert_unaffected(ada, beside)


async def test_two_rows_with_exchanged_ids(ada: Creator, attacker: Attacker, logs: Logs) -> None:
    first, second = await ada.idea(**PRIVATE), await ada.idea(**PRIVATE)

    await attacker.set(first, id=(spare := uuid4()))
    await attacker.set(second, id=first["id"])
    await attacker.set({"id": str(spare)}, id=second["id"])

    assert (await ada.get(first)).status_code == 500
    assert (await ada.get(second)).status_code == 500
    assert {alert["idea_id"] for alert in logs.named("alarm")} == {first["id"], second["id"]}
