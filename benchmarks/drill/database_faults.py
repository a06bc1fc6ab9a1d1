"""The database is killed, stopped, locked, or used up."""

import asyncio
import time

from benchmarks.drill.row import Row
from benchmarks.drill.stage import Stage
from tests.faults.clients import ask
from tests.faults.crowd import Creator, Crowd


async def killed(stage: Stage) -> Row:
    row = Row("kill -9 of PostgreSQL, 16 clients")
    async with stage.service() as service:
        crowd = Crowd(service.port, readers=8, writers=8)
        crowd.begin()
        async with stage.judged(row, service, crowd):
            await asyncio.sleep(1)
            stage.server.kill()
            await asyncio.sleep(2)
            back_at = await stage.server.start_again()
            await asyncio.sleep(2)
            row.recovered(crowd.answers, back_at)
    return row


async def stopped(stage: Stage) -> Row:
    row = Row("SIGSTOP of PostgreSQL for 20 s, 16 clients")
    async with stage.service() as service:
        crowd = Crowd(service.port, readers=8, writers=8)
        crowd.begin()
        async with stage.judged(row, service, crowd):
            await asyncio.sleep(1)
            stage.server.stop_answering()
            await asyncio.sleep(20)
            back_at = time.monotonic()
            stage.server.go_on()
            await asyncio.sleep(2)
            row.recovered(crowd.answers, back_at)
    return row


async def locked(stage: Stage) -> Row:
    row = Row("table locked for 6 s, 200 clients")
    async with stage.service() as service:
        crowd = Crowd(service.port, readers=100, writers=100, thinking_seconds=2)
        sql = await stage.server.connect()
        crowd.begin()
        async with stage.judged(row, service, crowd):
            await asyncio.sleep(1)
            async with sql.transaction():
                await sql.execute("LOCK TABLE vaults, ideas IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(6)
                back_at = time.monotonic()
            await asyncio.sleep(2)
            row.recovered(crowd.answers, back_at)
        await sql.close()
    return row


async def exhausted(stage: Stage) -> Row:
    """Forty writers wait for one vault and hold all connections; sixteen others want one too."""
    row = Row("pool exhausted for 5 s, 56 clients")
    async with stage.service() as service:
        one = Creator(service.port)
        await one.write("First")
        waiting = Crowd(service.port, readers=0, writers=40, shared=one)
        crowd = Crowd(service.port, readers=8, writers=8)
        sql = await stage.server.connect()
        crowd.begin()
        async with stage.judged(row, service, crowd):
            async with sql.transaction():
                await sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", one.user_id)
                waiting.begin()
                await asyncio.sleep(2.5)
                ready = await ask(service.port, "GET", "/health/ready")
                await asyncio.sleep(2.5)
                back_at = time.monotonic()
            await asyncio.sleep(2)
            await waiting.end()
            crowd.answers += waiting.answers
            crowd.writers.append(one)
            row.recovered(crowd.answers, back_at)
            row.promise(ready.status == 200, f"/health/ready said {ready.status}")
        await sql.close()
    return row
