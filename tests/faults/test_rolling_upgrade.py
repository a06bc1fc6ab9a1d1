"""An upgrade under load: the next version migrates, both serve, and going back one version is possible."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.checkouts import later_checkout, ran
from tests.faults.clients import ask
from tests.faults.crowd import Crowd
from tests.faults.service import Service
from tests.postgres import Cluster, Database

pytestmark = pytest.mark.xdist_group("run")

PRODUCTION = {"CREATORVAULT_ENV": "production", "CREATORVAULT_LIMITS__ENABLED": "false"}


@pytest.fixture
def database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"rolling_{uuid4().hex}")
    yield database
    cluster.drop(database)


@asynccontextmanager
async def serving(crowd: Crowd, *services: Service) -> AsyncGenerator[None]:
    """Routes the clients to these addresses, as a proxy does: requests to other addresses are completed first."""
    creators = [*crowd.readers, *crowd.writers]
    for number, creator in enumerate(creators):
        creator.port = services[number % len(services)].port
    # A connection that is not accepted yet would be reset when the process stops.
    await asyncio.gather(*(request for creator in creators for request in creator.in_flight))
    served = len(crowd.answers)
    yield
    async with asyncio.timeout(60):
        while len(crowd.answers) < served + 5 * len(creators):  # noqa: ASYNC110  # each is an answer
            await asyncio.sleep(0.05)


async def ready(service: Service) -> Any:
    answer = await ask(service.port, "GET", "/health/ready")
    assert answer.status == 200
    return answer.json().get("warnings", {})


async def test_no_request_fails_during_upgrade_and_downgrade(database: Database, tmp_path: Path) -> None:
    old, new = (Service(tmp_path, database.runtime_url, database.owner_url, **PRODUCTION) for _ in range(2))
    new.checkout = later_checkout(tmp_path)
    crowd = Crowd(old.port, readers=4, writers=4, thinking_seconds=0.1)
    async with AsyncExitStack() as stack:
        for service in (old, new):
            stack.push_async_callback(service.stop)
        await old.start()
        crowd.begin()
        async with serving(crowd, old):
            assert await ready(old) == {}
            migrated = await asyncio.to_thread(ran, new.checkout, new.environment, "database", "upgrade")
            assert migrated.returncode == 0, migrated.stdout
        await new.start()
        async with serving(crowd, old, new):
            assert await ready(old) == {"migrations": "ahead"}
            assert await ready(new) == {}
        async with serving(crowd, new):
            await old.stop()
        await old.start()
        async with serving(crowd, old, new):
            assert await ready(old) == {"migrations": "ahead"}
        async with serving(crowd, old):
            await new.stop()
        await crowd.end()

        assert {answer.status for answer in crowd.answers} == {200, 201}
        assert await crowd.settled() == (0, 0)
