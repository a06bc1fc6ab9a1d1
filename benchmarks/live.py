"""Live updates of two processes on one database: python -m benchmarks.live [--changes 300] [--pairs 12] [--seconds 2]

How soon a change through one process shows on a stream of the other, what streams cost, and what they leave behind.
Exit status 1 if a promise of docs/live.md is broken.
"""

import argparse
import asyncio
import random
import socket
import struct
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final, cast

import uvloop

from benchmarks.content import SECRET, Group
from benchmarks.load import drive
from benchmarks.measuring import in_pairs
from benchmarks.processes import resident_bytes
from benchmarks.works import creates, http, token
from tests.application import environment_of, open_house
from tests.faults.clients import ask
from tests.faults.promises import Promise, table
from tests.faults.servers import Server
from tests.faults.service import Service
from tests.postgres import Database
from tests.sync.events.clients import live, served

WRITTEN: Final = Group("written", 20, 0)
IDLE: Final = Group("idle", 1_000, 0)
LEAVING: Final = Group("leaving", 100, 0)
SHUT: Final = Group("shut", 500, 0)

SHOWN_SECONDS: Final = 0.25
STREAM_BYTES: Final = 40 * 1024
LEFT: Final = 10_000
AT_ONCE: Final = 100
LEFT_BYTES: Final = 4 * 2**20
SHUTDOWN_SECONDS: Final = 10.0
RESTART_SECONDS: Final = 2.0
LOST_SECONDS: Final = 3.5
SLOWER: Final = 0.03
WRITERS: Final = 64
PATIENCE_SECONDS: Final = 30.0
RESET: Final = struct.pack("ii", 1, 0)

SETTINGS: Final = {
    "BETTER_AUTH_SECRET": SECRET,
    "CREATORVAULT_LIMITS__ENABLED": "false",
    "CREATORVAULT_LIVE__STREAMS_PER_IDENTITY": "1000",
    "CREATORVAULT_LIVE__LONGEST_SECONDS": "86400",
    "CREATORVAULT_DATABASE__POOL_WAIT_SECONDS": "20",
    "CREATORVAULT_DATABASE__ANSWER_SECONDS": "25",
}
LISTENERS: Final = """
    SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND mode = 'ShareLock' AND datname = 'creatorvault'
"""


class Stream(asyncio.Protocol):
    """A client that reads events. `received` is everything after the head."""

    def __init__(self) -> None:
        self.received = b""
        self.shown: dict[int, float] = {}
        self.closed = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        now = time.perf_counter()
        for line in data.split(b"\n"):
            if line.startswith(b"id: "):
                self.shown[int(line[4:])] = now
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(exc)
        self._changed.set()

    @property
    def revision(self) -> int:
        return max(self.shown, default=-1)

    async def until(self, revision: int) -> float:
        """Returns the moment at which the revision or a later one was shown."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.revision < revision:
                self._changed.clear()
                if self.closed.done():
                    raise ConnectionError(self.received[-500:].decode(errors="replace"))
                await self._changed.wait()
        return min(at for number, at in self.shown.items() if number >= revision)


async def opened(port: int, user: str) -> Stream:
    """Returns when the current revision was shown."""
    loop = asyncio.get_running_loop()
    transport, stream = await loop.create_connection(Stream, "127.0.0.1", port)
    transport.write(http("GET", f"/api/v1/{user}/events", token(user)))
    await stream.until(0)
    return stream


@asynccontextmanager
async def streams(port: int, users: Sequence[str]) -> AsyncGenerator[list[Stream]]:
    found = []
    try:
        for some in (users[at : at + AT_ONCE] for at in range(0, len(users), AT_ONCE)):
            found += await asyncio.gather(*(opened(port, user) for user in some))
        yield found
    finally:
        for stream in found:
            stream.transport.abort()


async def write(port: int, user: str, seconds: float = PATIENCE_SECONDS) -> None:
    headers = {"Authorization": f"Bearer {token(user)}"}
    deadline = time.monotonic() + seconds
    while (await ask(port, "POST", f"/api/v1/{user}/ideas", headers, {"title": "Live"}, seconds=5)).status != 201:
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.02)


async def changes(first: int, second: int, count: int) -> Promise:
    """From the moment at which the request of the change is sent."""
    user, taken = WRITTEN.users()[0], list[float]()
    await write(first, user)
    async with streams(second, [user]) as [stream]:
        for _ in range(count):
            revision = stream.revision
            await asyncio.sleep(random.uniform(0, 0.1))
            began = time.perf_counter()
            await write(first, user)
            taken.append(await stream.until(revision + 1) - began)
    taken.sort()
    p99 = taken[min(len(taken) - 1, len(taken) * 99 // 100)]
    return Promise(
        f"a change through another process shows within {1000 * SHOWN_SECONDS:.0f} ms at p99",
        f"{1000 * median(taken):.0f} at p50, {1000 * p99:.0f} at p99, {1000 * taken[-1]:.0f} ms at most; {count}",
        p99 <= SHOWN_SECONDS,
        is_timed=True,
    )


async def memory(port: int, pid: int) -> Promise:
    """After as many streams were open and closed before, so that what grows once has grown."""
    users = IDLE.users()
    async with streams(port, users[:AT_ONCE]):
        pass
    await asyncio.sleep(1)
    before = resident_bytes(pid)
    async with streams(port, users):
        await asyncio.sleep(1)
        each = (resident_bytes(pid) - before) / len(users)
    return Promise(
        f"a stream takes {STREAM_BYTES // 1024} KiB at most",
        f"{each / 1024:.1f} KiB each, {len(users)} streams of as many creators in one worker",
        each <= STREAM_BYTES,
    )


async def leaving(folder: Path, server: Server) -> Promise:
    """In this process, where tasks and entries can be counted."""
    database = Database("creatorvault", str(server.place.socket))
    environment = environment_of(database, folder / "home") | SETTINGS | {"LOG_LEVEL": "ERROR"}
    users = LEAVING.users()
    async with open_house(environment, database) as house, served(house.app) as client:
        port, hub = client.base_url.port or 0, live(house.app).hub
        measured = []
        for number in range(LEFT // AT_ONCE):
            async with streams(port, users) as found:
                for stream in found:
                    sock = stream.transport.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            while hub.open:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.01)
            if number in {LEFT // AT_ONCE // 5, LEFT // AT_ONCE - 1}:
                await asyncio.sleep(0.5)
                measured.append((resident_bytes_of_this_process(), len(asyncio.all_tasks())))
        (before, tasks_before), (after, tasks_after) = measured
        left = len(hub)
    return Promise(
        f"{LEFT} streams whose clients have gone leave nothing",
        f"{left} entries, {tasks_after - tasks_before:+d} tasks, {(after - before) / 2**20:+.1f} MiB since a fifth",
        left == 0 and tasks_after <= tasks_before and after - before <= LEFT_BYTES,
    )


def resident_bytes_of_this_process() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def restart(first: int, second: int, server: Server) -> Promise:
    """From the moment at which the database takes connections again."""
    user = WRITTEN.users()[1]
    await write(first, user)
    async with streams(second, [user]) as [stream]:
        revision = stream.revision
        server.kill()
        await asyncio.sleep(1)
        answers = await server.start_again()
        began = time.perf_counter() - (time.monotonic() - answers)
        await write(first, user)
        took = await stream.until(revision + 1) - began
    return Promise(
        f"after a restart of the database, streams go on within {RESTART_SECONDS:.0f} s",
        f"after {took:.2f} s, the first write included",
        took <= RESTART_SECONDS,
        is_timed=True,
    )


async def lost_notice(first: int, second: int, server: Server) -> Promise:
    """The listening connection is ended, and while there is none, something is written."""
    user = WRITTEN.users()[2]
    await write(first, user)
    sql = await server.connect()
    async with streams(second, [user]) as [stream]:
        await asyncio.sleep(1)
        revision = stream.revision
        ended = [await sql.fetchval("SELECT pg_terminate_backend($1)", pid) for [pid] in await sql.fetch(LISTENERS)]
        began = time.perf_counter()
        await write(first, user)
        took = await stream.until(revision + 1) - began
    await sql.close()
    return Promise(
        f"what nobody has listened to shows within {LOST_SECONDS} s",
        f"after {took:.2f} s, {len(ended)} listening connections ended",
        took <= LOST_SECONDS and bool(ended),
        is_timed=True,
    )


async def shutdown(service: Service) -> Promise:
    async with streams(service.port, SHUT.users()) as found:
        began = time.monotonic()
        service.terminate()
        status = await service.left(PATIENCE_SECONDS)
        took = time.monotonic() - began
        told = sum(b'{"reason": "shutdown"}' in stream.received for stream in found)
    return Promise(
        f"SIGTERM with {len(found)} streams ends within {SHUTDOWN_SECONDS:.0f} s",
        f"after {took:.1f} s with status {status}; {told} streams were told",
        status == 0 and took <= SHUTDOWN_SECONDS and told == len(found),
    )


def writes(ports: Sequence[int], pairs: int, seconds: float) -> Promise:
    """With a stream of each written vault in each process, and without, in turns."""

    async def rate(with_streams: bool) -> float:  # noqa: FBT001 - the two ways
        users = WRITTEN.users() if with_streams else []
        async with streams(ports[0], users), streams(ports[1], users):
            await asyncio.sleep(0.5)
            return (await drive(ports[0], creates(WRITTEN), WRITERS, seconds)).rate

    uvloop.run(rate(with_streams=False))  # warms up
    found = list(in_pairs(True, False, lambda way: uvloop.run(rate(way)), pairs))  # noqa: FBT003
    ratio = median(beside / alone for beside, alone in found)
    return Promise(
        f"writes through {WRITERS} connections are {100 * SLOWER:.0f} % slower at most beside streams",
        f"{median(alone for _, alone in found):.0f}/s without, {ratio:.3f} of it with {2 * WRITTEN.vaults} streams",
        ratio >= 1 - SLOWER,
        is_timed=True,
    )


def drilled(folder: Path, count: int, pairs: int, seconds: float) -> Iterator[Promise]:
    with Server(folder / "database", {"max_connections": "200"}) as server:
        urls = server.runtime_url, server.owner_url.replace("+asyncpg", "")
        first, second = (Service(folder, *urls, **SETTINGS) for _ in range(2))
        for service in (first, second):
            service.checkout = Path.cwd()
            uvloop.run(service.start())
        try:
            yield uvloop.run(changes(first.port, second.port, count))
            yield uvloop.run(memory(second.port, second.pid or 0))
            yield writes((first.port, second.port), pairs, seconds)
            yield uvloop.run(lost_notice(first.port, second.port, server))
            yield uvloop.run(restart(first.port, second.port, server))
            yield uvloop.run(shutdown(second))
            yield uvloop.run(leaving(folder, server))
        finally:
            for service in (first, second):
                uvloop.run(service.stop())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    began, found = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="creatorvault-drill-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # so that the account which root lends PostgreSQL may pass
        for promise in drilled(folder, options.changes, options.pairs, options.seconds):
            print(f"{promise.text}: {promise.found}", file=sys.stderr, flush=True)
            found.append(promise)
    rows = [(promise.text, promise.found, "holds" if promise.holds else "BROKEN") for promise in found]
    print(table(("promise", "found", "verdict"), rows))
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if all(promise.holds for promise in found) else 1


if __name__ == "__main__":
    sys.exit(main())
