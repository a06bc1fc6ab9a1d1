"""Load of many tenants on the database that DATABASE_URL names, such as a cluster: python -m benchmarks.distributed

Starts the service on that database, with the settings of the environment, and lets every tenant create, change, delete,
list and search. Meanwhile a node may be stopped or a shard be moved. Afterwards every list is compared with what
was acknowledged. Prints the times, the answers by status, and the tenants that met a 503; exit status 1 if an answer
was wrong.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Final
from uuid import uuid4

import httpx

from benchmarks.content import SECRET
from benchmarks.processes import Server
from benchmarks.works import token

WRITING: Final = ("create", "patch", "delete")


@dataclass
class Tally:
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def print(self, tenants: list["Tenant"]) -> None:
        for work, times in self.times.items():
            print(
                f"{work:8}{len(times):8} answers, p50 {median(times) * 1000:6.1f} ms, max {max(times) * 1000:7.1f} ms"
            )
        print("answers by status:", dict(sorted(self.statuses.items())))
        print(f"tenants that met a 503: {sum(tenant.refused > 0 for tenant in tenants)} of {len(tenants)}")
        print(f"wrong answers: {len(self.wrong)}", *self.wrong[:10], sep="\n  ")


class Tenant:
    """One creator, whose titles are known unless a change got no answer: `unsure` titles may be stored or not."""

    def __init__(self, client: httpx.AsyncClient, tally: Tally) -> None:
        self._client, self._tally = client, tally
        self.user_id = f"distributed-{uuid4()}"
        self._url = f"/api/v1/{self.user_id}/ideas"
        self._headers = {"Authorization": f"Bearer {token(self.user_id)}"}
        self._titles: dict[str, str] = {}
        self._unsure: set[str] = set()
        self.refused = 0

    async def work(self, until: float) -> None:
        chance = random.Random(self.user_id)
        while time.monotonic() < until:
            match chance.choices((*WRITING, "list", "search"), (4, 2, 1, 3, 1))[0]:
                case "create":
                    await self._create()
                case "patch" if self._titles:
                    await self._patch(chance.choice(list(self._titles)))
                case "delete" if len(self._titles) > 10:
                    await self._delete(chance.choice(list(self._titles)))
                case "search":
                    await self._ask("search", "GET", "", params={"search": "title"})
                case _:
                    await self.compare()

    async def compare(self) -> None:
        response = await self._ask("list", "GET", "", params={"limit": 100})
        if response is None:
            return
        body = response.json()
        found, known = {idea["title"] for idea in body["items"]}, set(self._titles.values())
        if body["total"] <= 100 and (found - known - self._unsure or known - self._unsure - found):
            self._tally.wrong.append(f"{self.user_id}: {len(found)} titles, {len(known)} known")

    async def _create(self) -> None:
        title = f"title {uuid4()}"
        self._unsure.add(title)
        if (response := await self._ask("create", "POST", "", json={"title": title})) is not None:
            self._unsure.discard(title)
            self._titles[response.json()["id"]] = title

    async def _patch(self, idea_id: str) -> None:
        title = f"title {uuid4()}"
        before = self._titles[idea_id]
        self._unsure |= {title, before}
        if await self._ask("patch", "PATCH", f"/{idea_id}", json={"title": title}) is not None:
            self._titles[idea_id] = title
            self._unsure -= {title, before}
        else:
            del self._titles[idea_id]

    async def _delete(self, idea_id: str) -> None:
        title = self._titles.pop(idea_id)
        self._unsure.add(title)
        if await self._ask("delete", "DELETE", f"/{idea_id}") is not None:
            self._unsure.discard(title)

    async def _ask(self, work: str, method: str, rest: str, **options: object) -> httpx.Response | None:
        """Returns None for a 503."""
        began = time.monotonic()
        response = await self._client.request(method, self._url + rest, headers=self._headers, **options)  # type: ignore[arg-type]  # as httpx takes them
        self._tally.times[work].append(time.monotonic() - began)
        self._tally.statuses[response.status_code] += 1
        if response.is_success:
            return response
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            self.refused += 1
            await asyncio.sleep(0.2)
        else:
            self._tally.wrong.append(f"{self.user_id}: {work} {response.status_code}")
        return None


async def load(port: int, tenants: int, seconds: float) -> Tally:
    tally = Tally()
    limits = httpx.Limits(max_connections=tenants)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, limits=limits) as client:
        loads = [Tenant(client, tally) for _ in range(tenants)]
        await asyncio.gather(*(tenant.work(time.monotonic() + seconds) for tenant in loads))
        await asyncio.gather(*(tenant.compare() for tenant in loads))
    tally.print(loads)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    limits = {
        f"CREATORVAULT_LIMITS__{name}": "1000000" for name in ("IDENTITY_READS", "IDENTITY_WRITES", "ADDRESS_REQUESTS")
    }
    with tempfile.TemporaryDirectory() as logs:
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        server = Server("distributed", command, {**os.environ, **limits, "BETTER_AUTH_SECRET": SECRET}, Path(logs))
        with server:
            tally = asyncio.run(load(server.port, options.tenants, options.seconds))
    sys.exit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
