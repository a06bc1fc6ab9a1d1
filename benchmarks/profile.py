"""Where the processor time of one request goes, by room: python -m benchmarks.profile [--seconds 4]

The service takes a sample of its own stack for each millisecond of processor time that it uses. A sample counts for the
room whose Python code was executing; what C code does counts for its caller. PostgreSQL's time is measured apart.
"""

import argparse
import json
import os
import signal
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

import uvloop

from benchmarks.cluster import Cluster
from benchmarks.content import Group
from benchmarks.load import Requests, Sample, drive
from benchmarks.measuring import costing
from benchmarks.processes import Server
from benchmarks.seeding import prepare_ours
from benchmarks.works import creates, gets, lists, patches, searches

INTERVAL: Final = 0.001
START: Final = signal.SIGUSR1
STOP: Final = signal.SIGUSR2
VARIABLE: Final = "PROFILE"
CONNECTIONS: Final = 16
TWENTY: Final = Group("twenty", 20, 200)
WORKS: Final[dict[str, Requests]] = {
    "list": lists(TWENTY),
    "get": gets(TWENTY),
    "search": lists(TWENTY, searches),
    "create": creates(TWENTY),
    "patch": patches(TWENTY),
}
ROOMS: Final = {
    "creatorvault/core/http/connections": "connections",
    "uvicorn": "connections",
    "creatorvault/core/http": "edge, dispatch, responses",
    "litestar": "edge, dispatch, responses",
    "creatorvault/core/limits": "edge, dispatch, responses",
    "creatorvault/core/telemetry": "log, metrics, request context",
    "structlog": "log, metrics, request context",
    "logging": "log, metrics, request context",
    "creatorvault/core/database": "statements and driver",
    "creatorvault/tenants": "vault",
    "asyncpg": "statements and driver",
    "creatorvault/crypto": "seal and open",
    "creatorvault/ideas/sealing": "seal and open",
    "creatorvault/ideas/search": "search in memory",
    "creatorvault/ideas": "ideas",
    "creatorvault/accounts": "token",
    "creatorvault/core/waiting": "time limits and locks",
    "asyncio": "event loop",
}
"""The first that is contained in the path of the code."""

OTHER: Final = "event loop"


def profiled(app: object) -> object:
    """Takes samples of this process between the signals START and STOP, and writes them to the file of VARIABLE."""
    samples: Counter[str] = Counter()

    def take(_number: int, frame: FrameType | None) -> None:
        samples[_room(frame)] += 1

    def start(_number: int, _frame: object) -> None:
        samples.clear()
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)

    def stop(_number: int, _frame: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        draft = Path(os.environ[VARIABLE]).with_suffix(".new")
        draft.write_text(json.dumps(samples))
        draft.rename(os.environ[VARIABLE])

    signal.signal(signal.SIGPROF, take)
    signal.signal(START, start)
    signal.signal(STOP, stop)
    return app


def _room(frame: FrameType | None) -> str:
    path = frame.f_code.co_filename if frame is not None else ""
    return next((room for part, room in ROOMS.items() if part in path), OTHER)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    with Cluster() as cluster:
        prepare_ours(cluster, {TWENTY})
        samples = cluster.home / "samples.json"
        command = [sys.executable, "-m", "benchmarks.serving", "profiled", "{port}"]
        environment = cluster.environment("ours") | {VARIABLE: str(samples)}
        costs = {}
        with Server("profiled", command, environment, cluster.home / "logs") as server:
            for name, requests in WORKS.items():
                costs[name] = _cost(server, cluster, requests, options.seconds, samples)
    rooms = sorted({room for cost in costs.values() for room in cost}, key=lambda room: -costs["list"].get(room, 0))
    print(f"| us of processor time | {' | '.join(costs)} |\n|---{'|---' * len(costs)}|")
    for room in rooms:
        print(f"| {room} | {' | '.join(f'{cost.get(room, 0):.0f}' for cost in costs.values())} |")


def _cost(server: Server, cluster: Cluster, requests: Requests, seconds: float, samples: Path) -> dict[str, float]:
    """Microseconds of one request by room, and of PostgreSQL."""

    def driven(duration: float) -> Sample:
        return uvloop.run(drive(server.port, requests, CONNECTIONS, duration))

    driven(1.0)
    samples.unlink(missing_ok=True)
    server.tell_workers(START)
    _, service, database = costing(server, cluster, partial(driven, seconds))
    server.tell_workers(STOP)
    while not samples.exists():
        driven(0.05)  # signals are handled between two instructions
    taken: dict[str, int] = json.loads(samples.read_text())
    total = sum(taken.values())
    return {room: 1e6 * service * count / total for room, count in taken.items()} | {"PostgreSQL": 1e6 * database}


if __name__ == "__main__":
    main()
