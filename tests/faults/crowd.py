"""Clients of the service that read and write; a writer retries until its idea is acknowledged."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from tests.factories import claims_of, token_of
from tests.faults.clients import REFUSED, Answer, ask

PAUSE_SECONDS: Final = 0.05
SETTLE_SECONDS: Final = 60.0


@dataclass
class Creator:
    port: int
    token: str = ""
    user_id: str = field(default_factory=lambda: f"user-{uuid4()}")
    wanted: dict[str, str] = field(default_factory=dict)
    """Titles of writes that were started, with their idempotency keys."""
    acknowledged: set[str] = field(default_factory=set)
    in_flight: set[asyncio.Task[Answer]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.token = self.token or token_of(claims_of(self.user_id))

    @property
    def url(self) -> str:
        return f"/api/v1/{self.user_id}/ideas"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def read(self) -> Answer:
        return await self._ask("GET", self.url, self.headers)

    async def write(self, title: str) -> Answer:
        key = self.wanted.setdefault(title, str(uuid4()))
        answer = await self._ask("POST", self.url, {**self.headers, "Idempotency-Key": key}, {"title": title})
        if answer.status == 201:
            self.acknowledged.add(title)
        return answer

    async def settle(self) -> None:
        """Retries started writes until they are acknowledged, as existing clients do."""
        async with asyncio.timeout(SETTLE_SECONDS):
            for title in self.wanted.keys() - self.acknowledged:
                while not (await self.write(title)).ok:  # noqa: ASYNC110  # each turn is a request
                    await asyncio.sleep(PAUSE_SECONDS)

    async def stored(self) -> Counter[str]:
        titles: Counter[str] = Counter()
        for offset in itertools.count(0, 100):
            answer = await self._ask("GET", f"{self.url}?limit=100&offset={offset}", self.headers)
            page = answer.json()
            titles.update(item["title"] for item in page["items"])
            if not page["has_more"]:
                return titles
        raise AssertionError

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], body: object = None) -> Answer:
        request = asyncio.create_task(ask(self.port, method, path, headers, body))
        self.in_flight.add(request)
        request.add_done_callback(self.in_flight.discard)
        return await request


class Crowd:
    """Clients that send requests until they are stopped; all responses are recorded."""

    def __init__(
        self, port: int, *, readers: int, writers: int, thinking_seconds: float = 0.25, shared: Creator | None = None
    ) -> None:
        """Clients pause `thinking_seconds` between requests on average. With `shared` all are this creator."""
        self._thinking_seconds = thinking_seconds
        self.readers = [shared or Creator(port) for _ in range(readers)]
        self.writers = [shared or Creator(port) for _ in range(writers)]
        self.answers: list[Answer] = []
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        self._tasks = [asyncio.create_task(self._keep_reading(creator)) for creator in self.readers]
        self._tasks += [asyncio.create_task(self._keep_writing(creator)) for creator in self.writers]

    async def end(self) -> None:
        """Returns when every request has completed."""
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def _keep_reading(self, creator: Creator) -> None:
        while not self._stopping.is_set():
            await self._note(await creator.read())
            await self._think()

    async def _keep_writing(self, creator: Creator) -> None:
        while not self._stopping.is_set():
            title = str(uuid4())
            while not self._stopping.is_set():
                answer = await creator.write(title)
                await self._note(answer)
                if answer.ok:
                    break
            await self._think()

    async def _think(self) -> None:
        await asyncio.sleep(random.uniform(0, 2 * self._thinking_seconds))

    async def _note(self, answer: Answer) -> None:
        if answer.status != REFUSED:
            self.answers.append(answer)
        if not answer.ok:
            await asyncio.sleep(PAUSE_SECONDS)

    @property
    def acknowledged(self) -> int:
        """Returns the number of acknowledged writes so far."""
        return sum(len(creator.acknowledged) for creator in self.writers)

    async def settled(self) -> tuple[int, int]:
        """Returns the number of lost acknowledged writes, and of ideas stored more than once."""
        lost = duplicates = 0
        for creator in {creator.user_id: creator for creator in self.writers}.values():
            await creator.settle()
            stored = await creator.stored()
            lost += len(creator.acknowledged - stored.keys())
            duplicates += stored.total() - len(stored)
        return lost, duplicates
