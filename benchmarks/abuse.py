"""What requests that are made to be expensive cost, and what others notice: python -m benchmarks.abuse [--only A4,A5]

Talks to loopback only, bounded in count and time (about four minutes). Exit status 1 when a bound does not hold.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from time import perf_counter
from typing import Final

import msgspec
import uvloop

from benchmarks.cluster import Cluster, finished, started
from benchmarks.content import SMALL, TINY, idea_ids
from benchmarks.hostile.attacks import Attack, Kind, Operators, attacks, newcomer
from benchmarks.hostile.client import Answer, Client
from benchmarks.hostile.operators import OPERATOR, appointed
from benchmarks.hostile.vaults import ABOVE, EMOJI, LARGEST, fill_hostile
from benchmarks.processes import Server
from benchmarks.seeding import fill_ours
from benchmarks.works import request

REFUSED_MS: Final = 10.0
ACCEPTED_MS: Final = 60.0
OTHERS_MS: Final = 25.0
SHARE: Final = 0.25
ANSWER_BYTES: Final = 4096
BESIDE_SECONDS: Final = 1.5
WORST_SECONDS: Final = 60.0
OTHERS: Final = 4
THINKING_SECONDS: Final = 0.005


class Row(msgspec.Struct):
    """Milliseconds of the service's processor time for one request, and of others' gets meanwhile."""

    attack: Attack
    cpu_ms: float
    statuses: dict[int, int]
    growth: int
    """By how many bytes the largest answer is larger than its request."""
    others_ms: float
    others_failed: int

    def broken(self, alone_ms: float) -> list[str]:
        attack = self.attack
        bound = {Kind.REFUSED: REFUSED_MS, Kind.ACCEPTED: ACCEPTED_MS, Kind.FULL: float("inf")}[attack.kind]
        found = []
        if unexpected := self.statuses.keys() - attack.statuses:
            found.append(f"answered {sorted(unexpected)}")
        if self.cpu_ms > bound:
            found.append(f"costs more than {bound:.0f} ms")
        if attack.kind is Kind.REFUSED and self.growth > ANSWER_BYTES:
            found.append(f"the answer has {self.growth} bytes more than the request")
        if self.others_ms - alone_ms > OTHERS_MS:
            found.append("others wait")
        if self.others_failed:
            found.append(f"{self.others_failed} of others were not answered 2xx")
        return found


class Others:
    """Creators who get single ideas and think for a moment in between."""

    def __init__(self, port: int) -> None:
        self._port = port
        users = [user for group in (TINY, SMALL) for user in group.users()]
        self._requests = cycle([request("GET", user, "?limit=1") for user in users])
        self.answers: list[Answer] = []
        self._stopping = False

    async def go_on(self) -> None:
        await asyncio.gather(*(self._one() for _ in range(OTHERS)))

    def stop(self) -> None:
        self._stopping = True

    async def _one(self) -> None:
        client = Client(self._port)
        while not self._stopping:
            self.answers.append(await client.ask(next(self._requests)))
            await asyncio.sleep(THINKING_SECONDS)
        client.close()

    @property
    def p99_ms(self) -> float:
        latencies = sorted(answer.seconds for answer in self.answers)
        return latencies[min(int(len(latencies) * 0.99), len(latencies) - 1)] * 1000

    @property
    def failed(self) -> int:
        return sum(answer.status != 200 for answer in self.answers)


async def sent(port: int, requests: Iterator[bytes], at_once: int, until: float = float("inf")) -> list[Answer]:
    """All of them, or as many as there is time for, over so many connections."""

    async def one() -> list[Answer]:
        client, answers = Client(port), []
        for content in requests:
            answers.append(await client.ask(content))
            if perf_counter() >= until:
                break
        client.close()
        return answers

    return [answer for answers in await asyncio.gather(*(one() for _ in range(at_once))) for answer in answers]


async def alone(server: Server, seconds: float = 2.0) -> float:
    others = Others(server.port)
    running = asyncio.create_task(others.go_on())
    await asyncio.sleep(seconds)
    others.stop()
    await running
    return others.p99_ms


async def measured(server: Server, attack: Attack) -> Row:
    """The cost by itself, then once more by another identity while others are at work."""
    users = attack.of.users() if attack.of else [newcomer(), newcomer()]
    before = server.cpu_seconds
    answers = await sent(server.port, islice(attack.requests(users[0]), attack.times), attack.at_once)
    cpu = (server.cpu_seconds - before) / len(answers) * 1000
    others = Others(server.port)
    running = asyncio.create_task(others.go_on())
    again = islice(attack.requests(users[1]), 24 if attack.kind is Kind.FULL else 500)
    beside = await sent(server.port, again, max(2, attack.at_once), perf_counter() + BESIDE_SECONDS)
    others.stop()
    await running
    statuses: dict[int, int] = {}
    for answer in answers:
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
    growth = max(answer.received - answer.sent for answer in (*answers, *beside))
    return Row(attack, cpu, statuses, growth, others.p99_ms, others.failed)


async def worst_share(server: Server) -> float:
    """Of a worker, that one identity takes which uses all of its limits for what costs most."""
    user, searcher = LARGEST.users()[2], ABOVE.users()[2]
    lists = [request("GET", user, "?limit=100")] * 9
    searches = (request("GET", searcher, f"?search=absent{number}") for number in range(100))
    idea = idea_ids(user, LARGEST.ideas)[0]
    writes = (request("PATCH", user, f"/{idea}", {"notes": EMOJI * 4_990 + str(number)}) for number in range(1000))
    clients = [Client(server.port) for _ in range(3)]
    before, began = server.cpu_seconds, perf_counter()
    searching: asyncio.Task[Answer] | None = None
    while (elapsed := perf_counter() - began) < WORST_SECONDS:
        if searching is None or searching.done():
            searching = asyncio.create_task(clients[1].ask(next(searches)))
        for content in lists:
            await clients[0].ask(content)
        for _ in range(2):
            await clients[2].ask(next(writes))
        await asyncio.sleep(max(0.0, began + int(elapsed) + 1 - perf_counter()))
    share = (server.cpu_seconds - before) / (perf_counter() - began)
    if searching is not None:
        await searching
    for client in clients:
        client.close()
    return share


async def all_measured(server: Server, chosen: Sequence[Attack], *, with_share: bool) -> int:
    quiet = await alone(server)
    print(f"others' gets alone: p99 {quiet:.1f} ms\n")
    print("| row | request | kind | CPU ms | answers | bytes more | others' p99 ms | verdict |")
    print("|---|---|---|---|---|---|---|---|")
    failures = 0
    for attack in chosen:
        row = await measured(server, attack)
        broken = row.broken(quiet)
        failures += bool(broken)
        answers = ", ".join(f"{count} × {status}" for status, count in sorted(row.statuses.items()))
        print(
            f"| {attack.row} | {attack.name} | {attack.kind} | {row.cpu_ms:.1f} | {answers} | {row.growth} |"
            f" {row.others_ms:.1f} | {'; '.join(broken) or 'holds'} |",
            flush=True,
        )
    if with_share:
        share = await worst_share(server)
        failures += share > SHARE
        verdict = "holds" if share <= SHARE else f"more than {SHARE:.0%}"
        print(f"\none identity at its worst for a minute: {share:.1%} of a worker, {verdict}")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="rows, such as A4,A5; without it all, and the share of one identity")
    rows = set(filter(None, parser.parse_args().only.split(",")))
    with Cluster() as cluster, ExitStack() as running:
        cluster.create("ours")
        cluster.migrate("ours")
        admin = cluster.url("postgres", "ours")
        for process in (started(fill_ours, admin, (TINY, SMALL)), started(fill_hostile, admin)):
            finished(process)
        operators = Operators(appointed(cluster))
        logs = cluster.home / "logs"
        logs.mkdir()
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        server = running.enter_context(Server("ours", command, _as_it_ships(cluster), logs))
        chosen = [attack for attack in attacks(operators) if not rows or attack.row in rows]
        return min(1, uvloop.run(all_measured(server, chosen, with_share=not rows)))


def _as_it_ships(cluster: Cluster) -> dict[str, str]:
    """The limits that every deployment begins with. Each attack comes from an address of its own."""
    ours = cluster.environment("ours")
    kept = ("ENV", "HOME", "ROOT_KEYS", "LOGGING__FORMAT")
    return {name: value for name, value in ours.items() if name.removeprefix("CREATORVAULT_") in kept} | {
        "CREATORVAULT_LIMITS__TRUSTED_PROXIES": "127.0.0.0/8",
        "BETTER_AUTH_SECRET": ours["BETTER_AUTH_SECRET"],
        "DATABASE_URL": ours["DATABASE_URL"],
        "DATABASE_OPERATOR_URL": cluster.url(OPERATOR, "ours"),
    }


if __name__ == "__main__":
    sys.exit(main())
