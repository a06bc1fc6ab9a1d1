"""What becomes of a job: run in its tenant's context, again after a failure, and not for ever."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from creatorvault.core.parts import part_of
from creatorvault.jobs.parts import JobsParts
from creatorvault.jobs.running import pause_after
from tests.jobs.conftest import Jobs, Marks
from tests.jobs.kinds import PRIVATE
from tests.logs import Logs

type Work = Callable[[], Awaitable[Any]]

FAILED = "SELECT EXISTS (SELECT FROM jobs.queue WHERE subject_id = $1 AND status = 'failed')"


@pytest.fixture
def jobs_environ(jobs_environ: dict[str, str]) -> dict[str, str]:
    return jobs_environ | {"CREATORVAULT_JOBS__ATTEMPTS": "3"}


async def test_a_job_runs_once_in_the_context_of_its_tenant(jobs: Jobs, marks: Marks, work: Work) -> None:
    subject = await jobs.add("tests.do", "ada")

    await work()
    await marks.until_empty()

    assert await marks.of(subject) == ["started", "done"]
    assert await marks.sql.fetchval("SELECT DISTINCT tenant FROM marks WHERE subject = $1", subject) == str(
        jobs.tenant_id
    )
    logged = await marks.sql.fetch("SELECT status, tenant_id, user_id, traceback FROM jobs.queue_log ORDER BY id")
    assert [tuple(row) for row in logged] == [
        (status, jobs.tenant_id, "ada", None) for status in ("queued", "picked", "successful")
    ]


async def test_a_job_that_is_run_twice_has_one_result(jobs: Jobs, marks: Marks, work: Work) -> None:
    subject = await jobs.add("tests.do")
    await marks.sql.execute("""
        INSERT INTO jobs.queue (priority, entrypoint, status, headers)
        SELECT priority, entrypoint, status, headers FROM jobs.queue
    """)

    await work()
    await marks.until_empty()

    assert sorted(await marks.of(subject)) == ["done", "started", "started"]


async def test_a_job_that_fails_is_run_again(jobs: Jobs, marks: Marks, work: Work) -> None:
    subject = await jobs.add("tests.fail_once")

    await work()
    await marks.until_empty()

    assert await marks.of(subject) == ["started", "started", "done"]


async def test_a_job_that_fails_always_stays_as_failed(jobs: Jobs, marks: Marks, work: Work, logs: Logs) -> None:
    subject = await jobs.add("tests.fail")

    await work()
    await marks.until(FAILED, subject)

    assert await marks.of(subject) == ["started"] * 3
    statistics = part_of(jobs.house.app, JobsParts).statistics
    assert statistics.runs["tests.fail", "retried"] == 2
    assert statistics.runs["tests.fail", "failed"] == 1
    assert PRIVATE not in logs.text
    assert "ValueError" in logs.text


async def test_a_job_that_cannot_succeed_is_not_run_again(jobs: Jobs, marks: Marks, work: Work, logs: Logs) -> None:
    subject = await jobs.add("tests.give_up")

    await work()
    await marks.until(FAILED, subject)

    assert await marks.of(subject) == ["started"]
    assert "unreadable" in logs.text


async def test_an_interrupted_job_is_left_to_the_next_process(jobs: Jobs, marks: Marks, work: Work) -> None:
    subject = await jobs.add("tests.hang_once")
    stop = await work()
    await marks.until_marked(subject, "started")
    monkey = part_of(jobs.house.app, JobsParts).statistics

    stop.set()
    await marks.until("SELECT EXISTS (SELECT FROM jobs.queue WHERE subject_id = $1 AND status = 'queued')", subject)

    assert monkey.runs["tests.hang_once", "interrupted"] == 1


async def test_a_job_of_an_erased_vault_leaves_nothing(jobs: Jobs, marks: Marks, work: Work) -> None:
    subject = await jobs.add("tests.hang_once", "ada")
    await work()
    await marks.until_marked(subject, "started")

    await marks.sql.execute("DELETE FROM jobs.queue; DELETE FROM jobs.queue_log")
    other = await jobs.add("tests.do")
    await marks.until_marked(other, "done")

    assert await marks.sql.fetchval("SELECT count(*) FROM jobs.queue WHERE subject_id = $1", subject) == 0


def test_pauses_double_up_to_five_minutes() -> None:
    assert [pause_after(attempts).total_seconds() for attempts in (0, 1, 5, 9, 99)] == [1, 2, 32, 300, 300]
