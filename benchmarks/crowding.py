"""How much single gets suffer while a large vault of somebody else is searched for the first time, in one process."""

import asyncio
from time import perf_counter
from typing import Final

import msgspec
import uvloop

from benchmarks import content
from benchmarks.load import Sample, drive
from benchmarks.processes import Server
from benchmarks.works import gets, lists

CONNECTIONS = 4
"""Few, so that it is the search that they wait for and not each other."""


SEARCH: Final = lists(content.HUNDRED_THOUSAND, lambda: iter(("?search=camera%20light",)))


class Crowding(msgspec.Struct):
    """Milliseconds; `peak_bytes` is the process's largest resident set, the corpus of 100,000 ideas included."""

    p99_alone: float
    p99_beside: float
    search: float
    second_search: float
    bytes_before: int
    peak_bytes: int

    def __str__(self) -> str:
        return (
            f"gets p99 alone {self.p99_alone:.1f} ms, beside a cold search of 100,000 {self.p99_beside:.1f} ms; the "
            f"search {self.search:.0f} ms, again {self.second_search:.1f} ms; peak memory "
            f"{self.bytes_before / 2**20:.0f} MiB before it, {self.peak_bytes / 2**20:.0f} MiB after"
        )


def crowding(server: Server, rounds: int = 2) -> Crowding:
    """The worse of the rounds. Starts the server anew for each, since a search is cold only once; and once before them,
    so that the vault has segments, if the service makes any.
    """
    with server:
        uvloop.run(drive(server.port, SEARCH, 1, 0))
    return max((_one(server) for _ in range(rounds)), key=lambda crowd: crowd.p99_beside - crowd.p99_alone)


def _one(server: Server) -> Crowding:
    with server:
        get = gets(content.SMALL)

        async def both() -> tuple[Sample, Sample, float]:
            await drive(server.port, get, CONNECTIONS, 0.5)
            alone = await drive(server.port, get, CONNECTIONS, 2)
            searching = asyncio.ensure_future(drive(server.port, SEARCH, 1, 0))
            beside = [await drive(server.port, get, CONNECTIONS, 0.2)]
            while not searching.done():
                beside.append(await drive(server.port, get, CONNECTIONS, 0.2))
            latencies = sorted(latency for sample in beside for latency in sample.latencies)
            return alone, Sample(1, latencies), searching.result().latencies[0]

        before = server.peak_bytes
        alone, beside, cold = uvloop.run(both())
        start = perf_counter()
        warm = uvloop.run(drive(server.port, SEARCH, 1, 0))
        assert warm.latencies[0] < perf_counter() - start
        return Crowding(
            alone.percentile(99) * 1000,
            beside.percentile(99) * 1000,
            cold * 1000,
            warm.latencies[0] * 1000,
            before,
            server.peak_bytes,
        )
