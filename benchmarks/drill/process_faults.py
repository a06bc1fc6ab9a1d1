"""The service itself is killed or told to end."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from typing import Final

from benchmarks.drill.row import Row
from benchmarks.drill.stage import Stage
from tests.faults.clients import NO_ANSWER, ask
from tests.faults.crowd import Creator, Crowd
from tests.faults.hanging import hanging_wire_to
from tests.faults.service import Service, is_alive
from tests.ports import is_free
from tests.postgres import Database

SHUTDOWN_SECONDS: Final = 10
WRITERS: Final = 16
KILLS: Final = 20
WORKERS: Final = 2
BACK_SECONDS: Final = 2.0


async def killed_before_answering(stage: Stage) -> Row:
    """Every write is committed and none is answered when the process is killed; then each is sent again."""
    row = Row(f"process killed between commit and answer, {WRITERS} clients")
    server = stage.server
    database = Database("creatorvault", str(server.place.socket))
    creators = [Creator(0) for _ in range(WRITERS)]
    async with hanging_wire_to(database) as wire, stage.service(wire.url) as service:
        for creator in creators:
            creator.port = service.port
        warm = await asyncio.gather(*(creator.write("First") for creator in creators))
        wire.hold_answers_to(b"COMMIT")
        writes = [asyncio.create_task(creator.write("Once")) for creator in creators]
        committed = await _committed(stage, creators, 2 * WRITERS)
        service.kill()
        unanswered = await asyncio.gather(*writes)
    async with stage.service() as service:
        back_at = time.monotonic()
        crowd = Crowd(service.port, readers=0, writers=0)
        crowd.writers = creators
        for creator in creators:
            creator.port = service.port
        crowd.answers += warm
        crowd.answers += await asyncio.gather(*(creator.write("Once") for creator in creators))
        row.recovered(crowd.answers, back_at)
        row.promise(committed == 2 * WRITERS, f"{committed - WRITERS} of {WRITERS} had been committed")
        row.promise(not any(answer.ok for answer in unanswered), "one was answered before the process was killed")
        await stage.judge(row, crowd)
        stored = sum([(await creator.stored()).total() for creator in creators])
        row.promise(stored == 2 * WRITERS, f"{stored} ideas are stored instead of {2 * WRITERS}")
    return row


async def _committed(stage: Stage, creators: Sequence[Creator], wanted: int) -> int:
    """How many ideas of theirs are stored; waits a while until it is as many as are wanted."""
    sql = await stage.server.connect()
    try:
        deadline = time.monotonic() + 3
        while True:
            count: int = await sql.fetchval(
                "SELECT coalesce(sum(idea_count), 0) FROM vaults WHERE user_id = ANY($1)",
                [creator.user_id for creator in creators],
            )
            if count >= wanted or time.monotonic() > deadline:
                return count
            await asyncio.sleep(0.02)
    finally:
        await sql.close()


async def told_to_end(stage: Stage) -> Row:
    row = Row("SIGTERM under load, 16 clients")
    async with stage.service(CREATORVAULT_SERVER__SHUTDOWN_SECONDS=str(SHUTDOWN_SECONDS)) as service:
        crowd = Crowd(service.port, readers=8, writers=8)
        crowd.begin()
        await asyncio.sleep(2)
        asked = time.monotonic()
        service.terminate()
        status = await service.left(SHUTDOWN_SECONDS + 5)
        took = time.monotonic() - asked
        await crowd.end()
        row.promise(status == 0, f"exit status {status}")
        row.promise(took <= SHUTDOWN_SECONDS + 1, f"it took {took:.1f} s to end")
        unavailable = sum(answer.status == 503 for answer in crowd.answers)
        row.promise(unavailable == 0, f"{unavailable} were answered 503")
    async with stage.service() as again:
        for creator in (*crowd.readers, *crowd.writers):
            creator.port = again.port
        await stage.judge(row, crowd)
    return row


async def killed_again_and_again(stage: Stage) -> Row:
    """A worker and the parent in turns. "recovery ms" is the longest time from a kill until all workers serve; a parent
    is started again as soon as its port is free.
    """
    row = Row(f"kill -9 of a worker and of the parent, {KILLS} times, 16 clients")
    # No connection is answered on behalf of a process that is dead.
    row.allowed = frozenset({NO_ANSWER})
    row.recovery_limit_ms = BACK_SECONDS * 1000
    took = []
    async with stage.service():
        pass  # in development it migrates
    async with stage.service(CREATORVAULT_SERVER__WORKERS=str(WORKERS), CREATORVAULT_ENV="production") as service:
        crowd = Crowd(service.port, readers=8, writers=8)
        crowd.begin()
        for turn in range(KILLS):
            workers = await service.workers(WORKERS)
            await asyncio.sleep(1.5)
            began = time.monotonic()
            await (_kill_parent(service, workers) if turn % 2 else _kill_worker(service, workers))
            took.append(time.monotonic() - began)
        await crowd.end()
        row.recovery_ms = max(took) * 1000
        await stage.judge(row, crowd)
    return row


async def _kill_worker(service: Service, workers: frozenset[int]) -> None:
    os.kill(victim := min(workers), signal.SIGKILL)
    while is_alive(victim):  # noqa: ASYNC110  # nobody tells
        await asyncio.sleep(0.005)
    await service.workers(WORKERS)
    while (await ask(service.port, "GET", "/health/ready")).status != 200:  # noqa: ASYNC110  # each turn is a request
        await asyncio.sleep(0.005)


async def _kill_parent(service: Service, workers: frozenset[int]) -> None:
    service.kill_parent()
    while any(map(is_alive, workers)) or not is_free(service.port):  # noqa: ASYNC110  # nobody tells
        await asyncio.sleep(0.005)
    await service.start()
