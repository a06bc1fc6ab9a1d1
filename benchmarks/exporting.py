"""Exports of a vault of 100,000 ideas: python -m benchmarks.exporting [--ideas 100000] [--rounds 3]

Each format alone, then beside 50 requests a second of others, then with a client that stops reading. Memory is that of
the serving process above what it had before. The client is curl, in a process of its own. Exit status 1 if a goal is
missed.
"""

import argparse
import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from statistics import median
from typing import Final, NamedTuple

import httpx

from benchmarks.cluster import Cluster
from benchmarks.content import Group
from benchmarks.processes import Server
from benchmarks.seeding import prepare_ours
from benchmarks.steady import Load, beside, percentile
from benchmarks.works import token
from tests.faults.promises import Promise, table

OTHERS: Final = Group("beside", 20, 200)
RATE: Final = 50
FIRST_BYTE_SECONDS: Final = 0.5
GROWTH_BYTES: Final = 64 * 2**20
SECONDS: Final = {"jsonl": 20.0, "csv": 20.0, "markdown": 60.0}
QUIET_SECONDS: Final = 10.0
STALLED_SECONDS: Final = 15.0
PASSPHRASE: Final = "correct horse battery staple"
TIMES: Final = "%{time_starttransfer} %{time_total} %{size_download}"
MIB: Final = 2**20


class Measured(NamedTuple):
    first_byte: float
    seconds: float
    size: int
    growth: int
    processor: float
    """Seconds of the service."""


class Exporting:
    def __init__(self, server: Server, ideas: int) -> None:
        self._server = server
        self.user = Group("exported", 1, ideas).users()[0]
        self.url = f"http://127.0.0.1:{server.port}/api/v1/{self.user}/export"
        self.headers = {"Authorization": f"Bearer {token(self.user)}"}

    async def export(self, format_: str, *, encoding: str = "identity", passphrase: str | None = None) -> Measured:
        body = json.dumps({"format": format_, "passphrase": passphrase})
        headers = {**self.headers, "Accept-Encoding": encoding, "Content-Type": "application/json"}
        arguments = ["-sSf", "-o", "/dev/null", "-w", TIMES, "--data", body, self.url]
        for name, value in headers.items():
            arguments += ["-H", f"{name}: {value}"]
        used = self._server.cpu_seconds
        async with growing(self._server) as growth:
            client = await asyncio.create_subprocess_exec("curl", *arguments, stdout=asyncio.subprocess.PIPE)
            written, _ = await client.communicate()
        assert client.returncode == 0
        first, seconds, size = written.split()
        used = self._server.cpu_seconds - used
        return Measured(float(first), float(seconds), int(size), growth[0], used)


@asynccontextmanager
async def growing(server: Server) -> AsyncGenerator[list[int]]:
    """Measures how much the resident set grows within the block, at its highest."""
    before, growth = server.resident_bytes, [0]
    ended = asyncio.Event()

    async def watch() -> None:
        while not ended.is_set():
            growth[0] = max(growth[0], server.resident_bytes - before)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    try:
        yield growth
    finally:
        ended.set()
        await watching


async def alone(exporting: Exporting, rounds: int) -> list[Promise]:
    promises = []
    for name, format_, options, goal in (
        ("JSON lines", "jsonl", {}, SECONDS["jsonl"]),
        ("JSON lines, gzip", "jsonl", {"encoding": "gzip"}, SECONDS["jsonl"]),
        ("JSON lines, age", "jsonl", {"passphrase": PASSPHRASE}, SECONDS["jsonl"]),
        ("CSV", "csv", {}, SECONDS["csv"]),
        ("Markdown zip", "markdown", {}, SECONDS["markdown"]),
    ):
        runs = [await exporting.export(format_, **options) for _ in range(rounds)]
        first, seconds = max(run.first_byte for run in runs), median(run.seconds for run in runs)
        growth = max(run.growth for run in runs)
        promises.append(
            Promise(
                f"{name}: first byte ≤ {FIRST_BYTE_SECONDS} s, all ≤ {goal:.0f} s, ≤ {GROWTH_BYTES // MIB} MiB more",
                f"{first:.2f} s, {seconds:.1f} s for {runs[0].size / MIB:.0f} MiB, {growth / MIB:.1f} MiB more, "
                f"{median(run.processor for run in runs):.1f} s of processor",
                first <= FIRST_BYTE_SECONDS and seconds <= goal and growth <= GROWTH_BYTES,
            )
        )
    return promises


async def quiet(server: Server, seconds: float) -> Sequence[float]:
    """Returns the sorted latencies of gets without an export."""
    load = Load([server.port], OTHERS, RATE)
    async with beside(load):
        await asyncio.sleep(seconds)
    await load.aclose()
    return sorted(load.gets)


async def besides(server: Server, exporting: Exporting) -> list[Promise]:
    before = await quiet(server, QUIET_SECONDS)
    promises = []
    for format_ in ("jsonl", "markdown"):
        load = Load([server.port], OTHERS, RATE)
        async with beside(load):
            await exporting.export(format_)
        await load.aclose()
        found = sorted(load.gets)
        promises.append(
            Promise(
                f"others' gets stay fast beside an export as {format_}: p95 within 20 ms of that without",
                f"{percentile(found, 95) * 1000:.1f} ms beside, {percentile(before, 95) * 1000:.1f} ms without, "
                f"{dict(load.statuses)}",
                percentile(found, 95) - percentile(before, 95) <= 0.02 and load.statuses.keys() <= {200},
            )
        )
    return promises


async def stalled(server: Server, exporting: Exporting) -> list[Promise]:
    """A client asks for an export and reads nothing."""
    before = await quiet(server, QUIET_SECONDS)
    async with growing(server) as growth:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            lines = [f"GET /api/v1/{exporting.user}/export HTTP/1.1", "Host: bench"]
            lines += [f"{name}: {value}" for name, value in exporting.headers.items()]
            client.sendall("\r\n".join([*lines, "", ""]).encode())
            await asyncio.sleep(1)
            used = server.cpu_seconds
            load = Load([server.port], OTHERS, RATE)
            async with beside(load):
                await asyncio.sleep(QUIET_SECONDS)
            await load.aclose()
            used = server.cpu_seconds - used
            async with httpx.AsyncClient() as another:
                refused = (await another.get(exporting.url, headers=exporting.headers)).status_code
            await asyncio.sleep(STALLED_SECONDS)
            again = await exporting.export("jsonl")
    found = sorted(load.gets)
    return [
        Promise(
            "a client that stops reading: ≤ 8 MiB more, others' p95 within 2 ms",
            f"{growth[0] / MIB:.1f} MiB more, {percentile(found, 95) * 1000:.1f} ms, "
            f"{percentile(before, 95) * 1000:.1f} ms without, {used:.1f} s of processor in {QUIET_SECONDS:.0f} s",
            percentile(found, 95) - percentile(before, 95) <= 0.002,
        ),
        Promise(
            f"it has its turn until it is cut off after {STALLED_SECONDS:.0f} s, then it can export again",
            f"{refused}, then {again.size / MIB:.0f} MiB",
            refused == 429 and again.size > 0,
        ),
    ]


async def measured(server: Server, options: argparse.Namespace) -> list[Promise]:
    exporting = Exporting(server, options.ideas)
    await quiet(server, 2.0)
    await exporting.export("jsonl")  # what the process keeps from now on, such as connections and keys
    promises = await alone(exporting, options.rounds)
    promises += await besides(server, exporting)
    promises += await stalled(server, exporting)
    return promises


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ideas", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with Cluster() as cluster:
        prepare_ours(cluster, {OTHERS, Group("exported", 1, options.ideas)})
        environment = cluster.environment("ours") | {
            "CREATORVAULT_TRANSFER__EXPORT_STALLED_SECONDS": str(STALLED_SECONDS),
        }
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        with Server("exporting", command, environment, cluster.home / "logs") as server:
            promises = asyncio.run(measured(server, options))
    rows = [(promise.text, promise.found, "holds" if promise.holds else "MISSED") for promise in promises]
    print(table(("goal", "found", "verdict"), rows))
    return 0 if all(promise.holds for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
