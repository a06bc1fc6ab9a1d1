"""Requests at a steady rate, beside something else that happens, and what has become of the changes."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx

from benchmarks.content import Group, stored_ideas
from benchmarks.works import token

WRITES: Final = 0.2
SLOW_SECONDS: Final = 60.0


class Load:
    """Requests at a steady rate: gets, lists, searches, and changes whose outcome is remembered."""

    def __init__(self, ports: Sequence[int], group: Group, rate: int, *, without: Collection[str] = ()) -> None:
        """Sends nothing about the users `without`."""
        self._client = httpx.AsyncClient(timeout=SLOW_SECONDS)
        self._ports = ports
        self._users = [user for user in group.users() if user not in without]
        self._ideas = {user: {str(idea.id): idea.title for idea in stored_ideas(group, user)} for user in self._users}
        self._rate = rate
        self._random = random.Random(7)
        self._running: set[asyncio.Task[None]] = set()
        self.statuses = Counter[int]()
        self.wrong: list[str] = []
        self.titles: dict[tuple[str, str], str] = {}
        self.gets: list[float] = []

    async def aclose(self) -> None:
        await asyncio.gather(*self._running)
        await self._client.aclose()

    async def until(self, ended: asyncio.Event) -> None:
        """Sends a request each 1/rate seconds, whether or not the ones before are answered."""
        began, sent = time.perf_counter(), 0
        while not ended.is_set():
            task = asyncio.create_task(self._one())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            sent += 1
            await asyncio.sleep(max(0.0, began + sent / self._rate - time.perf_counter()))

    async def _one(self) -> None:
        user = self._random.choice(self._users)
        idea = self._random.choice([*self._ideas[user]])
        kind = self._random.random()
        if kind < WRITES:
            await self._change(user, idea)
        elif kind < WRITES + 0.1:
            await self._ask(user, "GET", "?limit=20")
        elif kind < WRITES + 0.12:
            await self._ask(user, "GET", "?search=camera&limit=5")
        else:
            began = time.perf_counter()
            answer = await self._ask(user, "GET", f"/{idea}")
            self.gets.append(time.perf_counter() - began)
            self._compare(user, idea, answer)

    async def _change(self, user: str, idea: str) -> None:
        if (user, idea) in self.titles:  # of two changes at once it would not be known which is the last
            return
        title = f"Changed {self._random.random()}"
        self.titles[user, idea] = title
        await self._ask(user, "PATCH", f"/{idea}", {"title": title})

    def _compare(self, user: str, idea: str, answer: httpx.Response) -> None:
        """A change may be under way."""
        allowed = {self._ideas[user][idea], self.titles.get((user, idea))}
        if answer.is_success and answer.json()["title"] not in allowed:
            self.wrong.append(f"{user} {idea}")

    async def compare_all(self) -> int:
        """Returns how many changes are not stored."""
        lost = 0
        for (user, idea), title in self.titles.items():
            answer = await self._ask(user, "GET", f"/{idea}")
            lost += answer.json().get("title") != title
        return lost

    async def _ask(self, user: str, method: str, rest: str, body: Mapping[str, str] | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token(user)}"}
        url = f"http://127.0.0.1:{self._random.choice(self._ports)}/api/v1/{user}/ideas{rest}"
        answer = await self._client.request(method, url, headers=headers, json=body)
        self.statuses[answer.status_code] += 1
        return answer


@asynccontextmanager
async def beside(load: Load) -> AsyncGenerator[None]:
    ended = asyncio.Event()
    sending = asyncio.create_task(load.until(ended))
    try:
        yield
    finally:
        ended.set()
        await sending


def percentile(latencies: Sequence[float], percent: float) -> float:
    return latencies[min(int(len(latencies) * percent / 100), len(latencies) - 1)]
