"""Figures over time: what is counted, stored, sampled and forgotten."""

from bisect import bisect_left
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from creatorvault.admin.errors import AdminOff
from creatorvault.admin.parts import AdminParts
from creatorvault.core.background.declarations import Background
from creatorvault.core.database.sessions import Database
from creatorvault.core.parts import part_of, parts_of
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.figures.counting import RequestCounts
from creatorvault.figures.durations import BOUNDS, BUCKETS
from creatorvault.figures.keeping import MOST_MINUTES, FiguresKeeper
from creatorvault.figures.parts import FiguresParts
from creatorvault.figures.sampling import forget_figures, sample_queue, sample_vaults
from creatorvault.figures.services import SPANS, FiguresService
from tests.admin.operators import AdminClient, tenant_of
from tests.application import House
from tests.canaries import Mark, search
from tests.logs import Logs
from tests.vault_rows import QUEUED

type HouseWith = Callable[..., Awaitable[House]]

TABLES = ("request_figures", "alert_figures", "vault_figures", "queue_figures")
NOON = datetime(2026, 12, 1, 12, 0, 30, tzinfo=UTC)
ADD = "INSERT INTO request_figures VALUES ($1, $2, $3, $4)"


def operators(house: House) -> Database:
    return part_of(house.app, AdminParts).database()


async def stored(house: House) -> None:
    keeper = part_of(house.app, FiguresParts).keeper
    assert keeper is not None
    await keeper.store()


def total(series: Any, name: str) -> int:
    return sum(item[name] for item in series["items"])


def durations(**buckets: int) -> list[int]:
    """Requests by milliseconds, as `durations(ms5=2)`."""
    counts = [0] * BUCKETS
    for name, number in buckets.items():
        counts[bisect_left(BOUNDS, int(name.removeprefix("ms")) / 1000)] += number
    return counts


async def series_at(house: House, now: datetime, span: Any = "hour") -> Any:
    async with operators(house).reading() as session:
        return await FiguresService(session).series(span, now)


async def test_requests_are_counted_with_errors_and_writes(fresh_house: House, oscar: AdminClient) -> None:
    await stored(fresh_house)
    before = await oscar.get("/series")
    await stored(fresh_house)
    ada = fresh_house.creator()
    await ada.idea()
    for path in ("/api/v1/nobody/ideas", "/nothing"):
        await fresh_house.client.get(path)

    await stored(fresh_house)

    after = await oscar.get("/series")
    assert (after["span"], after["step_seconds"], len(after["items"])) == ("hour", 60, 60)
    assert total(after, "requests") - total(before, "requests") == 4  # one of them for `before`
    assert total(after, "writes") - total(before, "writes") == 1
    assert total(after, "errors") == total(before, "errors") == 0
    latest = [item for item in after["items"] if item["requests"]][-1]
    assert 0 < latest["p50_milliseconds"] <= latest["p95_milliseconds"] <= latest["p99_milliseconds"]


async def test_probes_and_requests_without_an_answer_are_not_counted(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    await stored(fresh_house)
    await fresh_sql.execute("DELETE FROM request_figures")
    for path in ("/health", "/health/ready", "/health/db"):
        await fresh_house.client.get(path)

    await stored(fresh_house)

    assert await fresh_sql.fetchval("SELECT count(*) FROM request_figures") == 0


async def test_an_error_of_the_service_is_counted(
    fresh_house: House, fresh_sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(fresh_house)
    await fresh_sql.execute("DELETE FROM request_figures")
    monkeypatch.setattr("creatorvault.accounts.controllers.UserProfile", None)
    assert (await fresh_house.creator().request("GET", "/api/v1/users/me")).status_code == 500

    await stored(fresh_house)

    assert await fresh_sql.fetchval("SELECT sum(errors) FROM request_figures") == 1


async def test_processes_add_to_one_row(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute("DELETE FROM request_figures")
    for number in range(3):
        counts = RequestCounts()
        counts._durations[5], counts._errors, counts._writes = 2, number, 1
        keeper = FiguresKeeper(operators(fresh_house), counts, every_seconds=3600)
        keeper._since = NOON + timedelta(seconds=number)
        await keeper.store(NOON)
        await keeper.aclose()

    rows = await fresh_sql.fetch("SELECT * FROM request_figures")

    assert [tuple(row) for row in rows] == [(NOON.replace(second=0), 3, 3, [0] * 5 + [6] + [0] * (BUCKETS - 6))]


async def test_counts_are_stored_when_the_process_ends(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute("DELETE FROM request_figures")
    counts = RequestCounts()
    keeper = FiguresKeeper(operators(fresh_house), counts, every_seconds=3600)
    counts._durations[0] = 1

    await keeper.aclose()

    assert await fresh_sql.fetchval("SELECT count(*) FROM request_figures") == 1


async def test_counts_wait_while_the_database_refuses_them(
    fresh_house: House, fresh_sql: asyncpg.Connection, logs: Logs
) -> None:
    await fresh_sql.execute("DELETE FROM request_figures")
    counts = RequestCounts()
    keeper = FiguresKeeper(operators(fresh_house), counts, every_seconds=3600)
    keeper._since = NOON
    await fresh_sql.execute("ALTER TABLE request_figures RENAME TO elsewhere")
    for minute in (0, 0, 1):
        counts._durations[0] = 1
        await keeper.store(NOON + timedelta(minutes=minute))
    assert "figures.not_stored" in [event["event"] for event in logs.events]
    await fresh_sql.execute("ALTER TABLE elsewhere RENAME TO request_figures")

    await keeper.store(NOON + timedelta(minutes=1))

    rows = await fresh_sql.fetch("SELECT minute, durations[1] FROM request_figures ORDER BY minute")
    assert [tuple(row) for row in rows] == [(NOON.replace(second=0), 3)]
    await keeper.aclose()


async def test_the_oldest_counts_are_lost_if_the_database_stays_away(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    counts = RequestCounts()
    keeper = FiguresKeeper(operators(fresh_house), counts, every_seconds=3600)
    await fresh_sql.execute("ALTER TABLE request_figures RENAME TO elsewhere")
    for minute in range(MOST_MINUTES + 10):
        keeper._since = NOON + timedelta(minutes=minute)
        counts._durations[0] = 1
        raise_alert("of_a_test")
        await keeper.store()

    assert len(keeper._requests) == len(keeper._alerts) == MOST_MINUTES
    await keeper.aclose()


async def test_alerts_are_shown_by_code_the_latest_first(fresh_house: House, oscar: AdminClient) -> None:
    await stored(fresh_house)
    for code in ("first", "second", "second"):
        raise_alert(code)
    await stored(fresh_house)
    raise_alert("second")
    await stored(fresh_house)

    series = await oscar.get("/series", span="day")

    counts = {alert["code"]: alert["count"] for alert in series["alerts"]}
    assert (counts["first"], counts["second"]) == (1, 3)
    assert [alert["last_at"] for alert in series["alerts"]] == sorted(
        (alert["last_at"] for alert in series["alerts"]), reverse=True
    )
    assert sum(item["alerts"].get("second", 0) for item in series["items"]) == 3


async def test_percentiles_are_of_all_processes(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    minute = NOON.replace(second=0)
    await fresh_sql.execute(ADD, minute - timedelta(minutes=1), 1, 2, durations(ms5=90, ms40=10))
    await fresh_sql.execute(ADD, minute, 0, 0, durations(ms60000=1))

    *_, before, last = (await series_at(fresh_house, NOON)).items

    assert (before.at, before.requests, before.errors, before.writes) == (minute - timedelta(minutes=1), 100, 1, 2)
    assert 4 <= before.p50_milliseconds <= 6
    assert 32 <= before.p95_milliseconds < before.p99_milliseconds <= 46
    assert last.p50_milliseconds == pytest.approx(BOUNDS[-1] * 1000, abs=0.01)


@pytest.mark.parametrize("span", SPANS)
async def test_steps_add_up_what_is_stored_by_the_minute(
    fresh_house: House, fresh_sql: asyncpg.Connection, span: Any
) -> None:
    steps = SPANS[span]
    times = steps.until(NOON)
    for minute in (times[0] - timedelta(minutes=1), times[0], times[1] - timedelta(minutes=1), times[1]):
        await fresh_sql.execute(f"{ADD} ON CONFLICT DO NOTHING", minute, 0, 0, durations(ms5=1))

    series = await series_at(fresh_house, NOON, span)

    assert [item.at for item in series.items] == times
    assert times[-1] <= NOON < times[-1] + steps.length
    assert sum(item.requests for item in series.items) == (2 if span == "hour" else 3)
    assert series.items[2].requests == 0
    assert series.items[2].p50_milliseconds is None


async def test_vaults_are_sampled(fresh_house: House, oscar: AdminClient, fresh_sql: asyncpg.Connection) -> None:
    assert (await oscar.get("/series"))["items"][-1]["vaults"] is None
    for creator in (fresh_house.creator(), fresh_house.creator()):
        await creator.idea()
    await fresh_sql.execute("UPDATE vaults SET key_version = 12 WHERE user_id = (SELECT min(user_id) FROM vaults)")

    await sample_vaults(operators(fresh_house), datetime.now(UTC))

    item, status = (await oscar.get("/series"))["items"][-1], await oscar.get("/status")
    assert (item["vaults"], item["ideas"], item["key_versions"]) == (2, 2, {"1": 1, "12": 1})
    assert item["sealed_bytes"] == status["sealed_bytes"] > 0


async def test_the_queue_is_sampled(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    ada = fresh_house.creator()
    await ada.idea()
    for _ in range(3):
        await fresh_sql.execute(QUEUED, tenant_of(ada), ada.user_id)
    await fresh_sql.execute("UPDATE jobs.queue SET status = 'failed' WHERE id = (SELECT min(id) FROM jobs.queue)")
    await sample_queue(operators(fresh_house), NOON)
    await fresh_sql.execute("DELETE FROM jobs.queue")
    await sample_queue(operators(fresh_house), NOON + timedelta(seconds=10))

    last = (await series_at(fresh_house, NOON)).items[-1]

    assert (last.jobs_waiting, last.jobs_failed) == (2, 1)


async def test_a_sample_counts_until_the_next_one_is_overdue(fresh_house: House) -> None:
    minute = NOON.replace(second=0)
    await sample_vaults(operators(fresh_house), minute - timedelta(minutes=65))
    await sample_vaults(operators(fresh_house), minute - timedelta(minutes=20))

    items = (await series_at(fresh_house, NOON)).items

    known = [item.at for item in items if item.vaults is not None]
    first = minute - timedelta(minutes=59)
    assert known == [
        *(first + timedelta(minutes=later) for later in range(5)),
        *(minute - timedelta(minutes=20) + timedelta(minutes=later) for later in range(11)),
    ]


async def test_old_figures_are_forgotten(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    database = operators(fresh_house)
    for age in (timedelta(days=9), timedelta(days=7)):
        await fresh_sql.execute(ADD, NOON - age, 0, 0, durations(ms5=1))
        await fresh_sql.execute("INSERT INTO alert_figures VALUES ($1, 'one', 1)", NOON - age)
        await sample_vaults(database, NOON - age)
        await sample_queue(database, NOON - age)

    await forget_figures(database, NOON)

    for table in TABLES:
        column = "minute" if table in TABLES[:2] else "taken_at"
        kept = await fresh_sql.fetchval(f"SELECT count(*) FROM {table} WHERE {column} < $1", NOON)
        assert kept == 1, table


async def test_schedules_work_as_operators(
    fresh_house: House, fresh_sql: asyncpg.Connection, house_with: HouseWith
) -> None:
    schedules = part_of(fresh_house.app, Background).schedules
    names = ("figures.vaults", "figures.queue", "figures.forget")
    for name in names:
        await schedules[name].run(parts_of(fresh_house.app))
    assert await fresh_sql.fetchval("SELECT count(*) FROM vault_figures") == 1
    assert await fresh_sql.fetchval("SELECT count(*) FROM queue_figures") == 1

    without = await house_with(DATABASE_OPERATOR_URL="")

    assert part_of(without.app, FiguresParts).keeper is None
    assert parts_of(without.app).get(RequestCounts) is None
    for name in names:
        with pytest.raises(AdminOff):
            await schedules[name].run(parts_of(without.app))


async def test_an_unknown_span_is_refused(oscar: AdminClient) -> None:
    answer = await oscar.request("GET", "/series", params={"span": "year"})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_the_tables_hold_nothing_of_anybody(
    fresh_house: House, fresh_sql: asyncpg.Connection, oscar: AdminClient
) -> None:
    mark = Mark.new()
    name, *content = (canary for canary, _ in zip(mark.canaries(), range(4), strict=False))
    ada = fresh_house.creator(name)
    idea = await ada.idea(content[0], notes=content[1], tags=[content[2]])
    await ada.delete(idea)
    await fresh_house.client.get(f"/{name}")
    await sample_vaults(operators(fresh_house), datetime.now(UTC))
    await sample_queue(operators(fresh_house), datetime.now(UTC))
    await stored(fresh_house)

    rows = {table: [str(row) for row in await fresh_sql.fetch(f"SELECT t::text FROM {table} t")] for table in TABLES}
    shown = (await oscar.request("GET", "/series", params={"span": "week"})).content

    assert all(rows[table] for table in TABLES if table != "alert_figures")
    places = [*((table, "".join(found).encode()) for table, found in rows.items()), ("the response", shown)]
    assert search(mark, places) == []
    columns = await fresh_sql.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ANY ($1)", [*TABLES]
    )
    assert {column["column_name"] for column in columns if column["data_type"] in {"text", "uuid"}} == {"code"}
