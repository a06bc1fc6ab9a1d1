"""A vault of 100,000 ideas: its first search, later ones, and the order of titles: python -m benchmarks.volume

Prints the median of the rounds: seconds, and processor time of the service and of PostgreSQL, which stay the same when
other work competes for the processor. Exit status 1 if a goal is missed.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from statistics import median
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import asyncpg
import uvloop

from benchmarks import content
from benchmarks.cluster import Cluster
from benchmarks.content import HUNDRED_THOUSAND
from benchmarks.load import Requests, drive
from benchmarks.measuring import costing
from benchmarks.processes import Server
from benchmarks.seeding import prepare_ours
from benchmarks.works import lists

FIRST_SECONDS: Final = 2.0
LATER_SECONDS: Final = 0.3

ROOMY: Final = "roomy"
BOUNDED: Final = "bounded"
BOUNDS: Final = {
    ROOMY: {},
    BOUNDED: {"CREATORVAULT_SEARCH__VAULT_BYTES": str(64 * 2**20), "CREATORVAULT_SEARCH__CORPUS_BYTES": str(2**28)},
}
"""One with room for the whole vault in memory, and one as it ships, which is a third of what the vault would take."""

LATER: Final = 5
"""Requests of each kind after the first, in each round."""


class Cost(NamedTuple):
    """Seconds of one request."""

    wall: float
    service: float
    database: float


class Part(NamedTuple):
    name: str
    costs: Sequence[Cost]
    goal: float | None

    def __str__(self) -> str:
        wall, service, database = (median(part) for part in zip(*self.costs, strict=True))
        verdict = "" if self.goal is None else f"   goal {self.goal} s {'reached' if self.reached else 'MISSED'}"
        return f"{self.name:42}{wall:8.3f} s   CPU {service:6.3f} + {database:6.3f}{verdict}"

    @property
    def reached(self) -> bool:
        return self.goal is None or median(cost.wall for cost in self.costs) <= self.goal


def searches() -> Iterator[str]:
    return ("?" + urlencode({"search": term}) for term in _TERMS)


_TERMS: Final = iter(cycle(content.search_terms()))


def common_searches() -> Iterator[str]:
    """A word that nearly all ideas contain, so that nearly all have to be sorted."""
    return ("?" + urlencode({"search": word}) for word in cycle(content.WORDS))


def title_pages() -> Iterator[str]:
    return (f"?sort=title&order=asc&offset={offset}" for offset in cycle(range(0, 2000, 20)))


KINDS: Final[dict[str, Requests]] = {
    "search": lists(HUNDRED_THOUSAND, searches),
    "search for a common word": lists(HUNDRED_THOUSAND, common_searches),
    "title order": lists(HUNDRED_THOUSAND, title_pages),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    parts: list[Part] = []
    with Cluster() as cluster:
        prepare_ours(cluster, {HUNDRED_THOUSAND})
        for which in BOUNDS:
            for part in measured(cluster, which, options.rounds):
                print(part, flush=True)
                parts.append(part)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0 if all(part.reached for part in parts) else 1


def measured(cluster: Cluster, which: str, rounds: int) -> Iterator[Part]:
    """Each round starts two processes: one for a vault without segments, and one for a vault that has some."""
    first, second, cold = list[Cost](), list[Cost](), list[Cost]()
    later: dict[str, list[Cost]] = {kind: [] for kind in KINDS}
    first_titles: list[Cost] = []
    server = served(cluster, which)
    for _ in range(rounds):
        asked(cluster, "TRUNCATE idea_segments")
        with server:
            warm_up(server)
            first.append(cost(cluster, server, KINDS["search"]))
            second.append(cost(cluster, server, KINDS["search"]))
            await_segments(cluster)
        with server:
            warm_up(server)
            cold.append(cost(cluster, server, KINDS["search"]))
            first_titles.append(cost(cluster, server, KINDS["title order"]))
            for kind, requests in KINDS.items():
                later[kind].extend(cost(cluster, server, requests) for _ in range(LATER))
    yield Part(f"{which}: first search", first, FIRST_SECONDS)
    yield Part(f"{which}: second search", second, None)
    yield Part(f"{which}: first search of a new process", cold, None)
    yield Part(f"{which}: first title order", first_titles, None)
    for kind, costs in later.items():
        yield Part(f"{which}: later, {kind}", costs, LATER_SECONDS)


def served(cluster: Cluster, which: str) -> Server:
    command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
    return Server(which, command, cluster.environment("ours") | BOUNDS[which], cluster.home / "logs")


def warm_up(server: Server) -> None:
    """A first page, as a client shows it before anybody searches: it unwraps the vault's key."""
    uvloop.run(drive(server.port, lists(HUNDRED_THOUSAND), 1, 0, 3))


def cost(cluster: Cluster, server: Server, requests: Requests) -> Cost:
    sample, service, database = costing(server, cluster, lambda: uvloop.run(drive(server.port, requests, 1, 0)))
    return Cost(sample.latencies[0], service, database)


def await_segments(cluster: Cluster) -> None:
    """Until no more segments are written."""
    before = -1
    while before != (now := asked(cluster, "SELECT count(*) FROM idea_segments")):
        before = now
        time.sleep(0.5)


def asked(cluster: Cluster, statement: str) -> Any:
    async def ask() -> Any:
        database = await asyncpg.connect(cluster.url("postgres", "ours"))
        try:
            return await database.fetchval(statement)
        finally:
            await database.close()

    return asyncio.run(ask())


if __name__ == "__main__":
    sys.exit(main())
