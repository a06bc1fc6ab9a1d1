"""Clients that leave before they are answered, and clients that take all day."""

import asyncio
import random
import time
from typing import Final
from uuid import uuid4

from benchmarks.drill.row import Row
from benchmarks.drill.stage import Stage
from tests.faults.clients import request_bytes
from tests.faults.crowd import Creator, Crowd

ABORTED: Final = 2000
AT_ONCE: Final = 20
MOST_PATIENT_SECONDS: Final = 0.4
LIMIT_SECONDS: Final = 3


async def aborted(stage: Stage) -> Row:
    row = Row("2,000 aborted clients beside 8 others")
    async with stage.service() as service:
        crowd = Crowd(service.port, readers=4, writers=4)
        leaving = [Creator(service.port) for _ in range(AT_ONCE)]
        crowd.begin()
        async with stage.judged(row, service, crowd):
            left = await asyncio.gather(*(_leave_often(creator, ABORTED // AT_ONCE) for creator in leaving))
        row.promise(sum(left) == ABORTED, f"only {sum(left)} clients could connect")
        row.promise(row.unavailable == 0, f"{row.unavailable} others were answered 503")
    return row


async def _leave_often(creator: Creator, times: int) -> int:
    left = 0
    for turn in range(times):
        _, writer = await asyncio.open_connection("127.0.0.1", creator.port)
        if turn % 2:
            writer.write(request_bytes("GET", creator.url, creator.headers))
        else:
            # Every other body is incomplete.
            length = 1000 if turn % 4 else None
            writer.write(request_bytes("POST", creator.url, creator.headers, {"title": str(uuid4())}, length=length))
        await asyncio.sleep(random.uniform(0, MOST_PATIENT_SECONDS))
        writer.transport.abort()
        left += 1
    return left


async def slow(stage: Stage) -> Row:
    row = Row("100 slow clients beside 16 others")
    limits = {
        "CREATORVAULT_SERVER__HEADER_SECONDS": str(LIMIT_SECONDS),
        "CREATORVAULT_SERVER__BODY_SECONDS": str(LIMIT_SECONDS),
    }
    async with stage.service(**limits) as service:
        crowd = Crowd(service.port, readers=8, writers=8)
        creator = Creator(service.port)
        ways = (_slow_headers, _slow_body, _endless_body, _silence)
        crowd.begin()
        async with stage.judged(row, service, crowd):
            lasted = await asyncio.gather(*(ways[number % len(ways)](creator) for number in range(100)))
        row.promise(max(lasted) < LIMIT_SECONDS + 1, f"a slow client was borne for {max(lasted):.1f} s")
        row.promise(row.unavailable == 0, f"{row.unavailable} others were answered 503")
    return row


async def _slow_headers(creator: Creator) -> float:
    return await _borne(creator, b"GET /health HTTP/1.1\r\nHost: drill\r\n", b"X-More: more\r\n")


async def _slow_body(creator: Creator) -> float:
    return await _borne(creator, request_bytes("POST", creator.url, creator.headers, {}, length=10_000), b" ")


async def _endless_body(creator: Creator) -> float:
    headers = {**creator.headers, "Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    return await _borne(creator, request_bytes("POST", creator.url, headers), b"400\r\n" + b" " * 1024 + b"\r\n")


async def _silence(creator: Creator) -> float:
    return await _borne(creator, b"", b"")


async def _borne(creator: Creator, first: bytes, then: bytes) -> float:
    """Seconds until the service has had enough."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", creator.port)
    writer.write(first)
    try:
        while not reader.at_eof() and time.monotonic() - began < 4 * LIMIT_SECONDS:
            writer.write(then)
            try:
                async with asyncio.timeout(0.1):
                    await reader.read(1000)
            except TimeoutError:
                continue
    except OSError:
        pass
    finally:
        writer.transport.abort()
    return time.monotonic() - began
