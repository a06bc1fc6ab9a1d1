"""Clients that create, change, delete, list and search, and remember what they have been told."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.clients import Answer, Client
from tests.faults.ledger import Ledger, Write

SEARCH: Final = "?search=lantern&limit=100"
LIST: Final = "?limit=100"
MOST_IDEAS: Final = 40
MOST_TAGS: Final = 100
PAUSE_SECONDS: Final = 0.02
SHARES: Final = {
    "create": 3,
    "change": 5,
    "change an earlier version": 1,
    "delete": 1,
    "list": 3,
    "search": 2,
    "get": 2,
}


@dataclass
class Shown:
    """An answer that showed versions of ideas, or said that those the client has are current.

    `items` are their ids and notes.
    """

    answer: Answer
    items: Sequence[tuple[str, str]]
    what: str


@dataclass
class Matched:
    """A change that `If-Match` allowed, and the entity tag that it named."""

    answer: Answer
    idea_id: str
    tag: str


@dataclass
class Log:
    ledger: Ledger = field(default_factory=Ledger)
    answers: list[Answer] = field(default_factory=list)
    writes: list[Answer] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    matched: list[Matched] = field(default_factory=list)


class Changer(Client):
    """One creator, who sends one request after another, each to another service."""

    def __init__(self, ports: Sequence[int], log: Log) -> None:
        super().__init__(ports, log.answers)
        self._log = log
        self.tags: dict[str, str] = {}
        """The newest version of each idea that was acknowledged or read."""
        self._versions: dict[str, dict[str, Any]] = defaultdict(dict)
        """What each path has shown, by entity tag, oldest first."""

    async def keep_going(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            await self.act()
            await asyncio.sleep(random.uniform(0, 2 * PAUSE_SECONDS))

    async def act(self) -> None:
        ideas = list(self.tags)
        if len(ideas) < 3:
            await self.create()
            return
        match random.choices(list(SHARES), list(SHARES.values()))[0]:
            case "create" if len(ideas) < MOST_IDEAS:
                await self.create()
            case "create" | "delete":
                await self.delete(random.choice(ideas))
            case "change":
                await self.change(random.choice(ideas), conditional=random.random() < 0.5)
            case "change an earlier version":
                idea_id = random.choice(ideas)
                tag = random.choice(list(self._versions[f"/{idea_id}"]))
                await self.change(idea_id, conditional=True, tag=tag)
            case "list":
                await self.read(LIST)
            case "search":
                await self.read(SEARCH)
            case _:
                await self.read(f"/{random.choice(ideas)}")

    async def create(self, port: int | None = None) -> str | None:
        """Returns the id of the new idea."""
        write = self._log.ledger.begin(time.monotonic())
        body = {"title": "A lantern", "notes": write.token}
        answer = await self._write("POST", "", body, port=port)
        if answer.status != 201:
            return None
        idea_id: str = answer.json()["id"]
        self._acknowledged(write, idea_id, answer)
        return idea_id

    async def change(self, idea_id: str, *, conditional: bool, tag: str | None = None) -> Answer:
        """With `If-Match: tag` if it is conditional, by default the newest version known."""
        tag = tag or self.tags[idea_id]
        write = self._log.ledger.begin(time.monotonic(), idea_id)
        more = {"If-Match": tag} if conditional else {}
        answer = await self._write("PATCH", f"/{idea_id}", {"notes": write.token}, more)
        if answer.status == 200:
            self._acknowledged(write, idea_id, answer)
            if conditional:
                self._log.matched.append(Matched(answer, idea_id, tag))
        elif answer.status == 404:
            self.tags.pop(idea_id, None)
        elif answer.status == 412:
            await self.read(f"/{idea_id}")
        return answer

    async def delete(self, idea_id: str) -> None:
        write = self._log.ledger.begin(time.monotonic(), idea_id, is_deletion=True)
        answer = await self._write("DELETE", f"/{idea_id}")
        if answer.status == 204:
            self._log.ledger.acknowledge(write, idea_id, answer.ended)
        if answer.status in {204, 404}:
            self.tags.pop(idea_id, None)

    async def read(self, path: str, port: int | None = None) -> Answer:
        """With `If-None-Match` of all versions that were shown: 304 says which of them is current."""
        versions = self._versions[path]
        tags = list(versions)[-MOST_TAGS:]
        answer = await self.ask("GET", path, more={"If-None-Match": ", ".join(tags)} if tags else {}, port=port)
        if answer.status == 200:
            versions[answer.tag] = answer.json()
        if answer.status in {200, 304}:
            content = versions[answer.tag]
            is_list = path.startswith("?")
            ideas = content["items"] if is_list else [content]
            what = f"{answer.status} of {'a search' if path == SEARCH else 'a list' if is_list else 'an idea'}"
            self._log.shown.append(Shown(answer, [(idea["id"], idea["notes"]) for idea in ideas], what))
            if not is_list:
                self.tags[content["id"]] = answer.tag
        elif answer.status == 404:
            self.tags.pop(path.removeprefix("/"), None)
        return answer

    def _acknowledged(self, write: Write, idea_id: str, answer: Answer) -> None:
        self._log.ledger.acknowledge(write, idea_id, answer.ended, answer.tag)
        self.tags[idea_id] = answer.tag
        self._versions[f"/{idea_id}"][answer.tag] = answer.json()

    async def _write(
        self,
        method: str,
        path: str,
        body: object = None,
        more: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> Answer:
        answer = await self.ask(method, path, body, more, port)
        self._log.writes.append(answer)
        return answer
