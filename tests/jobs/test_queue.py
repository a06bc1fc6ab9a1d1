"""Jobs are added in the caller's transaction, by the runtime login, for its own tenant alone."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from creatorvault.core.parts import part_of
from creatorvault.jobs.kinds import JobPlace
from creatorvault.jobs.queue import JobQueue
from tests.admin.operators import tenant_of
from tests.application import House
from tests.isolation.test_other_roles import DENIED, entered, outcome
from tests.jobs.conftest import Jobs, Marks
from tests.postgres import Database
from tests.vault_rows import QUEUED

INSERT = "INSERT INTO jobs.queue (priority, entrypoint, status, headers, payload) VALUES (0, $1, $2, $3, $4)"


class Undone(Exception):
    pass


async def rows(sql: asyncpg.Connection) -> Sequence[asyncpg.Record]:
    found: Sequence[asyncpg.Record] = await sql.fetch("SELECT * FROM jobs.queue")
    return found


async def test_a_job_is_its_kind_and_ids(jobs: Jobs, fresh_sql: asyncpg.Connection) -> None:
    subject = await jobs.add("tests.do", "ada")

    [row] = await rows(fresh_sql)
    assert (row["tenant_id"], row["user_id"], row["subject_id"]) == (jobs.tenant_id, "ada", subject)
    assert (row["entrypoint"], row["status"], row["payload"]) == ("tests.do", "queued", None)
    assert json.loads(row["headers"]) == {
        "tenant_id": str(jobs.tenant_id),
        "user_id": "ada",
        "subject_id": str(subject),
    }
    [logged] = await fresh_sql.fetch("SELECT * FROM jobs.queue_log")
    assert (logged["tenant_id"], logged["user_id"], logged["job_id"]) == (jobs.tenant_id, "ada", row["id"])


async def test_a_job_of_a_tenant_has_no_user(jobs: Jobs, fresh_sql: asyncpg.Connection) -> None:
    await jobs.add("tests.do")

    [row] = await rows(fresh_sql)
    assert row["user_id"] is None


async def test_a_job_is_rolled_back_with_its_transaction(jobs: Jobs, fresh_sql: asyncpg.Connection) -> None:
    queue, place = part_of(jobs.house.app, JobQueue), JobPlace(jobs.tenant_id, None, uuid4())

    with pytest.raises(Undone):
        async with jobs.house.parts.database.writing(jobs.tenant_id) as session:
            await queue.enqueue(session, "tests.do", place)
            raise Undone

    assert await rows(fresh_sql) == []
    assert await fresh_sql.fetchval("SELECT count(*) FROM jobs.queue_log") == 0


@pytest.mark.parametrize("jobs_environ", [{"CREATORVAULT_DATABASE__DISTRIBUTED": "true"}], indirect=True)
async def test_jobs_and_schedules_run_in_distributed_mode(
    jobs: Jobs, marks: Marks, work: Callable[[], Awaitable[Any]]
) -> None:
    subject = await jobs.add("tests.do")

    await work()
    await marks.until("SELECT EXISTS (SELECT FROM marks WHERE mark = 'tock')")
    await marks.until_empty()

    assert await marks.of(subject) == ["started", "done"]


async def test_an_undeclared_kind_is_refused(jobs: Jobs) -> None:
    with pytest.raises(KeyError):
        await jobs.add("tests.unknown")


async def test_a_job_for_another_tenant_is_refused(jobs: Jobs, fresh_sql: asyncpg.Connection) -> None:
    queue = part_of(jobs.house.app, JobQueue)

    with pytest.raises(Exception, match="row-level security"):
        async with jobs.house.parts.database.writing(jobs.tenant_id) as session:
            await queue.enqueue(session, "tests.do", JobPlace(uuid4(), None, uuid4()))  # type: ignore[arg-type]

    assert await rows(fresh_sql) == []


async def test_the_runtime_login_sees_and_forges_no_job_of_another_tenant(
    fresh_house: House, fresh_sql: asyncpg.Connection, fresh_database: Database
) -> None:
    ada, bob = fresh_house.creator(), fresh_house.creator()
    for someone in (ada, bob):
        await someone.idea()
        await fresh_sql.execute(QUEUED, tenant_of(someone), someone.user_id)
    theirs = await fresh_sql.fetchval("SELECT id FROM jobs.queue WHERE tenant_id = $1", tenant_of(bob))

    def ids(tenant: UUID) -> str:
        return json.dumps({"tenant_id": str(tenant), "subject_id": str(uuid4())})

    async with entered(fresh_database.runtime_url, tenant_of(ada)) as sql:
        for table in ("jobs.queue", "jobs.queue_log"):
            assert await outcome(sql, f"SELECT id FROM {table}") == "1 rows"
            assert await outcome(sql, f"DELETE FROM {table} WHERE tenant_id = $1", tenant_of(bob)) == "0 rows"
        assert await outcome(sql, INSERT, "tests.do", "queued", ids(tenant_of(ada)), None) == "1 rows"
        assert await outcome(sql, INSERT, "tests.do", "queued", ids(tenant_of(bob)), None) == DENIED
        assert await outcome(sql, INSERT, "tests.do", "picked", ids(tenant_of(ada)), None) == DENIED
        assert await outcome(sql, "UPDATE jobs.queue SET status = 'failed'") == DENIED
        assert await outcome(sql, "SELECT headers FROM jobs.queue") == DENIED
        assert await outcome(sql, "SELECT FROM jobs.schedules") == DENIED
        logged = (
            "INSERT INTO jobs.queue_log (job_id, status, priority, entrypoint) VALUES ($1, 'failed', 0, 'tests.do')"
        )
        assert await outcome(sql, logged, theirs) == "0 rows"
    async with entered(fresh_database.runtime_url, None) as sql:
        assert await outcome(sql, "SELECT id FROM jobs.queue") == "0 rows"
        assert await outcome(sql, INSERT, "tests.do", "queued", ids(tenant_of(ada)), None) == DENIED


@pytest.mark.parametrize(
    ("kind", "more", "payload"),
    [
        ("tests.do", {"title": "private"}, None),
        ("tests.do", {}, b"private"),
        ("A private title", {}, None),
    ],
)
async def test_the_queue_refuses_all_but_ids(
    database: asyncpg.Connection, kind: str, more: dict[str, str], payload: bytes | None
) -> None:
    ids = {"tenant_id": str(uuid4()), "subject_id": str(uuid4())}

    with pytest.raises(asyncpg.CheckViolationError):
        await database.execute(INSERT, kind, "queued", json.dumps(ids | more), payload)


async def test_the_log_refuses_tracebacks(fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute(QUEUED, uuid4(), "ada")

    with pytest.raises(asyncpg.CheckViolationError):
        await fresh_sql.execute("""
            INSERT INTO jobs.queue_log (job_id, status, priority, entrypoint, traceback)
            SELECT id, 'queued', 0, 'a.b', '{}' FROM jobs.queue
        """)


async def test_names_do_not_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from creatorvault.jobs import tables  # noqa: PLC0415

    for name in ("QUEUE_TABLE", "PGQUEUER_QUEUE_TABLE", "PGQUEUER_SCHEMA", "CHANNEL", "PGQUEUER_PREFIX"):
        monkeypatch.setenv(name, "elsewhere")

    names = type(tables.NAMES)(db_schema="jobs", queue_table="queue")

    assert (names.qualified.queue_table, names.channel) == ("jobs.queue", "ch_pgqueuer")
