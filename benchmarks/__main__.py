"""Measures our service beside others: python -m benchmarks [--only list,get] [--rounds 3]"""

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks import content
from benchmarks.cluster import RUNTIME, Cluster, finished, started
from benchmarks.content import SECRET, SMALL, TINY, Group
from benchmarks.crowding import crowding
from benchmarks.measuring import measure
from benchmarks.processes import Server
from benchmarks.report import Findings, print_figures, print_rows, write
from benchmarks.rivals.comparison import compared, table
from benchmarks.seeding import fill_ours, fill_plain
from benchmarks.share import share
from benchmarks.works import WORKS

HERE: Final = Path(__file__).parent
BASELINE_PYTHON: Final = HERE.parent / ".venv-bench" / "bin" / "python"
UVICORN: Final = ("-m", "uvicorn", "app:app", "--loop", "uvloop", "--http", "httptools", "--port", "{port}")
CROWDING: Final = "crowding"
SHARE: Final = "share"
RIVALS: Final = "rivals"
COLD: Final = {"first": {"CREATORVAULT_SEARCH__SEGMENTS": "false"}, "cold": {}}
"""Searches by a process that has nothing in memory: as if nobody had searched before, and after somebody has."""

ALWAYS_COLD: Final = {"CREATORVAULT_SEARCH__CORPUS_BYTES": str(48 * 2**20)}
"""Less than the corpora of the four vaults that are searched in turn: each finds its own evicted."""


OPENING: Final = {"CREATORVAULT_SEARCH__OPENED_BYTES": "0"}
"""Every idea is opened for each request."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join((*(work.name for work in WORKS), SHARE, CROWDING, RIVALS)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.8)
    parser.add_argument("--write", type=Path, help="the folder for the table and the plot")
    parser.add_argument("--logs", type=Path, help="keep the servers' logs here")
    options = parser.parse_args()
    if not BASELINE_PYTHON.exists():
        sys.exit("Error: the baseline is not installed. Run: make .venv-bench/installed")
    only = options.only.split(",")
    findings = Findings(options.rounds, options.seconds)
    with Cluster() as cluster:
        (cluster.home / "logs").mkdir()
        if only != [RIVALS]:
            _measure_ours(cluster, only, findings)
        if RIVALS in only:
            for title, results in compared(cluster, options.rounds, options.seconds):
                findings.rivals[title] = results
                print_figures(title, results)
            print(*table(findings.rivals), sep="\n")
        if options.write:
            write(options.write, findings)
        if options.logs:
            shutil.copytree(cluster.home / "logs", options.logs, dirs_exist_ok=True)


def _measure_ours(cluster: Cluster, only: Sequence[str], findings: Findings) -> None:
    """Beside the baseline and the floor, one process each."""
    works = [work for work in WORKS if work.name in only]
    groups = {group for work in works for group in work.groups} | {SMALL, TINY}
    if CROWDING in only:
        groups.add(content.HUNDRED_THOUSAND)
    with ExitStack() as running:
        servers = {server.name: server for server in _servers(cluster)}
        start = time.perf_counter()
        _fill(cluster, groups, running, servers)
        print(f"seeded in {time.perf_counter() - start:.0f} s", flush=True)
        for name, server in servers.items():
            if name != "baseline" and any(name in work.services for work in works):
                running.enter_context(server)
        for work in works:
            findings.results[work.name] = measure(work, servers, cluster, findings.rounds, findings.seconds)
            print_rows(work, findings.results[work.name])
        if SHARE in only:
            findings.share = share(_ours(cluster, "both-ciphers", OPENING), cluster)
            print(findings.share, flush=True)
        if CROWDING in only:
            findings.crowding = [crowding(_ours(cluster, f"crowded-{name}", more)) for name, more in COLD.items()]
            print(*findings.crowding, sep="\n")


def _servers(cluster: Cluster) -> list[Server]:
    logs = cluster.home / "logs"
    database = cluster.url(RUNTIME, "baseline").replace("postgresql:", "postgresql+asyncpg:")
    return [
        _ours(cluster, "ours"),
        *(_ours(cluster, name, more | ALWAYS_COLD) for name, more in COLD.items()),
        Server("floor", _served("floor"), {"DATABASE_URL": cluster.url(RUNTIME, "floor")}, logs),
        Server(
            "baseline",
            [str(BASELINE_PYTHON), *UVICORN, "--app-dir", str(HERE / "baseline")],
            {"DATABASE_URL": database, "BETTER_AUTH_SECRET": SECRET},
            logs,
        ),
    ]


def _ours(cluster: Cluster, name: str, settings: dict[str, str] | None = None) -> Server:
    environment = cluster.environment("ours") | (settings or {})
    return Server(name, _served(name if name == "both-ciphers" else "ours"), environment, cluster.home / "logs")


def _served(which: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.serving", which, "{port}"]


def _fill(cluster: Cluster, groups: set[Group], running: ExitStack, servers: dict[str, Server]) -> None:
    for database in ("ours", "baseline"):
        cluster.create(database)
    cluster.allow_tables("baseline")
    cluster.migrate("ours")
    cluster.create("floor", template="ours")
    running.enter_context(servers["baseline"])  # which makes its table
    admin = {name: cluster.url("postgres", name) for name in ("ours", "baseline", "floor")}
    filling = [
        started(fill_ours, admin["ours"], groups),
        started(fill_plain, admin["baseline"], groups - {content.HUNDRED_THOUSAND}, ",".join),
    ]
    for process in filling:
        finished(process)
    finished(started(fill_floor, admin["floor"]))
    cluster.checkpoint()


def fill_floor(url: str) -> None:
    fill_ours(url, (SMALL, TINY), of_floor=True)


if __name__ == "__main__":
    main()
