"""A bulk request leaves what the same operations leave one by one."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, NamedTuple

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.application import House
from tests.factories import Creator, Idea
from tests.history.undoing import choose, trashed, versions
from tests.ideas.many.operating import STALE, Operation, bulk, change, counters, delete, new, replace, unused
from tests.ways import forget, vault_of

NAMES: Final = ("one", "two", "three", "four")
CONTENT: Final = ("title", "notes", "stage", "priority", "tags", "due_date")
ROWS: Final = """
    SELECT 'ideas' AS place, id, number, revision, first_revision FROM ideas WHERE user_id = $1
    UNION ALL SELECT 'trash', id, number, revision, first_revision FROM trashed_ideas WHERE user_id = $1
    UNION ALL SELECT 'versions', id, number, revision, NULL FROM idea_versions WHERE user_id = $1
    UNION ALL SELECT 'tombstones', id, 0, revision, first_revision FROM idea_tombstones WHERE user_id = $1
"""


class Step(NamedTuple):
    kind: str
    name: str
    fields: dict[str, Any]
    condition: str | None

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.condition is None else {"If-Match": self.condition}

    @property
    def whole(self) -> dict[str, Any]:
        return {"title": "Whole", **self.fields}


fields = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Bread", "Apples", "x" * 200]),
        "notes": st.sampled_from([None, "", "long " * 200]),
        "stage": st.sampled_from(["idea", "draft"]),
        "tags": st.sampled_from([[], ["a"], ["a", "b"]]),
        "due_date": st.sampled_from([None, "2027-01-01T00:00:00Z"]),
    },
)
kinds = st.sampled_from(["create", "change", "change", "replace", "delete"])
conditions = st.sampled_from([None, None, None, "*", STALE])
steps = st.lists(st.builds(Step, kinds, st.sampled_from(NAMES), fields, conditions), max_size=12)


class Vault:
    """A creator whose ideas have names."""

    def __init__(self, creator: Creator) -> None:
        self.creator = creator
        self.ids: dict[str, str] = {}

    def id_of(self, name: str) -> str:
        return self.ids.get(name) or unused()

    async def singly(self, steps: Sequence[Step]) -> list[int]:
        return [await self._one(step) for step in steps]

    async def _one(self, step: Step) -> int:
        creator, idea_id = self.creator, self.id_of(step.name)
        match step.kind:
            case "create":
                answer = await creator.post(step.whole)
                self.ids[step.name] = answer.json()["id"]
            case "change":
                answer = await creator.patch(idea_id, step.fields, headers=step.headers)
            case "replace":
                answer = await creator.put(idea_id, step.whole, headers=step.headers)
            case _:
                answer = await creator.delete(idea_id, headers=step.headers)
        return answer.status_code

    async def at_once(self, steps: Sequence[Step]) -> list[int]:
        if not steps:
            return []
        answer = await bulk(self.creator, *map(self._operation, steps), atomic=False)
        assert answer.status_code == 200, answer.text
        return [result["status"] for result in answer.json()["results"]]

    def _operation(self, step: Step) -> Operation:
        if step.kind == "create":
            self.ids[step.name] = unused()
            return new(idea_id=self.ids[step.name], **step.whole)
        idea_id = self.id_of(step.name)
        match step.kind:
            case "change":
                return change(idea_id, step.condition, **step.fields)
            case "replace":
                return replace(idea_id, if_match=step.condition, **step.whole)
        return delete(idea_id, step.condition)


async def state(house: House, database: asyncpg.Connection, vault: Vault) -> Any:
    """Returns everything that is stored, without ids and times, after a process without caches has checked it."""
    creator, names = vault.creator, {idea_id: name for name, idea_id in vault.ids.items()}
    forget(house, vault_of(creator))
    rows = sorted(
        (row["place"], names[str(row["id"])], row["number"], row["revision"], row["first_revision"] or 0)
        for row in await database.fetch(ROWS, creator.user_id)
    )
    listed = (await creator.list({"limit": 100, "sort": "title"})).json()["items"]
    found = {names[idea["id"]]: content_of(idea) for idea in listed}
    trash = {names[idea["id"]]: content_of(idea) for idea in await trashed(creator)}
    earlier = {}
    for idea in listed:
        answer = await versions(creator, idea, limit=100)
        assert answer.status_code == 200, answer.text
        earlier[names[idea["id"]]] = [(item["number"], content_of(item)) for item in answer.json()["items"]]
    return rows, found, trash, earlier, await counters(database, creator)


def content_of(idea: Idea) -> Any:
    return {name: idea[name] for name in CONTENT}


def with_one_creation(before: Sequence[Step], after: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """Omits further creations of the same name."""
    created: set[str] = set()
    kept: tuple[list[Step], list[Step]] = ([], [])
    for place, part in enumerate((before, after)):
        for step in part:
            if step.kind == "create" and step.name in created:
                continue
            if step.kind == "create":
                created.add(step.name)
            kept[place].append(step)
    return kept


@pytest.mark.no_cover
def test_a_bulk_request_equals_single_requests(
    house: House, session_loop: asyncio.AbstractEventLoop, database: asyncpg.Connection
) -> None:
    def wait[T](answer: Coroutine[Any, Any, T]) -> T:
        return session_loop.run_until_complete(answer)

    @settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
    @given(before=steps, after=steps, days=st.sampled_from([0, 30]))
    def compare(before: list[Step], after: list[Step], days: int) -> None:
        before, after = with_one_creation(before, after)
        one, other = Vault(house.creator()), Vault(house.creator())
        for vault in (one, other):
            wait(choose(vault.creator, {"retention_days": days}))
            vault.ids["beside"] = wait(vault.creator.idea())["id"]
        assert wait(one.singly(before)) == wait(other.singly(before))
        assert wait(one.singly(after)) == wait(other.at_once(after))
        assert wait(state(house, database, one)) == wait(state(house, database, other))

    compare()
