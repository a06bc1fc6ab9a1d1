"""How much faster one request of 500 creates is than 500 requests, and what other long requests take:
python -m benchmarks.bulk_requests [--pairs 6]

Rates are of ideas. Runs of both kinds alternate, in the same vaults, with the same texts.
"""

import argparse
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from statistics import median
from typing import Final

import uvloop

from benchmarks.cluster import Cluster
from benchmarks.content import Group, Text
from benchmarks.load import Requests, drive
from benchmarks.processes import Server
from benchmarks.volume import ROOMY, served
from benchmarks.works import Body, http, request, token

GOAL: Final = 15.0
AT_ONCE: Final = 500
SECONDS: Final = 3.0
VAULTS: Final = 16
RENAMED: Final = 5_000
GROUP: Final = Group("bulk", VAULTS, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=6)
    options = parser.parse_args()
    with Cluster() as cluster:
        cluster.create("ours")
        cluster.migrate("ours")
        (cluster.home / "logs").mkdir(exist_ok=True)
        with served(cluster, ROOMY) as server:
            for connections in (1, 16):
                _compare(server, connections, options.pairs)
            _rename(server)


def _compare(server: Server, connections: int, pairs: int) -> None:
    ratios, singles, bulks = list[float](), list[float](), list[float]()
    for _ in range(pairs):
        single = uvloop.run(drive(server.port, _creates, connections, SECONDS)).rate
        bulk = uvloop.run(drive(server.port, _bulks, connections, SECONDS)).rate * AT_ONCE
        singles.append(single)
        bulks.append(bulk)
        ratios.append(bulk / single)
    print(
        f"{connections} connections: {median(singles):,.0f} ideas/s by single creates, {median(bulks):,.0f} in bulk, "
        f"{median(ratios):.1f} times as many (goal: {GOAL:.0f})"
    )


@cache
def _prepared(*, bulk: bool) -> list[bytes]:
    """Requests for all vaults, made before anything is measured."""
    text, users = Text("bulk"), [*GROUP.users()] * 4
    if not bulk:
        return [request("POST", user_id, body=text.body()) for user_id in users * 8]
    return [
        request("POST", user_id, "/bulk", {"operations": [{"op": "create", "idea": text.body()}] * AT_ONCE})
        for user_id in users
    ]


def _creates() -> Iterator[bytes]:
    return cycle(_prepared(bulk=False))


def _bulks() -> Iterator[bytes]:
    return cycle(_prepared(bulk=True))


def _rename(server: Server) -> None:
    """In a vault of as many ideas as one request may change, all with the tag."""
    user_id, text = "renaming", Text("renaming")
    for first in range(0, RENAMED, AT_ONCE):
        count = min(AT_ONCE, RENAMED - first)
        ideas = [{**text.body(), "tags": ["first", "other"]} for _ in range(count)]
        _once(server, "/ideas/bulk", user_id, {"operations": [{"op": "create", "idea": idea} for idea in ideas]})
    seconds = [
        _once(server, "/tags/rename", user_id, {"from": [before], "to": after})
        for before, after in (("first", "second"), ("second", "third"), ("third", "fourth"))
    ]
    print(f"a tag of {RENAMED:,} ideas renamed in {median(seconds):.2f} s")


def _once(server: Server, path: str, user_id: str, body: Body) -> float:
    sent = http("POST", f"/api/v1/{user_id}{path}", token(user_id), body)
    requests: Requests = lambda: iter((sent,))  # noqa: E731 - a supply of one
    return uvloop.run(drive(server.port, requests, 1, 0)).latencies[0]


if __name__ == "__main__":
    main()
