"""Interleaved rounds: every service in turn, several times, so that what else the machine does falls on all alike."""

from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Final

import msgspec
import uvloop

from benchmarks.cluster import Cluster
from benchmarks.load import Sample, drive
from benchmarks.processes import Server
from benchmarks.works import Work

WARM_UP: Final = 0.4
"""Of a run's seconds."""

WARMING_ANSWERS: Final = 400
"""At least, so that every vault's key is at hand and every statement prepared on most connections."""


class Result(msgspec.Struct):
    """Medians of the rounds; times in milliseconds, CPU in milliseconds for each request. `rounds` are their rates."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu: float
    database_cpu: float
    rounds: list[float]


def measure(
    work: Work, servers: Mapping[str, Server], cluster: Cluster, rounds: int, seconds: float
) -> dict[str, Result]:
    found: dict[str, list[tuple[Sample, float, float]]] = {name: [] for name in work.services}
    for name in work.services:
        one_run(work, servers[name], seconds * WARM_UP, WARMING_ANSWERS if work.connections > 1 else 8)
    for _ in range(rounds):
        for name in work.services:
            server = servers[name]
            found[name].append(costing(server, cluster, lambda server=server: one_run(work, server, seconds)))
    return {name: _result(samples) for name, samples in found.items()}


def in_pairs[Way, Taken](
    first: Way, second: Way, turn: Callable[[Way], Taken], pairs: int
) -> Iterator[tuple[Taken, Taken]]:
    """Takes a turn of each way, in the other order in every second pair. Yields what the first and the second took."""
    for pair in range(pairs):
        if pair % 2:
            one, other = turn(first), turn(second)
        else:
            other, one = turn(second), turn(first)
        yield one, other


def costing(server: Server, cluster: Cluster, run: Callable[[], Sample]) -> tuple[Sample, float, float]:
    """A run, with the seconds of processor time that a request of it took in the service and in the database."""
    service, database = server.cpu_seconds, cluster.cpu_seconds
    sample = run()
    count = len(sample.latencies)
    return sample, (server.cpu_seconds - service) / count, (cluster.cpu_seconds - database) / count


def one_run(work: Work, server: Server, seconds: float, least: int = 1) -> Sample:
    return uvloop.run(drive(server.port, work.requests_of(server.name), work.connections, seconds, least))


def _result(samples: list[tuple[Sample, float, float]]) -> Result:
    only = [sample for sample, _, _ in samples]
    return Result(
        rate=median(sample.rate for sample in only),
        p50=median(sample.percentile(50) for sample in only) * 1000,
        p95=median(sample.percentile(95) for sample in only) * 1000,
        p99=median(sample.percentile(99) for sample in only) * 1000,
        cpu=median(cpu for _, cpu, _ in samples) * 1000,
        database_cpu=median(cpu for _, _, cpu in samples) * 1000,
        rounds=[sample.rate for sample in only],
    )
