"""Reads of ideas: one statement if the process knows the vault, else a transaction, with the same response."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.core.waiting import event_loop_budget
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.ideas.statements.reads import page
from tests.application import House
from tests.factories import Creator, Idea
from tests.ideas.plans import nodes_of
from tests.logs import Logs
from tests.ways import Way, followed, forget, vault_of

pytestmark = pytest.mark.no_cover

STAGES, PRIORITIES = ["idea", "outline", "draft", "published"], ["low", "medium", "high"]
IDEAS = [
    {"title": f"Idea {number}", "stage": stage, "priority": priority, "tags": ["even"] if number % 2 else []}
    for number, (stage, priority) in enumerate(product(("idea", "draft", "published"), ("low", "high")))
]
FIRST_MOMENT, LAST_MOMENT = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
FILTERS: Sequence[dict[str, list[str]]] = (
    {},
    {"stage": ["draft"]},
    {"priority": ["low", "high"]},
    {"stage": ["idea"], "priority": ["medium"]},
)
UNKNOWN = "7d0a5c86-3f0e-4a53-9d1b-2f6f0a9f4c11"


@pytest.fixture
async def stored(ada: Creator) -> list[Idea]:
    due_dates = FIRST_MOMENT, LAST_MOMENT, "2026-03-01T12:00:00+02:00"
    bodies = [*IDEAS, *({"title": "Due", "due_date": due_date} for due_date in due_dates)]
    return [(await ada.post(body)).json() for body in bodies]


def place(idea: Idea, sort: str) -> tuple[Any, str]:
    key = {"stage": STAGES.index(idea["stage"]), "priority": PRIORITIES.index(idea["priority"])}
    return key.get(sort, idea.get(sort)), idea["id"]


def expected(ideas: Sequence[Idea], sort: str, order: str, filters: dict[str, list[str]]) -> list[Idea]:
    passing = [idea for idea in ideas if all(idea[name] in wanted for name, wanted in filters.items())]
    return sorted(passing, key=lambda idea: place(idea, sort), reverse=order == "desc")


def asked(filters: dict[str, list[str]], **others: object) -> list[tuple[str, object]]:
    return [*others.items(), *((name, value) for name, values in filters.items() for value in values)]


@pytest.mark.parametrize("sort", ["created_at", "updated_at", "stage", "priority"])
async def test_a_page_is_the_same_by_a_statement_and_in_a_transaction(
    house: House, ada: Creator, stored: list[Idea], sort: str
) -> None:
    for order, filters, (limit, offset) in product(("asc", "desc"), FILTERS, ((20, 0), (2, 1), (1, 0), (3, 99))):
        parameters = asked(filters, sort=sort, order=order, limit=limit, offset=offset)
        await ada.list()
        with followed() as warm:
            alone = (await ada.list(parameters)).json()
        forget(house, vault_of(ada))
        with followed() as cold:
            in_transaction = (await ada.list(parameters)).json()

        wanted = expected(stored, sort, order, filters)
        assert (warm.way, cold.way) == (Way.STATEMENT, Way.TRANSACTION), parameters
        assert alone == in_transaction, parameters
        assert (alone["items"], alone["total"]) == (wanted[offset : offset + limit], len(wanted)), parameters


async def test_ideas_by_id_are_the_same_by_a_statement_and_in_a_transaction(
    house: House, ada: Creator, stored: list[Idea]
) -> None:
    chosen = stored[::2]
    for ids, filters in product(([], [UNKNOWN], [UNKNOWN, *(idea["id"] for idea in chosen)]), FILTERS):
        parameters = asked(filters, ids=",".join([*ids, *ids]), sort="stage", order="asc", limit=3, offset=1)
        await ada.list()
        with followed() as warm:
            alone = (await ada.list(parameters)).json()
        forget(house, vault_of(ada))
        with followed() as cold:
            in_transaction = (await ada.list(parameters)).json()

        wanted = expected([idea for idea in chosen if idea["id"] in ids], "stage", "asc", filters)
        assert (warm.way, cold.way) == (Way.STATEMENT, Way.TRANSACTION), parameters
        assert alone == in_transaction, parameters
        assert (alone["items"], alone["total"]) == (wanted[1:4], len(wanted)), parameters


async def test_a_creator_who_has_stored_nothing_has_no_ideas_by_id(ada: Creator) -> None:
    for parameters in ({"ids": UNKNOWN}, {"ids": UNKNOWN, "cursor": ""}):
        assert (await ada.list(parameters)).json()["items"] == []


async def test_ideas_of_a_vault_without_a_row_are_an_alert_by_id(
    house: House, ada: Creator, stored: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    await database.execute("SET session_replication_role = replica")
    vault = vault_of(ada)
    renamed = "UPDATE vaults SET user_id = $3 WHERE tenant_id = $1 AND user_id = $2"
    await database.execute(renamed, vault.tenant_id, vault.user_id, "nobody")

    statuses = []
    for ids in (stored[0]["id"], UNKNOWN):
        forget(house, vault)
        statuses.append((await ada.list({"ids": ids})).status_code)
    await database.execute(renamed, vault.tenant_id, "nobody", vault.user_id)

    assert statuses == [500, 500]
    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"] * 2


@pytest.mark.parametrize("sort", ["created_at", "updated_at", "stage", "priority", "title"])
async def test_pages_by_cursor_are_the_same_by_a_statement_and_in_a_transaction(
    house: House, ada: Creator, stored: list[Idea], sort: str
) -> None:
    for order, filters in product(("asc", "desc"), FILTERS):
        await ada.titles({"search": "idea"})
        cursor: str | None = ""
        seen: list[Idea] = []
        while cursor is not None:
            parameters = asked(filters, sort=sort, order=order, limit=4, cursor=cursor)
            with followed() as warm:
                alone = (await ada.list(parameters)).json()
            forget(house, vault_of(ada))
            in_transaction = (await ada.list(parameters)).json()
            await ada.titles({"search": "idea"})

            assert warm.way is Way.STATEMENT, parameters
            assert alone["items"] == in_transaction["items"], parameters
            seen += alone["items"]
            cursor = alone["next_cursor"]
        wanted = expected(stored, sort, order, filters)
        assert seen == wanted if sort != "title" else len(seen) == len(wanted)


async def test_an_empty_page_at_the_end_of_a_list_takes_no_transaction(ada: Creator, stored: list[Idea]) -> None:
    with followed() as trail:
        answer = (await ada.list({"offset": 99})).json()

    assert (answer["items"], answer["total"]) == ([], len(stored))
    assert trail.way is Way.STATEMENT


@pytest.mark.parametrize(("seconds", "pauses"), [(0.0, 5), (3600.0, 0)], ids=["over", "long"])
async def test_a_page_rests_after_each_idea_once_its_time_is_over(
    ada: Creator, stored: list[Idea], monkeypatch: pytest.MonkeyPatch, seconds: float, pauses: int
) -> None:
    counted = 0
    pause = EventLoopBudget.pause

    async def counting(budget: EventLoopBudget) -> None:
        nonlocal counted
        counted += 1
        await pause(budget)

    monkeypatch.setattr(event_loop_budget, "SLICE_SECONDS", seconds)
    monkeypatch.setattr(EventLoopBudget, "pause", counting)
    page = (await ada.list({"limit": 5})).json()

    assert (len(page["items"]), counted) == (5, pauses)


async def test_a_warm_search_takes_one_statement(ada: Creator, stored: list[Idea]) -> None:
    for question in (
        *({"search": "due"}, {"tags": "even"}, {"sort": "title", "order": "asc"}),
        *({"sort": "due_date"}, {"has_due": "false"}, {"updated_from": "2026-01-01"}),
    ):
        first = (await ada.list(question)).json()
        with followed() as again:
            assert (await ada.list(question)).json() == first
        assert again.way is Way.STATEMENT

        await ada.idea("Due later", tags=["even"])
        with followed() as changed:
            assert (await ada.list(question)).json()["total"] == first["total"] + 1
        assert changed.way is Way.BOTH


async def test_reading_an_idea_returns_the_stored_idea(ada: Creator, stored: list[Idea]) -> None:
    for idea in stored:
        with followed() as trail:
            assert (await ada.get(idea)).json() == idea
        assert trail.way is Way.STATEMENT


async def test_times_at_the_ends_of_time_are_read_in_utc(ada: Creator, stored: list[Idea]) -> None:
    due = {datetime.fromisoformat(idea["due_date"]) for idea in (await ada.list()).json()["items"] if idea["due_date"]}

    assert {datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)} <= due


async def test_an_idea_of_another_creator_is_not_found_after_two_reads(
    house: House, ada: Creator, stored: list[Idea]
) -> None:
    eve = house.creator()
    await eve.idea("Hers")

    with followed() as trail:
        assert (await eve.get(stored[0])).status_code == 404
    assert trail.way is Way.BOTH
    assert (await eve.get(str(uuid4()))).status_code == 404


async def test_a_missing_vault_or_key_is_read_in_a_transaction(house: House, ada: Creator) -> None:
    with followed() as nothing_stored:
        assert (await ada.list()).json()["total"] == 0
    await ada.idea("One")
    house.parts.keyring.forget(vault_of(ada))
    with followed() as no_key:
        assert (await ada.list()).json()["total"] == 1

    assert (nothing_stored.way, no_key.way) == (Way.TRANSACTION, Way.TRANSACTION)


@pytest.mark.own_statements
async def test_the_context_of_a_statement_ends_with_it(house: House, ada: Creator, stored: list[Idea]) -> None:
    await ada.list()

    [[left]] = await house.parts.statements.rows("SELECT current_setting('app.tenant_id', true)")
    [[visible]] = await house.parts.statements.rows("SELECT count(*) FROM ideas")

    assert not left
    assert visible == 0


async def test_the_matches_of_a_filter_are_counted_once_and_not_for_each_row(
    house: House, ada: Creator, stored: list[Idea]
) -> None:
    vault = vault_of(ada)
    statement = page("created_at", "desc", filtered=True, beyond=False)
    arguments = (str(vault.tenant_id), vault.user_id, 5, 0, [0, 2], [0, 1, 2])

    assert len(await house.parts.statements.rows(statement, *arguments)) == 5
    [[plan]] = await house.parts.statements.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments)

    counts = [node for node in nodes_of(plan) if node["Node Type"] == "Aggregate"]
    assert [node["Actual Loops"] for node in counts] == [1]
