"""Concurrent creators of many tenants, some of whom disconnect during requests; each must see only their own ideas."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.application import House
from tests.factories import Creator, Idea

TENANTS: Final = 50
LEAVING: Final = 0.05
"""Proportion of requests that are cancelled while they run."""


@dataclass
class Drill:
    """`statuses` counts responses; a cancelled request counts as 0."""

    house: House
    seed: int
    statuses: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.people = [Person(self, self._creator(number)) for number in range(TENANTS)]

    def _creator(self, number: int) -> Creator:
        claims = {"org_id": f"studio-{self.seed}-{number}", "org_role": "member"} if number % 2 else {}
        return self.house.creator(claims=claims)

    async def run(self, requests: int) -> None:
        share, rest = divmod(requests, TENANTS)
        async with asyncio.TaskGroup() as everybody:
            for number, person in enumerate(self.people):
                everybody.create_task(person.work(share + (number < rest)))

    async def answer(self, creator: Creator, method: str, url: str, **options: Any) -> httpx.Response | None:
        """Returns None if the client disconnected before the response."""
        request = asyncio.ensure_future(creator.request(method, url, **options))
        if self._random.random() < LEAVING:
            await asyncio.wait([request], timeout=self._random.uniform(0, 0.05))
            request.cancel()
        await asyncio.wait([request])
        if request.cancelled():
            self.statuses[0] += 1
            return None
        answer = request.result()
        self.statuses[answer.status_code] += 1
        return answer

    def summary(self) -> str:
        return ", ".join(f"{count} × {int(status) or 'left'}" for status, count in sorted(self.statuses.items()))

    def somebody_else(self, than: "Person") -> "Person":
        return self._random.choice([person for person in self.people if person is not than])

    def choice[T](self, choices: list[T]) -> T:
        return self._random.choice(choices)


class Person:
    """A creator that tracks its confirmed ideas; every title contains its owner."""

    def __init__(self, drill: Drill, creator: Creator) -> None:
        self._drill = drill
        self.creator = creator
        self.ideas: dict[str, Idea] = {}
        self.doubtful: set[str] = set()
        """Ideas that a cancelled request may have changed or deleted."""
        self._sign = f"of {creator.user_id}"

    async def work(self, requests: int) -> None:
        steps = [self._create] * 4 + [self._list] * 3 + [self._search] * 2 + [self._read] * 3
        steps += [self._change] * 2 + [self._delete, self._pry, self._blunder]
        for _ in range(requests):
            await (self._create if not self.ideas else self._drill.choice(steps))()

    async def check(self) -> None:
        """Checks that all confirmed ideas are stored, and none of other creators are visible."""
        seen = 0
        while True:
            page = (await self.creator.list({"limit": 100, "offset": seen})).json()
            for idea in page["items"]:
                self._own(idea)
            seen += len(page["items"])
            if not page["has_more"]:
                assert seen == page["total"]
                break
        for idea_id in self.ideas.keys() - self.doubtful:
            answer = await self.creator.get(idea_id)
            assert (answer.status_code, answer.json()) == (200, self.ideas[idea_id])

    async def _ask(self, method: str, url: str, **options: Any) -> httpx.Response | None:
        return await self._drill.answer(self.creator, method, url, **options)

    async def _create(self) -> None:
        answer = await self._ask("POST", self.creator.url, json={"title": self._sign, "notes": self._sign})
        if answer is not None:
            assert answer.status_code == 201, answer.text
            self.ideas[answer.json()["id"]] = self._own(answer.json())

    async def _list(self) -> None:
        answer = await self._ask("GET", self.creator.url, params={"limit": 10})
        self._see(answer)

    async def _search(self) -> None:
        """Searches for a word in all titles."""
        self._see(await self._ask("GET", self.creator.url, params={"search": "of user-"}))

    async def _read(self) -> None:
        idea_id = self._drill.choice(list(self.ideas))
        answer = await self._ask("GET", self.creator.url_of(idea_id))
        if answer is not None and idea_id not in self.doubtful:
            assert (answer.status_code, answer.json()) == (200, self.ideas[idea_id])

    async def _change(self) -> None:
        idea_id = self._drill.choice(list(self.ideas))
        answer = await self._ask("PATCH", self.creator.url_of(idea_id), json={"stage": "draft"})
        if answer is None:
            self.doubtful.add(idea_id)
        elif idea_id not in self.doubtful:
            assert answer.status_code == 200, answer.text
            self.ideas[idea_id] = self._own(answer.json())

    async def _delete(self) -> None:
        idea_id = self._drill.choice(list(self.ideas))
        answer = await self._ask("DELETE", self.creator.url_of(idea_id))
        if answer is None:
            self.doubtful.add(idea_id)
            return
        assert answer.status_code == 204 or idea_id in self.doubtful, answer.text
        del self.ideas[idea_id]

    async def _pry(self) -> None:
        """Requests ideas of another creator, under the own path and under theirs."""
        other = self._drill.somebody_else(self)
        idea_id = self._drill.choice([*other.ideas, "0b0a6a3e-6f0a-4b5e-9d6a-0f5d3c1f7a11"])
        answer = await self._ask("GET", self.creator.url_of(idea_id))
        assert answer is None or answer.status_code == 404, answer.text
        answer = await self._ask("DELETE", other.creator.url_of(idea_id))
        assert answer is None or answer.status_code == 403, answer.text

    async def _blunder(self) -> None:
        """Sends requests that fail, before the database is used and after a transaction has begun."""
        answer = await self._ask("POST", self.creator.url, json={"title": ""})
        assert answer is None or answer.status_code == 422, answer.text
        idea_id = self._drill.choice(list(self.ideas))
        stale = {"If-Match": '"not-this-one"'}
        answer = await self._ask("PATCH", self.creator.url_of(idea_id), json={"title": "x"}, headers=stale)
        assert answer is None or answer.status_code in (412, 404), answer.text

    def _see(self, answer: httpx.Response | None) -> None:
        if answer is not None:
            assert answer.status_code == 200, answer.text
            assert [self._own(idea) for idea in answer.json()["items"]] or not self.ideas.keys() - self.doubtful

    def _own(self, idea: Idea) -> Idea:
        assert (idea["title"], idea["notes"], idea["user_id"]) == (self._sign, self._sign, self.creator.user_id)
        return idea
