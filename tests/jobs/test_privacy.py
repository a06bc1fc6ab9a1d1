"""The queue holds no content, and ordinary writes have nothing to do with it."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from creatorvault.sync.events.notices import NOTIFY
from tests.application import House
from tests.canaries import Mark, search
from tests.jobs import kinds
from tests.jobs.conftest import Jobs, Marks

FUNCTIONS = "SELECT proname FROM pg_proc WHERE pronamespace::regnamespace::text = ANY ($1) AND prosrc ILIKE '%notify%'"
TABLES = ("queue", "queue_log", "schedules")


async def test_ordinary_writes_touch_no_queue_and_notify_nobody(
    house: House, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    prepare, execute = asyncpg.Connection._get_statement, asyncpg.Connection.execute

    async def _get_statement(self: Any, query: str, *arguments: Any, **more: Any) -> Any:
        sent.append(query)
        return await prepare(self, query, *arguments, **more)

    async def _execute(self: Any, query: str, *arguments: Any, **more: Any) -> Any:
        sent.append(query)
        return await execute(self, query, *arguments, **more)

    monkeypatch.setattr(asyncpg.Connection, "_get_statement", _get_statement)
    monkeypatch.setattr(asyncpg.Connection, "execute", _execute)
    ada = house.creator()
    idea = await ada.idea("First")  # in a transaction
    await ada.idea("Second")  # in one statement
    assert (await ada.patch(idea, {"title": "Third"})).status_code == 200
    assert (await ada.post({"title": "Fourth"}, headers={"Idempotency-Key": "once"})).status_code == 201
    assert (await ada.delete(idea)).status_code == 204

    assert any("INSERT INTO ideas" in statement for statement in sent)
    to_the_queue = [statement for statement in sent if "jobs." in statement or "notify" in statement.lower()]
    assert [statement for statement in to_the_queue if statement != NOTIFY] == []  # that of live updates
    monkeypatch.undo()
    assert await database.fetch(FUNCTIONS, ["public", "keys", "jobs"]) == []


async def test_the_queue_and_the_log_contain_no_content(
    jobs: Jobs, marks: Marks, work: Callable[[], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = Mark.new()
    title, notes, tag, message = (canary for canary, _ in zip(mark.canaries(), range(4), strict=False))
    ada = jobs.house.creator()
    await ada.idea(title, notes=notes, tags=[tag])
    monkeypatch.setattr(kinds, "PRIVATE", message)
    for kind in ("tests.do", "tests.fail_once", "tests.give_up", "tests.fail"):
        await jobs.add(kind, "ada")
    await work()
    await marks.until("SELECT count(*) >= 2 FROM marks WHERE mark = 'broken'")
    await marks.until("SELECT EXISTS (SELECT FROM jobs.queue WHERE status = 'failed')")
    await marks.until("SELECT EXISTS (SELECT FROM jobs.queue WHERE attempts > 0)")

    found = [
        (table, row["row"].encode())
        for table in TABLES
        for row in await marks.sql.fetch(f"SELECT t::text AS row FROM jobs.{table} t")
    ]
    assert {table for table, _ in found} == set(TABLES)
    assert search(mark, found) == []
