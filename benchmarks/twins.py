"""What each hand-written faster copy of a library's part saves: python -m benchmarks.twins [--only dispatch,timeouts]

The same process answers with ours and with the library's own in turn (`benchmarks/substitutes.py`). "nothing" changes
nothing: what is measured for it is the error of the method.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from signal import Signals
from statistics import median
from typing import Final, NamedTuple

import uvloop

from benchmarks.cluster import Cluster
from benchmarks.content import SMALL, TINY
from benchmarks.load import Requests, Sample, drive
from benchmarks.measuring import costing, in_pairs
from benchmarks.processes import Server
from benchmarks.seeding import prepare_ours
from benchmarks.substitutes import PATCHES, TO_LIBRARY, TO_OURS
from benchmarks.works import creates, gets, lists, patches

CONNECTIONS: Final = 16
ANSWERS: Final = 500
"""Of one turn: many small ones, so that a machine that becomes slower does so in the middle of a pair seldom."""

WARMING_ANSWERS: Final = 64
WORKS: Final[dict[str, Requests]] = {
    "list": lists(SMALL),
    "get": gets(SMALL),
    "create": creates(TINY),
    "patch": patches(TINY),
}
LIMITED: Final = {
    "CREATORVAULT_LIMITS__ENABLED": "true",
    "CREATORVAULT_LIMITS__IDENTITY_READS": "1000000",
    "CREATORVAULT_LIMITS__IDENTITY_WRITES": "1000000",
    "CREATORVAULT_LIMITS__ADDRESS_REQUESTS": "1000000",
}


class Saving(NamedTuple):
    """Of one kind of request: the processor time of the service in microseconds, and the throughput."""

    ours: float
    saved: float
    rate: float

    def __str__(self) -> str:
        return f"{self.saved:6.1f} of {self.ours:4.0f} us {self.saved / self.ours:6.1%} {self.rate:6.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PATCHES))
    parser.add_argument("--works", default=",".join(WORKS))
    parser.add_argument("--pairs", type=int, default=12)
    options = parser.parse_args()
    with Cluster() as cluster:
        prepare_ours(cluster, {SMALL, TINY})
        print("saved CPU of the service, share of it, throughput against the library's own")
        for name in options.only.split(","):
            with _server(cluster, name) as server:
                for work in options.works.split(","):
                    print(f"{name:12}{work:8}{_saving(server, cluster, WORKS[work], options.pairs)}", flush=True)


def _saving(server: Server, cluster: Cluster, requests: Requests, pairs: int) -> Saving:
    ours, saved, rates = [], [], []
    turn = partial(_turn, server, cluster, requests)
    turn(TO_LIBRARY)
    for (own_rate, own_cpu), (other_rate, other_cpu) in in_pairs(TO_OURS, TO_LIBRARY, turn, pairs):
        ours.append(own_cpu)
        saved.append(other_cpu - own_cpu)
        rates.append(own_rate / other_rate)
    return Saving(median(ours), median(saved), median(rates))


def _turn(server: Server, cluster: Cluster, requests: Requests, way: Signals) -> tuple[float, float]:
    server.tell_workers(way)
    _driven(server, requests, WARMING_ANSWERS)()
    sample, service, _ = costing(server, cluster, _driven(server, requests, ANSWERS))
    return sample.rate, 1e6 * service


def _driven(server: Server, requests: Requests, answers: int) -> Callable[[], Sample]:
    return lambda: uvloop.run(drive(server.port, requests, CONNECTIONS, 0, answers))


def _server(cluster: Cluster, name: str) -> Server:
    command = [sys.executable, "-m", "benchmarks.serving", "twin", "{port}"]
    limits = LIMITED if name == "counters" else {}
    environment = cluster.environment("ours") | limits | {"SUBSTITUTE": name}
    return Server(f"twin-{name}", command, environment, cluster.home / "logs")


if __name__ == "__main__":
    main()
