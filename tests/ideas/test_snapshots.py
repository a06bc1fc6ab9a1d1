"""Lists and counts that are read while others write: each is the answer for one committed state of the vault."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, product
from random import Random
from typing import Any, Final, NamedTuple

from tests.application import PATIENT, House
from tests.factories import Creator, Idea
from tests.vault_model import PROGRESS, Question, VaultModel, statistics_of, tags_of

CHANGES: Final = 40
TAGS: Final = ("moss", "Moss", "MOSS", "fern", "straße", "STRASSE")
DUE: Final = (None, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "9999-12-31T23:59:59.999999Z")

type Ideas = Mapping[str, Idea]


class Reading(NamedTuple):
    """`possible` are the states of each writer that the answer may show, `known` the ids that were asked for."""

    asked: str
    known: Sequence[str]
    answer: Any
    possible: Sequence[range]


@dataclass
class Writer:
    """Writes one change after the other. `states` are its ideas after each of them; `begun` counts changes."""

    creator: Creator
    chance: Random
    states: list[Ideas] = field(default_factory=lambda: [{}])
    begun: int = 0

    async def write(self) -> None:
        for _ in range(CHANGES):
            self.begun += 1
            self.states.append(await self._changed(dict(self.states[-1])))

    async def _changed(self, ideas: dict[str, Idea]) -> Ideas:
        chosen = self.chance.choice([*ideas.values(), None, None])
        fields: dict[str, Any] = {
            "stage": self.chance.choice(PROGRESS),
            "due_date": self.chance.choice(DUE),
            "tags": self.chance.sample(TAGS, 2),
        }
        if chosen is None:
            answer = await self.creator.post({"title": f"Title {self.chance.random()}", **fields})
        elif self.chance.random() < 0.3:
            assert (await self.creator.delete(chosen)).status_code == 204
            del ideas[chosen["id"]]
            return ideas
        else:
            answer = await self.creator.patch(chosen, fields)
        assert answer.is_success, answer.text
        return ideas | {answer.json()["id"]: answer.json()}


QUESTIONS: Final = {
    "due": Question(times={"due_from": DUE[1] or "", "due_to": DUE[3] or ""}, sort="due_date", order="asc", limit=100),
    "undated": Question(has_due=False, stages=("idea", "draft"), limit=100),
    "by due date": Question(sort="due_date", limit=100),
    "searched": Question(search="title", times={"updated_from": "2026-01-01T00:00:00Z"}, tags="moss", limit=100),
}


async def ask(creator: Creator, asked: str, known: Sequence[str]) -> Any:
    if asked == "statistics":
        answer = await creator.get("stats")
    elif asked == "tags":
        answer = await creator.request("GET", f"/api/v1/{creator.user_id}/tags")
    else:
        answer = await creator.list(question(asked, known).parameters())
    assert answer.status_code == 200, answer.text
    return answer.json()


def question(asked: str, known: Sequence[str]) -> Question:
    return Question(ids=tuple(known), limit=100) if asked == "ids" else QUESTIONS[asked]


def expected(asked: str, known: Sequence[str], ideas: Ideas) -> Any:
    if asked == "statistics":
        return statistics_of(ideas.values(), datetime.now(UTC))
    if asked == "tags":
        items = tags_of(ideas.values())
        return {"items": items, "total": len(items), "limit": 100, "offset": 0, "has_more": False}
    return VaultModel(ideas=dict(ideas)).answer(question(asked, known))


async def test_what_is_read_beside_writers_is_one_committed_state(
    house_with: Callable[..., Awaitable[House]],
) -> None:
    houses = [await house_with(**PATIENT) for _ in range(2)]
    ada = houses[0].creator()
    writers = [Writer(house.creator(ada.user_id), Random(number)) for number, house in enumerate((*houses, houses[0]))]
    writing = asyncio.gather(*(writer.write() for writer in writers))
    seen: list[Reading] = []

    async def read(reader: Creator) -> None:
        for asked in cycle(("statistics", "tags", "ids", *QUESTIONS)):
            since = [len(writer.states) - 1 for writer in writers]
            known = [idea for writer in writers for idea in writer.states[-1]][:100]
            answer = await ask(reader, asked, known)
            until = [writer.begun for writer in writers]
            possible = [range(first, last + 1) for first, last in zip(since, until, strict=True)]
            seen.append(Reading(asked, known, answer, possible))
            if writing.done():
                return

    await asyncio.gather(*(read(house.creator(ada.user_id)) for house in houses), writing)

    assert len(seen) > len(QUESTIONS)
    for reading in seen:
        assert any(
            reading.answer == expected(reading.asked, reading.known, merged(writers, states))
            for states in product(*reading.possible)
        ), reading


def merged(writers: Sequence[Writer], states: Sequence[int]) -> Ideas:
    return {
        name: idea for writer, state in zip(writers, states, strict=True) for name, idea in writer.states[state].items()
    }
