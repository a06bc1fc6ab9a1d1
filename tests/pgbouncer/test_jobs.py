"""Jobs are added and run through a pooler in transaction mode."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from creatorvault import parts as process_parts
from creatorvault.core.parts import part_of, parts_of
from creatorvault.jobs.kinds import JobPlace
from creatorvault.jobs.queue import JobQueue
from creatorvault.jobs.worker import work_until
from tests.admin.operators import tenant_of
from tests.application import open_house
from tests.jobs.conftest import Marks
from tests.jobs.kinds import MARKS, background
from tests.pgbouncer.bouncer import Bouncer
from tests.postgres import OPERATOR, Database


@pytest.mark.own_statements
async def test_jobs_run_behind_a_pooler(
    bounced_environ: dict[str, str],
    bouncer: Bouncer,
    fresh_database: Database,
    fresh_sql: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_parts, "background", background)
    await fresh_sql.execute(MARKS)
    environ = bounced_environ | {"DATABASE_OPERATOR_URL": bouncer.url(OPERATOR)}
    stop, marks, subjects = asyncio.Event(), Marks(fresh_sql), [uuid4() for _ in range(10)]

    async with open_house(environ, fresh_database) as house:
        ada = house.creator()
        await ada.idea()
        async with house.parts.database.writing(tenant_of(ada)) as session:
            for subject in subjects:
                place = JobPlace(tenant_of(ada), ada.user_id, subject)
                await part_of(house.app, JobQueue).enqueue(session, "tests.fail_once", place)
        working = asyncio.create_task(work_until(parts_of(house.app), stop))
        for subject in subjects:
            await marks.until_marked(subject, "done")
        stop.set()
        await working

    assert await fresh_sql.fetchval("SELECT count(*) FROM jobs.queue") == 0
