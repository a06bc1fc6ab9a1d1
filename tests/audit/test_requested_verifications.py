"""Verifications of the audit log that operators ask for: a job does them, and stores what it has found."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from creatorvault.audit.chain import SERVICE
from creatorvault.audit.errors import NoLoginForVerification
from creatorvault.audit.job import run_verification
from creatorvault.audit.repositories import heads
from creatorvault.core.background.declarations import JobPlace
from creatorvault.core.background.progress import storing_progress
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.parts import parts_of
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed
from tests.application import House, environment_of, open_house
from tests.factories import Creator
from tests.logs import Logs
from tests.postgres import Database


@pytest.fixture
async def olga(fresh_house: House, fresh_sql: asyncpg.Connection) -> AdminClient:
    return await appointed(fresh_sql, fresh_house.client, *EVERY_SCOPE)


async def verified(house: House, olga: AdminClient) -> Any:
    """Asks, and does what a worker would."""
    asked = await olga.post("/audit/verifications")
    assert asked["state"] == "waiting"
    await run_verification(parts_of(house.app), place_of(asked["verification_id"]))
    return await olga.get(f"/audit/verifications/{asked['verification_id']}")


def place_of(verification_id: int) -> JobPlace:
    return JobPlace(SERVICE, None, UUID(int=verification_id))


async def test_a_whole_log_has_no_findings(chain: Creator, fresh_house: House, olga: AdminClient) -> None:
    found = await verified(fresh_house, olga)

    assert (found["state"], found["job_id"], found["requested_by"]) == ("finished", None, f"operator:{olga.id}")
    assert (found["findings"], found["problems"]) == (0, [])
    assert (found["events_done"], found["events_total"], found["chains"]) == (5, 5, 2)
    events = (await olga.get("/audit", tenant_id=str(SERVICE)))["items"]
    assert [(event["verb"], event["actor"]) for event in reversed(events)] == [
        ("audit.verification_requested", f"operator:{olga.id}"),
        ("audit.verified", f"operator:{olga.id}"),
    ]
    assert events[0]["targets"] == {"verification": "1", "events": "5", "findings": "0"}


async def test_what_was_changed_is_found(
    chain: Creator, fresh_house: House, olga: AdminClient, attacker: asyncpg.Connection, logs: Logs
) -> None:
    tenant = await attacker.fetchval("SELECT tenant_id FROM audit_heads")
    await attacker.execute("UPDATE audit_events SET verb = 'nothing' WHERE sequence = 2")

    found = await verified(fresh_house, olga)

    problem = {"tenant_id": str(tenant), "sequence": 2, "problem": "it was edited, or not written by this service"}
    assert (found["state"], found["findings"], found["problems"]) == ("finished", 1, [problem])
    [alarm] = logs.named("alarm")
    assert (alarm["code"], alarm["tenant_id"], alarm["sequence"]) == ("audit_broken", str(tenant), "2")


async def test_only_the_first_findings_are_stored(
    fresh_house: House, olga: AdminClient, attacker: asyncpg.Connection
) -> None:
    await attacker.execute(
        "INSERT INTO audit_heads SELECT gen_random_uuid(), 1, sha256('') FROM generate_series(1, 25)"
    )

    found = await verified(fresh_house, olga)

    assert (found["findings"], len(found["problems"])) == (25, 20)


async def test_the_queue_runs_it(fresh_house: House, olga: AdminClient) -> None:
    from creatorvault.jobs.worker import work_until  # noqa: PLC0415

    asked = await olga.post("/audit/verifications")
    stop = asyncio.Event()
    working = asyncio.create_task(work_until(parts_of(fresh_house.app), stop))
    async with asyncio.timeout(60):
        while (await olga.get("/audit/verifications"))["items"][0]["state"] != "finished":  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.1)
    stop.set()
    await working

    assert (await olga.get("/audit/verifications"))["items"][0]["verification_id"] == asked["verification_id"]


async def test_one_is_under_way_at_a_time(olga: AdminClient) -> None:
    await olga.post("/audit/verifications")

    second = await olga.request("POST", "/audit/verifications")

    assert (second.status_code, second.json()["code"]) == (409, "verification_under_way")
    assert (await olga.get("/audit/verifications"))["total"] == 1


async def test_a_cancelled_one_is_begun_again(olga: AdminClient, fresh_house: House) -> None:
    first = await olga.post("/audit/verifications")
    await olga.request("DELETE", f"/jobs/{first['job_id']}")
    assert (await olga.get("/audit/verifications/1"))["state"] == "unattended"

    second = await verified(fresh_house, olga)

    assert (second["verification_id"], second["state"]) == (first["verification_id"], "finished")


async def test_a_job_that_is_run_again_does_nothing(
    olga: AdminClient, fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    before = await verified(fresh_house, olga)
    events = await fresh_sql.fetchval("SELECT count(*) FROM audit_events")

    await run_verification(parts_of(fresh_house.app), place_of(before["verification_id"]))

    assert await olga.get("/audit/verifications/1") == before
    assert await fresh_sql.fetchval("SELECT count(*) FROM audit_events") == events


async def test_there_is_no_such_verification(olga: AdminClient) -> None:
    answer = await olga.request("GET", "/audit/verifications/7")

    assert (answer.status_code, answer.json()["code"]) == (404, "verification_not_found")


async def test_the_list_has_pages(olga: AdminClient, fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute(
        "INSERT INTO audit_verifications (requested_by, requested_at, finished_at) "
        "SELECT 'operator:olga', now(), now() FROM generate_series(1, 3)"
    )
    first = await olga.get("/audit/verifications", limit=2, cursor="")
    second = await olga.get("/audit/verifications", limit=2, cursor=first["next_cursor"])

    assert [[found["verification_id"] for found in page["items"]] for page in (first, second)] == [[3, 2], [1]]


async def test_it_needs_the_operators_login(fresh_database: Database, home: Any) -> None:
    environ = environment_of(fresh_database, home) | {"DATABASE_OPERATOR_URL": ""}
    async with open_house(environ, fresh_database) as house:
        with pytest.raises(NoLoginForVerification, match="DATABASE_OPERATOR_URL is not set"):
            await run_verification(parts_of(house.app), place_of(1))


async def test_progress_is_stored_while_the_database_is_away_now_and_then() -> None:
    stored = list[UUID]()

    async def store() -> None:
        stored.append(uuid4())
        if len(stored) == 1:
            raise ServiceUnavailable

    async with storing_progress(store, 0.001):
        while len(stored) < 3:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0)
    before = len(stored)
    await asyncio.sleep(0.01)

    assert len(stored) == before


async def test_progress_of_a_long_verification_is_seen(
    chain: Creator, fresh_house: House, olga: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, go_on = asyncio.Event(), asyncio.Event()

    async def slow(session: Any) -> Any:
        seen.set()
        await go_on.wait()
        return await heads(session)

    monkeypatch.setattr("creatorvault.audit.verification.heads", slow)
    asked = await olga.post("/audit/verifications")
    running = asyncio.create_task(run_verification(parts_of(fresh_house.app), place_of(asked["verification_id"])))
    await seen.wait()
    async with asyncio.timeout(60):
        while not (found := await olga.get("/audit/verifications/1"))["events_done"]:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)
    go_on.set()
    await running

    assert (found["events_done"], found["finished_at"]) == (5, None)
