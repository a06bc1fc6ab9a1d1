"""What ordinary writes pay for a process that runs jobs beside: python -m benchmarks.jobs [--pairs 12] [--seconds 1]

The process is stopped (SIGSTOP) in every second turn. Exit status 1 if writes are more than 5 % slower with it.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Final

import uvloop

from benchmarks.cluster import Cluster
from benchmarks.content import TINY
from benchmarks.load import Requests, drive
from benchmarks.measuring import in_pairs
from benchmarks.processes import Server, family
from benchmarks.seeding import prepare_ours
from benchmarks.works import creates, patches

CONNECTIONS: Final = 16
SLOWER: Final = 0.05
OPERATOR: Final = "creatorvault_operator_app"
READY_SECONDS: Final = 15.0
"""For the process to have started."""

WORKS: Final[dict[str, Requests]] = {"create": creates(TINY), "patch": patches(TINY)}


@contextmanager
def working(environment: dict[str, str]) -> Iterator[int]:
    """Yields the process id of `creatorvault worker`."""
    command = [sys.executable, "-m", "creatorvault", "worker"]
    process = subprocess.Popen(command, env=os.environ | environment, start_new_session=True)
    try:
        time.sleep(READY_SECONDS)
        yield process.pid
    finally:
        tell(process.pid, signal.SIGCONT)
        process.terminate()
        process.wait(30)


def tell(pid: int, number: signal.Signals) -> None:
    for member in family(pid):
        os.kill(member, number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    holds = True
    with Cluster() as cluster:
        prepare_ours(cluster, {TINY})
        environment = cluster.environment("ours") | {"DATABASE_OPERATOR_URL": cluster.url(OPERATOR, "ours")}
        subprocess.run(
            [sys.executable, "-m", "creatorvault", "database", "upgrade"], env=os.environ | environment, check=True
        )
        environment["LOG_LEVEL"] = "WARNING"
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        with Server("ours", command, environment, cluster.home / "logs") as server, working(environment) as worker:
            for name, requests in WORKS.items():

                def rate(number: signal.Signals, requests: Requests = requests) -> float:
                    tell(worker, number)
                    return uvloop.run(drive(server.port, requests, CONNECTIONS, options.seconds)).rate

                rate(signal.SIGCONT)  # warms up
                pairs = list(in_pairs(signal.SIGCONT, signal.SIGSTOP, rate, options.pairs))
                ratio = median(beside / alone for beside, alone in pairs)
                alone = median(rates[1] for rates in pairs)
                holds &= ratio >= 1 - SLOWER
                print(f"{name}: {alone:.0f}/s alone, {ratio:.3f} of it beside a process that runs jobs", flush=True)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
