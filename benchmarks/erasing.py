"""Erases one vault of two processes beside 100 requests a second: python -m benchmarks.erasing [--rounds 5]

Both processes hold keys, opened ideas and a search index of the vault. Exit status 1 if a promise of docs/erasure.md is
broken.
"""

import argparse
import asyncio
import sys
import time
from contextlib import ExitStack
from typing import Any, Final

import asyncpg
import httpx
import msgspec

from benchmarks.cluster import Cluster, apart
from benchmarks.content import Group
from benchmarks.keys import OPERATOR, admit_operators
from benchmarks.processes import Server
from benchmarks.seeding import prepare_ours
from benchmarks.steady import Load, beside
from benchmarks.works import token
from creatorvault.apps import protected_data
from creatorvault.erasure.receipts import PublicKeySet, verified
from tests.faults.promises import Promise, table

GROUP: Final = Group("erasing", 20, 2_000)
RATE: Final = 100
FORGOTTEN_SECONDS: Final = 5.0
METRICS: Final = "the-token-of-the-metrics-0123456789abcdef"
HELD: Final = "creatorvault_keyring_vaults"
PATIENCE_SECONDS: Final = 60.0


class Erasing:
    """The erasures of some vaults, one after the other."""

    def __init__(self, ports: list[int], sql: asyncpg.Connection) -> None:
        self._ports = ports
        self._sql = sql
        self._client = httpx.AsyncClient(timeout=PATIENCE_SECONDS)
        self.forgotten: list[float] = []
        self.finished: list[float] = []
        self.refused = self.answered = self.receipts = self.left = 0

    async def aclose(self) -> None:
        await self._client.aclose()

    async def warm(self, users: list[str]) -> None:
        for port in self._ports:
            for user in users:
                for query in ("?limit=20", "?search=camera", "?sort=title"):
                    answer = await self._ask(port, user, "GET", f"/api/v1/{user}/ideas{query}")
                    assert answer.status_code == 200, answer.text

    async def erase(self, user: str) -> None:
        """The first process erases it. The other is not asked for it: that would be another reason to forget it."""
        before = [await self._held(port) for port in self._ports]
        asked = await self._ask(self._ports[0], user, "DELETE", "/api/v1/users/me")
        confirmation = {"Erasure-Confirmation": asked.json()["confirmation"]}
        answer = await self._ask(self._ports[0], user, "DELETE", "/api/v1/users/me", confirmation)
        assert answer.status_code in {200, 202}, answer.text
        began = time.perf_counter()
        waiting = set(range(len(self._ports)))
        while waiting and time.perf_counter() - began < PATIENCE_SECONDS:
            await self._open(self._ports[0], user)
            waiting = {number for number in waiting if await self._held(self._ports[number]) >= before[number]}
            await asyncio.sleep(0.05)
        self.forgotten.append(time.perf_counter() - began)
        await self._open(self._ports[1], user)
        await self._finish(user, began)

    async def _open(self, port: int, user: str) -> None:
        answer = await self._ask(port, user, "GET", f"/api/v1/{user}/ideas?limit=1")
        self.refused += answer.status_code == 403
        self.answered += answer.status_code != 403

    async def _finish(self, user: str, began: float) -> None:
        state: dict[str, Any] = {}
        while state.get("receipt") is None and time.perf_counter() - began < PATIENCE_SECONDS:
            state = (await self._ask(self._ports[1], user, "GET", "/api/v1/users/me/erasure")).json()
            await asyncio.sleep(0.05)
        self.finished.append(time.perf_counter() - began)
        published = await self._client.get(f"http://127.0.0.1:{self._ports[1]}/.well-known/jwks.json")
        receipt = verified(state["receipt"], msgspec.json.decode(published.content, type=PublicKeySet).keys)
        self.receipts += receipt.user_id == user and receipt.rows["ideas"] == GROUP.ideas
        for name in ("keys.vault_keys", *(sealed.name for sealed in protected_data().sealed)):
            self.left += await self._sql.fetchval(f"SELECT count(*) FROM {name} WHERE user_id = $1", user)

    async def _held(self, port: int) -> float:
        headers = {"Authorization": f"Bearer {METRICS}"}
        answer = await self._client.get(f"http://127.0.0.1:{port}/metrics", headers=headers)
        [line] = [line for line in answer.text.splitlines() if line.startswith(f"{HELD} ")]
        return float(line.rpartition(" ")[2])

    async def _ask(
        self, port: int, user: str, method: str, path: str, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token(user)}", **(headers or {})}
        return await self._client.request(method, f"http://127.0.0.1:{port}{path}", headers=headers)


async def erased(ports: list[int], url: str, rounds: int) -> list[Promise]:
    users = GROUP.users()[:rounds]
    sql = await asyncpg.connect(url)
    erasing, load = Erasing(ports, sql), Load(ports, GROUP, RATE, without=users)
    await erasing.warm(GROUP.users())
    async with beside(load):
        for user in users:
            await erasing.erase(user)
    lost = await load.compare_all()
    await load.aclose()
    await erasing.aclose()
    await sql.close()
    slowest = max(erasing.forgotten)
    return [
        Promise(
            "after the response nobody can open it",
            f"{erasing.refused} requests refused, {erasing.answered} answered",
            not erasing.answered and erasing.refused > 0,
        ),
        Promise(
            f"both processes have forgotten its keys within {FORGOTTEN_SECONDS:.0f} s",
            f"at the latest after {slowest:.1f} s",
            slowest <= FORGOTTEN_SECONDS,
        ),
        Promise(
            "nothing of it is left, and the receipt says what there was",
            f"{erasing.left} rows left, {erasing.receipts} of {rounds} receipts, after {max(erasing.finished):.1f} s",
            not erasing.left and erasing.receipts == rounds,
        ),
        Promise(
            "the others notice nothing",
            f"{dict(load.statuses)}, {lost} of {len(load.titles)} changes lost, {len(load.wrong)} wrong answers",
            load.statuses.keys() <= {200} and not lost and not load.wrong and bool(load.titles),
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="vaults to erase")
    options = parser.parse_args()
    with Cluster() as cluster, ExitStack() as stack:
        prepare_ours(cluster, {GROUP})
        environment = cluster.environment("ours") | {
            "DATABASE_OPERATOR_URL": cluster.url(OPERATOR, "ours"),
            "CREATORVAULT_METRICS__TOKEN": METRICS,
        }
        apart(admit_operators, environment)
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        ports = [
            stack.enter_context(Server(f"erasing-{number}", command, environment, cluster.home / "logs")).port
            for number in range(2)
        ]
        promises = asyncio.run(erased(ports, cluster.url("postgres", "ours"), options.rounds))
    rows = [(promise.text, promise.found, "holds" if promise.holds else "BROKEN") for promise in promises]
    print(table(("promise", "found", "verdict"), rows))
    return 0 if all(promise.holds for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
