"""Clients of several processes on one database, whose writes are all known: what is stored can be verified exactly."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final, NamedTuple
from urllib.parse import quote

from tests.faults.clients import NO_ANSWER, Answer, Client, ask
from tests.faults.promises import Promise

COUNTERS: Final = 4
PAGE: Final = 7
AT_ONCE: Final = 5
"""Creators whose tokens no process knows yet: their requests count against the limit of their address meanwhile."""

RETRY_SECONDS: Final = 0.02
STRANGER: Final = "127.0.0.77"
WALKS: Final = ("sort=created_at&order=desc", "sort=created_at&order=asc", "sort=title&order=asc", "search=constant")


class Plan(NamedTuple):
    """How much is written. `newcomers` send `first_writes` at once each; of each key, one copy goes to each process."""

    newcomers: int
    first_writes: int
    writers: int
    rounds: int
    keys: int
    constants: int
    address_requests: int
    identity_writes: int


@dataclass
class Vaults:
    """What has to be stored: the entity tag of each idea, by creator; and the number of acknowledged changes."""

    clients: dict[str, Client] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    changes: Counter[str] = field(default_factory=Counter)

    def stored(self, client: Client, answer: Answer) -> str:
        """Of a create or a change. Returns the idea's id."""
        assert answer.ok, (answer.status, answer.body)
        idea_id: str = answer.json()["id"]
        self.tags[client.user_id][idea_id] = answer.tag
        self.changes[client.user_id] += 1
        return idea_id

    def deleted(self, client: Client, idea_id: str) -> None:
        del self.tags[client.user_id][idea_id]
        self.changes[client.user_id] += 1


class SharedVault:
    """A vault with many writers. The notes of some of its ideas are counters, which all of them increment."""

    def __init__(self, client: Client, vaults: Vaults) -> None:
        self.incremented = Counter[str]()
        self._latest = Counter[str]()
        self.refused = 0
        self._client = client
        self._vaults = vaults
        self._counters: list[str] = []

    async def prepare(self) -> None:
        for _ in range(COUNTERS):
            answer = await self._client.ask("POST", body={"title": "Counter", "notes": "0"})
            self._counters.append(self._vaults.stored(self._client, answer))

    async def write(self, rounds: int) -> None:
        client, own = self._client, list[str]()
        for _ in range(rounds):
            await self._increment(random.choice(self._counters))
            answer = await client.ask("POST", body={"title": "One of many"})
            if answer.status == 201:
                own.append(self._vaults.stored(client, answer))
            if len(own) > 1:
                idea_id = own.pop(random.randrange(len(own)))
                if (await client.ask("DELETE", f"/{idea_id}")).status == 204:
                    self._vaults.deleted(client, idea_id)

    async def counted(self) -> Counter[str]:
        return Counter(
            {counter: int((await self._client.ask("GET", f"/{counter}")).json()["notes"]) for counter in self._counters}
        )

    async def _increment(self, counter: str) -> None:
        while True:
            read = await self._client.ask("GET", f"/{counter}")
            assert read.ok, (read.status, read.body)
            body = {"notes": str(int(read.json()["notes"]) + 1)}
            answer = await self._client.ask("PATCH", f"/{counter}", body, {"If-Match": read.tag})
            if answer.status != 412:
                break
            self.refused += 1
        if answer.status == 200:
            self.incremented[counter] += 1
            self._vaults.changes[self._client.user_id] += 1
            # Answers to two writers may arrive in the other order.
            number = int(answer.json()["notes"])
            if number > self._latest[counter]:
                self._latest[counter] = number
                self._vaults.tags[self._client.user_id][counter] = answer.tag


class Crew:
    def __init__(self, ports: Sequence[int], plan: Plan) -> None:
        self.ports = ports
        self.plan = plan
        self.answers: list[Answer] = []
        self.vaults = Vaults()

    def newcomer(self) -> Client:
        client = Client(self.ports, self.answers)
        self.vaults.clients[client.user_id] = client
        return client

    async def first_writes(self) -> Promise:
        """Of creators whom nobody knows, through all processes at once."""
        created, wanted = 0, self.plan.newcomers * self.plan.first_writes
        turns = asyncio.Semaphore(AT_ONCE)

        async def begin(client: Client) -> None:
            nonlocal created
            async with turns:
                ports = self._ports(self.plan.first_writes)
                answers = await asyncio.gather(
                    *(client.ask("POST", "", {"title": "First"}, port=port) for port in ports)
                )
            for answer in answers:
                if answer.status == 201:
                    created += 1
                    self.vaults.stored(client, answer)

        await asyncio.gather(*(begin(self.newcomer()) for _ in range(self.plan.newcomers)))
        return Promise(
            "first writes of a creator through all processes at once are all stored",
            f"{created} of {wanted}, {self.plan.newcomers} creators",
            created == wanted,
        )

    async def one_vault(self) -> Promise:
        """Each writer increments a counter, creates an idea and deletes one of its own, in turns."""
        vault = SharedVault(self.newcomer(), self.vaults)
        await vault.prepare()
        await asyncio.gather(*(vault.write(self.plan.rounds) for _ in range(self.plan.writers)))
        counted = await vault.counted()
        return Promise(
            f"{self.plan.writers} writers of one vault: If-Match loses no update",
            f"{counted.total()} counted of {vault.incremented.total()}, {vault.refused} refused with 412 and repeated",
            counted == vault.incremented and counted.total() == self.plan.writers * self.plan.rounds,
        )

    async def keys(self) -> Promise:
        """The same request to every process at once, and once more to each afterwards."""
        turns = asyncio.Semaphore(AT_ONCE)
        ideas = await asyncio.gather(*(self._once(number, turns) for number in range(self.plan.keys)))
        repeated = sum(len(answers) for answers in ideas)
        different = sum(len({(answer.json()["id"], answer.tag) for answer in answers}) != 1 for answers in ideas)
        return Promise(
            "an Idempotency-Key sent to all processes at once stores one idea",
            f"{len(ideas)} keys, {repeated} requests, {different} of the keys with several ideas",
            different == 0,
        )

    async def _once(self, number: int, turns: asyncio.Semaphore) -> list[Answer]:
        """Every other key is that of a creator whom nobody knows."""
        async with turns:
            return await self._repeated(self.newcomer(), number)

    async def _repeated(self, client: Client, number: int) -> list[Answer]:
        if number % 2:
            self.vaults.stored(client, await client.ask("POST", body={"title": "Before"}))

        async def send(port: int) -> Answer:
            while True:
                key = {"Idempotency-Key": f"key-{number}"}
                answer = await client.ask("POST", "", {"title": "Once"}, key, port)
                if answer.status != 409:  # while the first one is processed
                    return answer
                await asyncio.sleep(RETRY_SECONDS)

        answers = await asyncio.gather(*map(send, self.ports))
        answers += await asyncio.gather(*map(send, self.ports))
        self.vaults.stored(client, answers[0])
        return answers

    async def walks(self) -> Promise:
        """Reads lists to their end, through one process or through all, while others write the same vault."""
        client, ports = self.newcomer(), self._ports(self.plan.constants)
        answers = [
            await client.ask("POST", body={"title": f"A constant {number}"}, port=port)
            for number, port in enumerate(ports)
        ]
        constants = {self.vaults.stored(client, answer) for answer in answers}
        ended = asyncio.Event()
        churning = [asyncio.create_task(self._churn(client, ended)) for _ in range(4)]
        ways = [*([port] for port in self.ports), self.ports]
        walked = await asyncio.gather(*(_walk(client, asked, way) for asked in WALKS for way in ways))
        ended.set()
        churned = sum(await asyncio.gather(*churning))
        missed = sum(len(constants - set(ids)) for ids in walked)
        twice = sum(len(ids) - len(set(ids)) for ids in walked)
        return Promise(
            "reading by cursor misses no idea and gives none twice while others write",
            f"{len(walked)} walks of {len(constants)} ideas beside {churned} changes: {missed} missed, {twice} twice",
            missed == twice == 0 < churned,
        )

    async def _churn(self, client: Client, ended: asyncio.Event) -> int:
        changes = 0
        while not ended.is_set() and changes < self.plan.identity_writes / 8:
            answer = await client.ask("POST", body={"title": "B constant"})
            idea_id = self.vaults.stored(client, answer)
            answer = await client.ask("PATCH", f"/{idea_id}", {"notes": "Changed"})
            self.vaults.stored(client, answer)
            if (await client.ask("DELETE", f"/{idea_id}")).status == 204:
                self.vaults.deleted(client, idea_id)
            changes += 3
        return changes

    async def limits(self) -> list[Promise]:
        """One address without a token, and one creator: through all processes together, each may do what is set."""
        client, plan = Client(self.ports, self.answers), self.plan

        async def stranger(port: int) -> Answer:
            return await ask(port, "GET", "/api/v1/users/me", source=STRANGER)

        async def creator(port: int) -> Answer:
            return await client.ask("POST", "", {"title": ""}, port=port)

        found = []
        for who, send, allowed in (
            ("an address without a token", stranger, plan.address_requests),
            ("a creator's writes", creator, plan.identity_writes),
        ):
            admitted, sent = await self._burst(send, allowed)
            text = f"{admitted} of {sent} admitted, the limit is {allowed}"
            found.append(Promise(f"{who}: a shared limit is that of all processes together", text, admitted == allowed))
        return found

    async def _burst(self, send: Callable[[int], Awaitable[Answer]], allowed: int) -> tuple[int, int]:
        """Returns how many of the requests within one window were admitted, and how many there were."""
        while True:
            ports = cycle(self.ports)
            first = await send(next(ports))
            if first.status == 429 or _window(first) < 20:
                await asyncio.sleep(_window(first) + 1)
                continue
            answers = [first]
            while len(answers) < allowed * 1.25:
                answers += await asyncio.gather(*(send(next(ports)) for _ in range(40)))
            if answers[-1].ended - first.began < _window(first):
                return sum(answer.status not in {429, NO_ANSWER} for answer in answers), len(answers)

    def _ports(self, count: int) -> list[int]:
        return [port for port, _ in zip(cycle(self.ports), range(count), strict=False)]


async def _walk(client: Client, asked: str, ports: Sequence[int]) -> list[str]:
    ids: list[str] = []
    cursor = ""
    for port in cycle(ports):
        answer = await client.ask("GET", f"?{asked}&limit={PAGE}&cursor={quote(cursor)}", port=port)
        ids += [idea["id"] for idea in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            break
        cursor = answer.json()["next_cursor"]
    return ids


def _window(answer: Answer) -> int:
    """Seconds until the limit is reset."""
    return int((answer.header("RateLimit") or "t=0").rpartition("t=")[2])
