"""Four processes on one database under mixed writers; `make drill-processes` is the same with more of them."""

from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.application import PATIENT
from tests.postgres import Cluster, Database
from tests.processes.several import promised
from tests.processes.writers import Plan

pytestmark = pytest.mark.xdist_group("run")

PLAN = Plan(
    newcomers=6,
    first_writes=8,
    writers=16,
    rounds=3,
    keys=6,
    constants=24,
    address_requests=100,
    identity_writes=500,
)


@pytest.fixture
def database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"processes_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.mark.longest
async def test_every_promise_of_four_processes_holds(database: Database, tmp_path: Path) -> None:
    sql = await asyncpg.connect(database.superuser_url)
    promises = await promised(tmp_path, (database.runtime_url, database.owner_url), PLAN, sql, PATIENT)
    await sql.close()

    assert [promise for promise in promises if not promise.holds] == []
