"""What operators see of jobs: the admin API, checks and metrics."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from prometheus_client.core import Metric

from creatorvault.core.parts import parts_of
from creatorvault.idempotency.schedules import delete_expired
from creatorvault.jobs.checks import login_check, waiting_check
from creatorvault.jobs.errors import NoLoginForJobs
from creatorvault.jobs.metrics import job_metrics
from creatorvault.jobs.schedules import forget_ended_jobs
from creatorvault.jobs.worker import work_until
from creatorvault.management.checks import Installation
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.application import House, settings_of
from tests.jobs.conftest import Jobs, Marks
from tests.vault_rows import QUEUED


@pytest.fixture
async def oscar(fresh_house: House, fresh_sql: asyncpg.Connection) -> AdminClient:
    return await appointed(fresh_sql, fresh_house.client, *EVERY_SCOPE)


@pytest.fixture
async def tenants(fresh_house: House, fresh_sql: asyncpg.Connection) -> list[UUID]:
    """Of two creators, each with a job."""
    creators = [fresh_house.creator(), fresh_house.creator()]
    for creator in creators:
        await creator.idea()
        await fresh_sql.execute(QUEUED, tenant_of(creator), creator.user_id)
    return [tenant_of(creator) for creator in creators]


def installation(environ: dict[str, str], **overrides: str) -> Installation:
    return Installation(settings_of(environ | overrides), deploy=False)


async def test_jobs_are_listed_newest_first(oscar: AdminClient, tenants: list[UUID]) -> None:
    page = await oscar.get("/jobs")

    assert page["total"] == 2
    assert [job["tenant_id"] for job in page["items"]] == [str(tenant) for tenant in reversed(tenants)]
    job = page["items"][0]
    assert (job["kind"], job["state"], job["attempts"]) == ("tests.nothing", "waiting", 0)
    assert set(job) == {
        *("job_id", "kind", "tenant_id", "user_id", "subject_id", "state", "attempts"),
        *("created_at", "due_at", "changed_at"),
    }


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"state": "waiting"}, 2),
        ({"state": "failed"}, 0),
        ({"kind": "tests.nothing"}, 2),
        ({"kind": "tests.other"}, 0),
        ({"limit": 1}, 1),
        ({"offset": 2}, 0),
    ],
)
async def test_jobs_are_filtered(
    oscar: AdminClient, tenants: list[UUID], filters: dict[str, object], count: int
) -> None:
    assert len((await oscar.get("/jobs", **filters))["items"]) == count


async def test_jobs_of_one_tenant_are_listed(oscar: AdminClient, tenants: list[UUID]) -> None:
    page = await oscar.get("/jobs", tenant_id=str(tenants[0]))

    assert [job["tenant_id"] for job in page["items"]] == [str(tenants[0])]


async def test_a_failed_job_is_retried(oscar: AdminClient, tenants: list[UUID], fresh_sql: asyncpg.Connection) -> None:
    [job] = (await oscar.get("/jobs", tenant_id=str(tenants[0])))["items"]
    path = f"/jobs/{job['job_id']}"
    assert (await oscar.request("POST", f"{path}/retry")).status_code == 409
    await fresh_sql.execute("UPDATE jobs.queue SET status = 'failed', attempts = 9")

    retried = await oscar.post(f"{path}/retry")

    assert (retried["state"], retried["attempts"]) == ("waiting", 0)
    assert "job.retried" in await oscar.events(tenants[0])
    assert (await oscar.get("/jobs", state="failed"))["total"] == 1


async def test_a_job_that_does_not_run_is_cancelled(
    oscar: AdminClient, tenants: list[UUID], fresh_sql: asyncpg.Connection
) -> None:
    [job] = (await oscar.get("/jobs", tenant_id=str(tenants[0])))["items"]
    path = f"/jobs/{job['job_id']}"
    await fresh_sql.execute("UPDATE jobs.queue SET status = 'picked'")
    assert (await oscar.request("DELETE", path)).status_code == 409
    await fresh_sql.execute("UPDATE jobs.queue SET status = 'queued'")

    assert (await oscar.request("DELETE", path)).json() == job

    assert (await oscar.request("DELETE", path)).status_code == 404
    assert "job.cancelled" in await oscar.events(tenants[0])
    assert (await oscar.get("/jobs"))["total"] == 1


@pytest.mark.parametrize("job_id", ["first", "0", str(2**63)])
async def test_a_malformed_id_is_refused(oscar: AdminClient, job_id: str) -> None:
    assert (await oscar.request("DELETE", f"/jobs/{job_id}")).status_code == 422


async def test_jobs_that_wait_without_a_process_are_a_finding(
    jobs_environ: dict[str, str], tenants: list[UUID], fresh_sql: asyncpg.Connection
) -> None:
    assert await waiting_check(installation(jobs_environ)) == []
    await fresh_sql.execute("UPDATE jobs.queue SET execute_after = now() - interval '1 minute'")

    assert [message.id for message in await waiting_check(installation(jobs_environ))] == ["jobs.W002"]

    await fresh_sql.execute(
        "UPDATE jobs.queue SET status = 'picked', heartbeat = now() WHERE tenant_id = $1", tenants[0]
    )
    assert await waiting_check(installation(jobs_environ)) == []


async def test_an_installation_without_a_login_for_jobs_is_a_finding(jobs_environ: dict[str, str]) -> None:
    without = {name: value for name, value in jobs_environ.items() if name != "DATABASE_OPERATOR_URL"}

    assert [message.id for message in await login_check(installation(without))] == ["jobs.W001"]
    assert await login_check(installation(jobs_environ)) == []
    assert await waiting_check(installation(without)) == []


async def test_an_unreachable_database_is_no_finding_of_jobs(jobs_environ: dict[str, str]) -> None:
    elsewhere = {"DATABASE_OPERATOR_URL": "postgresql://nobody@127.0.0.1:1/nothing"}

    assert await waiting_check(installation(jobs_environ, **elsewhere)) == []


def values(metrics: list[Metric]) -> dict[tuple[str, ...], float]:
    return {
        (sample.name.removeprefix("creatorvault_"), *sample.labels.values()): sample.value
        for metric in metrics
        for sample in metric.samples
    }


async def test_metrics_show_the_queue_and_the_runs(
    jobs: Jobs, marks: Marks, work: Callable[[], Awaitable[Any]]
) -> None:
    parts = parts_of(jobs.house.app)
    assert values(list(job_metrics(parts))) == {}
    waiting = uuid4()
    await marks.sql.execute(QUEUED, waiting, "ada")
    await marks.sql.execute("UPDATE jobs.queue SET execute_after = now() - interval '1 hour'")
    subject = await jobs.add("tests.do")

    await work()
    await marks.until_marked(subject, "done")
    await marks.until("SELECT count(*) = 1 FROM jobs.queue")

    found = values(list(job_metrics(parts)))
    assert found["job_runs_total", "tests.do", "done"] == 1
    assert found["jobs", "queued"] >= 1
    assert found["jobs", "failed"] == 0
    assert found["jobs_oldest_waiting_seconds",] >= 3600


async def test_the_log_of_ended_jobs_is_forgotten(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    ended, waiting, recent = uuid4(), uuid4(), uuid4()
    for tenant in (ended, waiting, recent):
        await fresh_sql.execute(QUEUED, tenant, "ada")
    await fresh_sql.execute(
        "UPDATE jobs.queue_log SET created = now() - interval '8 days' WHERE tenant_id <> $1", recent
    )
    await fresh_sql.execute("DELETE FROM jobs.queue WHERE tenant_id <> $1", waiting)

    await forget_ended_jobs(parts_of(fresh_house.app))

    kept = await fresh_sql.fetch("SELECT tenant_id FROM jobs.queue_log")
    assert {row["tenant_id"] for row in kept} == {waiting, recent}


async def test_expired_results_are_deleted_of_every_vault(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    creators = [fresh_house.creator() for _ in range(3)]
    for creator in creators:
        assert (await creator.post({"title": "x"}, headers={"Idempotency-Key": "once"})).status_code == 201
    await fresh_sql.execute(
        "UPDATE idempotency_answers SET expires_at = now() - interval '1 hour' WHERE tenant_id <> $1",
        tenant_of(creators[0]),
    )

    await delete_expired(parts_of(fresh_house.app))

    left = await fresh_sql.fetch("SELECT tenant_id FROM idempotency_answers")
    assert [row["tenant_id"] for row in left] == [tenant_of(creators[0])]


async def test_without_the_operators_login_nothing_is_run(
    house_with: Callable[..., Awaitable[House]], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio  # noqa: PLC0415

    house = await house_with(DATABASE_OPERATOR_URL="")
    parts = parts_of(house.app)

    with pytest.raises(NoLoginForJobs):
        await work_until(parts, asyncio.Event())
    with pytest.raises(NoLoginForJobs):
        await forget_ended_jobs(parts)
    await delete_expired(parts)
