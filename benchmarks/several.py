"""Four processes on one database: python -m benchmarks.several [--rounds 5] [--seconds 1]

First mixed writers through all of them, whose writes are compared with what is stored; then the rates of one, two and
four processes. Exit status 1 if a promise of docs/scaling.md is broken.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.cluster import Cluster
from benchmarks.content import Group
from benchmarks.load import Requests, drive
from benchmarks.processes import Server as Process
from benchmarks.seeding import prepare_ours
from benchmarks.works import creates, patches
from tests.faults.promises import Promise, table
from tests.faults.servers import Server
from tests.processes.several import PROCESSES, promised
from tests.processes.writers import Plan
from tests.valkey import PROGRAM

PLAN: Final = Plan(
    newcomers=40,
    first_writes=16,
    writers=16,
    rounds=20,
    keys=60,
    constants=120,
    address_requests=200,
    identity_writes=4000,
)
MAX_CONNECTIONS: Final = 200
"""A process may open about 40 with the default settings (docs/operations/sizing.md)."""

COUNTS: Final = (1, 2, PROCESSES)
CONNECTIONS: Final = 16
CORES: Final = len(os.sched_getaffinity(0))
GROWS: Final = 1.2
"""Times the rate of one process."""

NOISE: Final = 0.1
"""By so much two measurements of the same differ."""

ONE_VAULT: Final = Group("one", 1, 200)
TWENTY: Final = Group("twenty", 20, 20)
WORKS: Final[dict[str, tuple[Requests, bool]]] = {
    "create, twenty vaults": (creates(TWENTY), True),
    "patch, twenty vaults": (patches(TWENTY), True),
    "patch, one vault": (patches(ONE_VAULT), False),
}
"""The requests, and whether they are expected to grow with the processes."""


async def written(folder: Path) -> list[Promise]:
    with Server(folder / "database", {"max_connections": str(MAX_CONNECTIONS)}) as server:
        urls = server.runtime_url, server.owner_url.replace("+asyncpg", "")
        sql = await server.connect()
        promises = await promised(folder, urls, PLAN, sql, {}, Path.cwd())
        await sql.close()
        return promises


def measured(rounds: int, seconds: float) -> Iterator[Promise]:
    """In turns, so that what else the machine does falls on all."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster())
        prepare_ours(cluster, {ONE_VAULT, TWENTY})
        environment = dict(cluster.environment("ours"))
        del environment["CREATORVAULT_DATABASE__POOL_SIZE"]  # each has the connections of a default installation
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        ports = [
            stack.enter_context(Process(f"process-{number}", command, environment, cluster.home / "logs")).port
            for number in range(PROCESSES)
        ]
        for work, (requests, grows) in WORKS.items():
            rates: dict[int, list[float]] = {count: [] for count in COUNTS}
            for _ in range(rounds):
                for count, found in rates.items():
                    found.append(asyncio.run(_rate(ports[:count], requests, seconds)))
            yield _judged(work, rates, grows=grows)


async def _rate(ports: Sequence[int], requests: Requests, seconds: float) -> float:
    """Requests per second of all processes together, with equally many connections to each."""
    each = CONNECTIONS // len(ports)
    return sum(
        sample.rate for sample in await asyncio.gather(*(drive(port, requests, each, seconds) for port in ports))
    )


def _judged(work: str, rates: dict[int, list[float]], *, grows: bool) -> Promise:
    """A process and what it asks of PostgreSQL keep two cores busy. Without them, more processes may not be slower."""
    one, *more = COUNTS
    ratios = {count: median(a / b for a, b in zip(rates[count], rates[one], strict=True)) for count in more}
    wanted = {count: GROWS if grows and 2 * count <= CORES else 1 - NOISE for count in more}
    text = ", ".join(f"{count} processes {ratio:.2f} (at least {wanted[count]})" for count, ratio in ratios.items())
    promised = "grows with processes where cores are left" if grows else "does not fall with processes"
    return Promise(
        f"{work}: the rate {promised}",
        f"{median(rates[one]):.0f}/s; {text}; {CORES} cores",
        all(ratios[count] >= wanted[count] for count in more),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="creatorvault-drill-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # so that the account which root lends PostgreSQL may pass
        found = asyncio.run(written(folder))
    if PROGRAM is None:
        print("limits are not shared: neither valkey-server nor redis-server is installed", file=sys.stderr)
    found += measured(options.rounds, options.seconds)
    rows = [(promise.text, promise.found, "holds" if promise.holds else "BROKEN") for promise in found]
    print(table(("promise", "found", "verdict"), rows))
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if all(promise.holds for promise in found) else 1


if __name__ == "__main__":
    sys.exit(main())
