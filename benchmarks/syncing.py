"""Pulls of 50 changes, of vaults of 200, 20,000 and 200,000 ideas: python -m benchmarks.syncing [--pulls 400]

Each device has read the whole vault before, page by page. Then 50 ideas are changed or deleted, and the same pull is
repeated, the vaults in turn. Times are those of a client on loopback with one connection. Exit status 1 if the goal is
missed.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import repeat
from statistics import median
from typing import Any, Final, NamedTuple

import httpx
import uvloop

from benchmarks.cluster import Cluster
from benchmarks.content import SMALL, TWO_HUNDRED_THOUSAND, Group, idea_ids
from benchmarks.load import drive
from benchmarks.processes import Server
from benchmarks.seeding import prepare_ours
from benchmarks.works import http, token

GOAL_SECONDS: Final = 0.005
"""At the 95th percentile."""

CHANGES: Final = 50
DELETED: Final = 10
PAGE: Final = 500
WARMING: Final = 20
TWENTY_THOUSAND: Final = Group("twenty-thousand", 1, 20_000)
GROUPS: Final = (SMALL, TWENTY_THOUSAND, TWO_HUNDRED_THOUSAND)


class Device(NamedTuple):
    """`since` is its token, `first_pull` the seconds of its first pull."""

    group: Group
    since: str
    first_pull: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pulls", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with Cluster() as cluster:
        prepare_ours(cluster, set(GROUPS))
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        with Server("syncing", command, cluster.environment("ours"), cluster.home / "logs") as server:
            devices = [asyncio.run(_prepared(server, group)) for group in GROUPS]
            worst = [_measured(server, devices, options.pulls) for _ in range(options.rounds)]
    print(f"{'ideas':>9}{'first pull':>12}{'median':>10}{'p95':>10}")
    reached = True
    for device, rounds in zip(devices, zip(*worst, strict=True), strict=True):
        middle, late = (median(values) for values in zip(*rounds, strict=True))
        reached &= late <= GOAL_SECONDS
        print(f"{device.group.ideas:9,}{device.first_pull:10.2f} s{middle * 1e3:7.2f} ms{late * 1e3:7.2f} ms")
    print(f"goal {GOAL_SECONDS * 1e3:.0f} ms at p95 {'reached' if reached else 'MISSED'}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0 if reached else 1


async def _prepared(server: Server, group: Group) -> Device:
    user = group.users()[0]
    base, headers = f"http://127.0.0.1:{server.port}/api/v1/{user}", {"Authorization": f"Bearer {token(user)}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        begun, since, ideas = time.perf_counter(), "", 0
        while True:
            page = await _page(client, base, since)
            since, ideas = page["next"], ideas + len(page["changed"])
            if not page["has_more"]:
                break
        first_pull = time.perf_counter() - begun
        assert ideas == group.ideas
        for number, idea_id in enumerate(idea_ids(user, group.ideas)[:CHANGES]):
            url = f"{base}/ideas/{idea_id}"
            answer = await (client.delete(url) if number < DELETED else client.patch(url, json={"title": f"{number}"}))
            answer.raise_for_status()
        page = await _page(client, base, since)
        assert (len(page["deleted"]), len(page["changed"])) == (DELETED, CHANGES - DELETED)
    return Device(group, since, first_pull)


async def _page(client: httpx.AsyncClient, base: str, since: str) -> dict[str, Any]:
    answer = await client.get(f"{base}/changes", params={"since": since, "limit": PAGE})
    answer.raise_for_status()
    page: dict[str, Any] = json.loads(answer.content)
    return page


def _measured(server: Server, devices: list[Device], pulls: int) -> list[tuple[float, float]]:
    """Returns the median and the 95th percentile for each, in seconds."""
    found = []
    for device in devices:
        user = device.group.users()[0]
        pull = http("GET", f"/api/v1/{user}/changes?since={device.since}", token(user))

        def supply(pull: bytes = pull) -> Iterator[bytes]:
            return repeat(pull)

        uvloop.run(drive(server.port, supply, 1, 0, WARMING))
        sample = uvloop.run(drive(server.port, supply, 1, 0, pulls))
        found.append((sample.median, sample.percentile(95)))
    return found


if __name__ == "__main__":
    sys.exit(main())
