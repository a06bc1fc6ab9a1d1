"""kill -9 of workers and their parent, under load: others serve, the port is free, and no stored idea is lost."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
import pytest

from tests.faults.clients import NO_ANSWER, ask
from tests.faults.crowd import Crowd
from tests.faults.service import Service, is_alive
from tests.ports import free_port, is_free
from tests.postgres import Cluster, Database

pytestmark = [
    pytest.mark.xdist_group("run"),
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are looked for in /proc, as on Linux"),
]

KILLS: Final = int(os.environ.get("KILLS", "4"))
WORKERS: Final = 2


@pytest.fixture
def database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"killed_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture
async def service(database: Database, tmp_path: Path) -> AsyncGenerator[Service]:
    settings = {"CREATORVAULT_SERVER__WORKERS": str(WORKERS), "CREATORVAULT_ENV": "production"}
    service = Service(tmp_path, database.runtime_url, database.owner_url, **settings)
    await service.start()
    yield service
    await service.stop()


async def gone(*pids: int) -> None:
    async with asyncio.timeout(60):
        while any(map(is_alive, pids)):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)


async def port_is_free(port: int) -> None:
    """Waits, since the sockets of a process are closed only when its last thread has ended."""
    async with asyncio.timeout(60):
        while not is_free(port):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)


async def test_a_killed_worker_is_replaced_and_the_others_serve(service: Service) -> None:
    before = await service.workers(WORKERS)
    victim, other = before

    os.kill(victim, signal.SIGKILL)
    await gone(victim)
    async with asyncio.timeout(60):
        after = await service.workers(WORKERS)

    assert other in after
    assert victim not in after
    assert (await ask(service.port, "GET", "/health/ready")).status == 200


async def test_workers_killed_together_repeatedly_are_all_replaced(service: Service) -> None:
    for _ in range(3):
        victims = await service.workers(WORKERS)
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        await gone(*victims)
        async with asyncio.timeout(60):
            assert not await service.workers(WORKERS) & victims
    service.terminate()

    assert await service.left(60) == 0


async def test_no_stored_idea_is_lost_when_workers_and_their_parent_are_killed(service: Service) -> None:
    crowd = Crowd(service.port, readers=2, writers=4, thinking_seconds=0.02)
    crowd.begin()
    for turn in range(KILLS):
        workers = await service.workers(WORKERS)
        acknowledged = crowd.acknowledged
        async with asyncio.timeout(60):
            while crowd.acknowledged < acknowledged + 10:  # noqa: ASYNC110  # each is an answer
                await asyncio.sleep(0.01)
        if turn % 2:
            service.kill_parent()
            await gone(*workers)
            await port_is_free(service.port)
            await service.start()
        else:
            os.kill(victim := min(workers), signal.SIGKILL)
            await gone(victim)
    await crowd.end()

    assert {answer.status for answer in crowd.answers} - {NO_ANSWER} == {200, 201}
    assert await crowd.settled() == (0, 0)


async def test_a_replacement_worker_serves_metrics_on_the_same_port(database: Database, tmp_path: Path) -> None:
    port = free_port()
    settings = {"CREATORVAULT_SERVER__WORKERS": str(WORKERS), "CREATORVAULT_METRICS__PORT": str(port)}
    service = Service(tmp_path, database.runtime_url, database.owner_url, **settings)
    await service.start()
    try:
        victim = min(await service.workers(WORKERS))
        os.kill(victim, signal.SIGKILL)
        await gone(victim)
        async with asyncio.timeout(60):
            await service.workers(WORKERS)
            for each in range(port, port + WORKERS):
                while not await answers(each):  # noqa: ASYNC110  # each turn is a request
                    await asyncio.sleep(0.05)
    finally:
        await service.stop()


async def answers(port: int) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://127.0.0.1:{port}/metrics")).status_code == 200
    except httpx.TransportError:
        return False
