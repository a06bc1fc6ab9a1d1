"""Counts of a vault of 10,000 ideas, and its lists by due date and by id: python -m benchmarks.counting

In each round every kind of request in turn, by one connection: those of a vault that stays as it is, and those right
after a change of one idea. Prints milliseconds as medians of the rounds, and the processor time of the service, which
stays the same when other work competes for the processor. Exit status 1 if a goal is missed.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import cycle, islice
from statistics import median
from typing import Any, Final

import asyncpg
import msgspec
import uvloop

from benchmarks import content
from benchmarks.cluster import Cluster, finished, started
from benchmarks.content import Group, Stored, stored_ideas
from benchmarks.load import Requests, Sample, drive
from benchmarks.processes import Server
from benchmarks.seeding import Filling, response_of_stored
from benchmarks.works import http, lists, patches, token
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.sealing import IdeaSealer

GOAL_MILLISECONDS: Final = 15.0
AFTER_A_CHANGE: Final = 20
"""Requests in each round, each after a change."""

GROUP: Final = Group("counted", 1, 10_000)
LARGE: Final = Group("counted-large", 1, 200_000)


def tags(group: Group) -> Requests:
    def supply() -> Iterator[bytes]:
        return cycle([http("GET", f"/api/v1/{user}/tags", token(user)) for user in group.users()])

    return supply


def batches(group: Group) -> Requests:
    def rests() -> Iterator[str]:
        ids = content.idea_ids(group.users()[0], group.ideas)
        return (f"?limit=100&ids={','.join(map(str, ids[at : at + 100]))}" for at in range(0, group.ideas, 100))

    return lists(group, rests)


def periods() -> Iterator[str]:
    return (f"?due_from=2026-0{month}-01&due_to=2026-0{month + 1}-01&sort=due_date" for month in range(1, 9))


def kinds(group: Group) -> dict[str, Requests]:
    return {
        "list": lists(group),
        "stats": lists(group, lambda: iter(("/stats",))),
        "tags": tags(group),
        "sort=due_date": lists(group, lambda: (f"?sort=due_date&offset={offset}" for offset in range(0, 2000, 20))),
        "due_from, due_to": lists(group, periods),
        "100 ids": batches(group),
    }


COUNTED: Final = frozenset({"stats", "tags"})
"""Those with a goal."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.6)
    parser.add_argument("--large", action="store_true", help="a vault of 200,000 ideas instead, in 512 MiB")
    options = parser.parse_args()
    group = LARGE if options.large else GROUP
    more = {"CREATORVAULT_LIMITS__ENABLED": "false"}
    if options.large:
        more |= dict.fromkeys(("CREATORVAULT_SEARCH__VAULT_BYTES", "CREATORVAULT_SEARCH__CORPUS_BYTES"), str(2**29))
    with Cluster() as cluster:
        prepare(cluster, group)
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        with Server("ours", command, cluster.environment("ours") | more, cluster.home / "logs") as server:
            reached = measure(server, group, options.rounds, options.seconds)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0 if reached or options.large else 1


def measure(server: Server, group: Group, rounds: int, seconds: float) -> bool:
    found: dict[str, list[tuple[Sample, float]]] = {}
    every, changes = kinds(group), patches(group)()
    for requests in every.values():
        run(server, requests, 0)
    for _ in range(rounds):
        for name, requests in every.items():
            found.setdefault(name, []).append(run(server, requests, seconds))
            found.setdefault(f"{name}, after a change", []).append(after_changes(server, requests, changes))
    reached = True
    for name, samples in found.items():
        p50, p95 = (median(sample.percentile(percent) for sample, _ in samples) * 1000 for percent in (50, 95))
        cpu = median(cpu / len(sample.latencies) for sample, cpu in samples) * 1000
        verdict = ""
        if name in COUNTED:
            reached &= p95 <= GOAL_MILLISECONDS
            verdict = f"   goal {GOAL_MILLISECONDS:.0f} ms {'reached' if p95 <= GOAL_MILLISECONDS else 'MISSED'}"
        print(f"{name:34} p50 {p50:8.2f} ms   p95 {p95:8.2f} ms   CPU {cpu:7.2f} ms{verdict}", flush=True)
    return reached


def run(server: Server, requests: Requests, seconds: float) -> tuple[Sample, float]:
    """Returns seconds of processor time beside the sample."""
    before = server.cpu_seconds
    sample = uvloop.run(drive(server.port, requests, 1, seconds))
    return sample, server.cpu_seconds - before


def after_changes(server: Server, requests: Requests, changes: Iterator[bytes]) -> tuple[Sample, float]:
    taken, cpu = list[float](), 0.0
    for request in islice(requests(), AFTER_A_CHANGE):
        run(server, lambda: cycle([next(changes)]), 0)
        sample, seconds = run(server, partial(cycle, [request]), 0)
        taken += sample.latencies
        cpu += seconds
    return Sample(sum(taken), sorted(taken)), cpu


def prepare(cluster: Cluster, group: Group) -> None:
    (cluster.home / "logs").mkdir()
    cluster.create("ours")
    cluster.migrate("ours")
    finished(started(fill, cluster.url("postgres", "ours"), group))
    cluster.checkpoint()


def fill(url: str, group: Group) -> None:
    async def filled() -> None:
        database = await asyncpg.connect(url)
        await database.execute("SET session_replication_role = replica")  # foreign keys hold by construction
        for user_id in group.users():
            await Filling(database).vault(group.ideas, user_id, partial(rows, list(stored_ideas(group, user_id))))
        await database.execute("VACUUM ANALYZE")
        await database.close()

    asyncio.run(filled())


def rows(ideas: list[Stored], cipher: VaultCipher) -> Iterator[tuple[Any, ...]]:
    """Two of three ideas are due, each some days after its creation."""
    sealer = IdeaSealer.of(cipher)
    for revision, stored in enumerate(ideas, start=1):
        idea = response_of_stored(stored)
        if revision % 3:
            idea = msgspec.structs.replace(idea, due_date=idea.created_at + timedelta(days=revision * 7 % 200))
        yield *sealer.seal(idea), revision


if __name__ == "__main__":
    sys.exit(main())
