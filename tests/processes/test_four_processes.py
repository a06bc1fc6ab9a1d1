"""Four processes on one database under mixed writers; `make drill-processes` is the same with more of them."""

from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.application import PATIENT
from tests.postgres import Cluster, Database
from tests.processes.several import mixed, services
from tests.processes.writers import Plan
from tests.valkey import PROGRAM, ValkeyServer

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


@pytest.fixture
def limits_storage(tmp_path: Path) -> Generator[dict[str, str]]:
    """Setting of the limits that all processes share; none if no storage is installed."""
    if PROGRAM is None:
        yield {}
        return
    storage = ValkeyServer(tmp_path)
    storage.start()
    yield {"CREATORVAULT_LIMITS__STORAGE_URL": storage.url}
    storage.kill()


@pytest.mark.longest
async def test_every_promise_of_four_processes_holds(
    database: Database, limits_storage: dict[str, str], tmp_path: Path
) -> None:
    urls = database.runtime_url, database.owner_url
    async with services(tmp_path, urls, PLAN, PATIENT | limits_storage) as running:
        sql = await asyncpg.connect(database.superuser_url)
        ports = [service.port for service in running]
        promises = await mixed(ports, PLAN, sql, shared_limits=bool(limits_storage))
        await sql.close()

    assert [promise for promise in promises if not promise.holds] == []
