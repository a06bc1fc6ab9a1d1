"""Compares one worker process with two, on one vault and on many: python -m benchmarks.workers"""

import argparse
import asyncio
import sys
from statistics import median
from typing import Final

from benchmarks.cluster import Cluster
from benchmarks.content import Group
from benchmarks.load import Requests, drive
from benchmarks.processes import Server
from benchmarks.seeding import prepare_ours
from benchmarks.works import creates, gets, lists, patches

ONE_VAULT: Final = Group("one", 1, 200)
TWENTY: Final = Group("twenty", 20, 20)
CONNECTIONS: Final = 16
WORKS: Final[dict[str, Requests]] = {
    "patch, one vault": patches(ONE_VAULT),
    "patch, twenty vaults": patches(TWENTY),
    "create, one vault": creates(ONE_VAULT),
    "create, twenty vaults": creates(TWENTY),
    "list, twenty vaults": lists(TWENTY),
    "get, twenty vaults": gets(TWENTY),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    with Cluster() as cluster:
        prepare_ours(cluster, {ONE_VAULT, TWENTY})
        with _served(cluster, 1) as one, _served(cluster, 2) as two:
            print(f"{'work':24}{'one worker':>12}{'two workers':>12}{'ratio':>8}")
            for name, requests in WORKS.items():
                _print(name, requests, one, two, options.rounds, options.seconds)


def _print(name: str, requests: Requests, one: Server, two: Server, rounds: int, seconds: float) -> None:
    """In turn, so that what else the machine does falls on both."""
    rates: dict[Server, list[float]] = {one: [], two: []}
    for _ in range(rounds):
        for server, measured in rates.items():
            measured.append(asyncio.run(drive(server.port, requests, CONNECTIONS, seconds)).rate)
    first, second = (median(measured) for measured in rates.values())
    ratio = median(other / own for own, other in zip(*rates.values(), strict=True))
    print(f"{name:24}{first:10.0f}/s{second:10.0f}/s{ratio:8.2f}", flush=True)


def _served(cluster: Cluster, workers: int) -> Server:
    command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}", str(workers)]
    environment = dict(cluster.environment("ours"))
    del environment["CREATORVAULT_DATABASE__POOL_SIZE"]  # each worker has the connections of a default installation
    return Server(f"{workers}-workers", command, environment, cluster.home / "logs")


if __name__ == "__main__":
    main()
