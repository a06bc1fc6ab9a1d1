"""Processes that run jobs: killed, stopped, several at once, and without their database for a while."""

import os
import signal

import pytest

from tests.jobs.conftest import Jobs, Marks, Start, is_running

TAKEN_OVER_SECONDS = 10.0
SLACK_SECONDS = 20.0
"""For a machine that is busy: no test is about these."""

pytestmark = [pytest.mark.no_cover, pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")]


async def test_another_process_takes_over_after_a_kill(jobs: Jobs, marks: Marks, start: Start) -> None:
    supervisor = start()
    subject = await jobs.add("tests.hang_once")
    first = await marks.until_marked(subject, "started")
    other = start()
    sign = await marks.sql.fetchval("SELECT heartbeat FROM jobs.queue WHERE subject_id = $1", subject)

    os.killpg(supervisor.pid, signal.SIGKILL)
    killed_at = await marks.sql.fetchval("SELECT clock_timestamp()")
    second = await marks.until_marked(subject, "done")

    done_at = await marks.sql.fetchval("SELECT at FROM marks WHERE subject = $1 AND mark = 'done'", subject)
    assert first != second
    assert other.poll() is None
    assert sign is not None
    assert (done_at - killed_at).total_seconds() < TAKEN_OVER_SECONDS + SLACK_SECONDS
    assert await marks.of(subject) == ["started", "started", "done"]


async def test_a_process_that_dies_is_replaced(jobs: Jobs, marks: Marks, start: Start) -> None:
    supervisor = start()
    first = await marks.until_marked(await jobs.add("tests.do"), "done")

    os.kill(first, signal.SIGKILL)
    second = await marks.until_marked(await jobs.add("tests.do"), "done")

    assert first != second
    assert supervisor.poll() is None


async def test_a_job_that_kills_its_process_fails_in_the_end(jobs: Jobs, marks: Marks, start: Start) -> None:
    start(CREATORVAULT_JOBS__ATTEMPTS="2")
    subject = await jobs.add("tests.kill")

    await marks.until("SELECT EXISTS (SELECT FROM jobs.queue WHERE subject_id = $1 AND status = 'failed')", subject)

    assert await marks.of(subject) == ["started", "started"]


async def test_sigterm_ends_what_runs_and_leaves_it_to_others(jobs: Jobs, marks: Marks, start: Start) -> None:
    supervisor = start(CREATORVAULT_SERVER__SHUTDOWN_SECONDS="1")
    subject = await jobs.add("tests.hang_once")
    process = await marks.until_marked(subject, "started")

    supervisor.terminate()

    assert supervisor.wait(60) == 0
    assert not is_running(process)
    row = await marks.sql.fetchrow("SELECT status, attempts FROM jobs.queue WHERE subject_id = $1", subject)
    assert tuple(row) == ("queued", 1)


async def test_of_several_processes_one_runs_a_schedule(marks: Marks, jobs: Jobs, start: Start) -> None:
    for _ in range(2):
        start()

    await marks.until("SELECT count(*) >= 8 FROM marks WHERE mark = 'tock'")

    rows = await marks.sql.fetch("SELECT mark, process FROM marks WHERE mark IN ('tick', 'tock') ORDER BY number")
    pairs = list(zip(rows[::2], rows[1::2], strict=False))
    assert all((tick["mark"], tock["mark"]) == ("tick", "tock") for tick, tock in pairs)
    assert all(tick["process"] == tock["process"] for tick, tock in pairs)
    assert await marks.sql.fetchval(
        "SELECT count(*) > 1 FROM marks WHERE mark = 'broken'"
    )  # it waits for its next time


def test_without_the_operators_login_the_command_ends(start: Start) -> None:
    assert start(DATABASE_OPERATOR_URL="").wait(90) == 1
