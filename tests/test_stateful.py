"""Any sequence of requests gives the same responses as a plain Python model of a vault."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from creatorvault.ideas import reader as vault_reader
from tests.application import House
from tests.factories import Idea
from tests.history import undoing
from tests.vault_model import IMPORTANCE, PROGRESS, Question, VaultModel, statistics_of, tags_of
from tests.ways import vault_of

pytestmark = pytest.mark.no_cover

# Characters that are special to LIKE; letters whose case changes their length or depends on a language; ligatures,
# marks separate from and composed with their letters, full-width and circled forms, joined emoji, white space.
SIGNS: Final = [
    *("%", "_", "\\", "'", "*", "a", "A", "b", "z", "1", " ", "\n", "-"),
    *("ß", "ẞ", "s", "S", "İ", "I", "i", "ı", "ς", "σ", "Σ", "ﬁ", "ﬀ", "fi", "K", "k"),
    *("e", "\u0301", "é", "É", "ö", "ｆ", "①", "½", "👩🏽\u200d🚀", "👩", "🏳️", "\u200d", "ſ", "ŉ", "ΐ"),
]
# A comma splits a tag, also in the filter.
TAGS: Final = [
    "moss",
    "Moss",
    " MOSS ",
    "straße",
    "STRASSE",
    "ﬁlm",
    "film",
    "a,b",
    "b",
    "100%",
    "_",
    "é",
    "e\u0301",
    ",",
]

texts = st.lists(st.sampled_from(SIGNS), max_size=12).map("".join)
titles = (texts | st.sampled_from(SIGNS).map(lambda sign: (sign * 200)[:200])).filter(str.strip)
notes = st.none() | texts
stages = st.sampled_from(PROGRESS)
priorities = st.sampled_from(IMPORTANCE)
tags = st.lists(st.sampled_from(TAGS), max_size=4)
due_dates = st.sampled_from([None, "2027-01-01T00:00:00Z", "2026-06-01T12:30:00.500000Z"])
optional = {"notes": notes, "stage": stages, "priority": priorities, "tags": tags, "due_date": due_dates}
bodies = st.fixed_dictionaries({"title": titles}, optional=optional)
changes = st.fixed_dictionaries(
    {},
    optional={
        "title": st.none() | titles,
        "notes": notes,
        "stage": st.none() | stages,
        "priority": st.none() | priorities,
        "tags": st.none() | tags,
        "due_date": due_dates,
    },
)
refused = st.sampled_from([{"title": ""}, {"title": " "}, {"title": "x" * 201}, {"title": "x", "stage": "x"}])
needles = st.none() | st.sampled_from(SIGNS) | texts | st.sampled_from(SIGNS).map(lambda sign: (sign * 200)[:200])
sorts = ["created_at", "updated_at", "title", "priority", "stage", "due_date"]
bounds = ["due_from", "due_to", "created_from", "created_to", "updated_from", "updated_to"]
moments = st.sampled_from(
    ["0001-01-01T00:00:00Z", "2026-06-01T12:30:00.500000Z", "2027-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
)
questions = st.builds(
    Question,
    search=needles,
    stages=st.lists(stages, max_size=2, unique=True).map(tuple),
    priorities=st.lists(priorities, max_size=2, unique=True).map(tuple),
    tags=st.none() | st.lists(st.sampled_from(TAGS), max_size=2).map(",".join),
    times=st.dictionaries(st.sampled_from(bounds), moments, max_size=2),
    has_due=st.sampled_from([None, None, True, False]),
    sort=st.sampled_from(sorts),
    order=st.sampled_from(["asc", "desc"]),
    limit=st.integers(1, 5) | st.just(100),
    offset=st.integers(0, 4) | st.just(2**63 - 1),
)
spellings = st.sampled_from([str.upper, str.lower, str.swapcase, str.casefold, str])
which = st.integers(0, 7)


class VaultMachine(RuleBasedStateMachine):
    """Drives the API and the model; requests run on the application's event loop."""

    def __init__(self, house: House, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.house = house
        self.loop = loop
        self.ada = house.creator()
        self.model = VaultModel()
        self.undo: dict[str, str] = {}
        """The token of the last deletion of each idea."""

    def wait[T](self, answer: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(answer)

    def pick(self, which: int) -> Idea:
        return list(self.model.ideas.values())[which % len(self.model.ideas)]

    @initialize(bodies=st.lists(bodies, min_size=3, max_size=7))
    def begin(self, bodies: list[dict[str, Any]]) -> None:
        for body in bodies:
            self.create(body)

    @rule(body=bodies)
    def create(self, body: dict[str, Any]) -> None:
        answer = self.wait(self.ada.post(body))

        assert answer.status_code == 201, answer.text
        idea = answer.json()
        assert idea == idea | self.model.created(body) | {"user_id": self.ada.user_id}
        assert idea["created_at"] == idea["updated_at"]
        assert idea["id"] not in self.model.ideas
        self.model.stored(idea)

    @precondition(lambda self: self.model.ideas)
    @rule(which=which, body=bodies)
    def put(self, which: int, body: dict[str, Any]) -> None:
        idea = self.pick(which)
        answer = self.wait(self.ada.put(idea, body))

        assert answer.status_code == 200, answer.text
        self.learn(idea, idea | self.model.created(body), answer.json())

    @precondition(lambda self: self.model.ideas)
    @rule(which=which, body=changes)
    def patch(self, which: int, body: dict[str, Any]) -> None:
        idea = self.pick(which)
        answer = self.wait(self.ada.patch(idea, body))

        assert answer.status_code == 200, answer.text
        expected = idea | self.model.patched(idea, body)
        if expected == idea:
            assert answer.json() == idea
        else:
            self.learn(idea, expected, answer.json())

    def learn(self, before: Idea, expected: Idea, answered: Idea) -> None:
        """Copies the new time from the server, which must not decrease."""
        assert answered == expected | {"updated_at": answered["updated_at"]}
        assert answered["updated_at"] >= before["updated_at"]
        self.model.stored(answered)

    @precondition(lambda self: self.model.ideas)
    @rule(which=which)
    def delete(self, which: int) -> None:
        idea = self.pick(which)

        answer = self.wait(self.ada.delete(idea))
        assert answer.status_code == 204
        assert self.wait(self.ada.get(idea)).status_code == 404
        assert ("X-Undo" in answer.headers) is self.model.keeps
        self.model.deleted(idea["id"])
        if self.model.keeps:
            self.undo[idea["id"]] = answer.headers["X-Undo"]

    def of_trash(self, which: int) -> str:
        return list(self.model.trash)[which % len(self.model.trash)]

    @rule(limit=st.integers(1, 4), offset=st.integers(0, 3))
    def list_trash(self, limit: int, offset: int) -> None:
        page = self.wait(undoing.trash(self.ada, limit=limit, offset=offset)).json()
        expected = list(reversed(self.model.trash.values()))
        shown = expected[offset : offset + limit]
        assert [{name: item[name] for name in idea} for item, idea in zip(page["items"], shown, strict=True)] == shown
        assert (page["total"], page["has_more"]) == (len(expected), offset + len(shown) < len(expected))

    @precondition(lambda self: self.model.trash or self.model.ideas)
    @rule(which=which)
    def restore(self, which: int) -> None:
        """What lives is returned as it is."""
        ids = [*self.model.trash, *self.model.ideas]
        idea_id = ids[which % len(ids)]
        answer = self.wait(undoing.restore(self.ada, idea_id))
        assert (answer.status_code, answer.json()) == (200, self.model.restored(idea_id))

    @precondition(lambda self: self.undo)
    @rule(which=which)
    def undo_deletion(self, which: int) -> None:
        idea_id = list(self.undo)[which % len(self.undo)]
        answer = self.wait(undoing.undo(self.ada, self.undo[idea_id]))
        if idea_id in self.model.numbers:
            assert (answer.status_code, answer.json()) == (200, {"items": [self.model.restored(idea_id)]})
        else:
            assert answer.status_code == 404

    @precondition(lambda self: self.model.trash)
    @rule(which=which)
    def expunge(self, which: int) -> None:
        idea_id = self.of_trash(which)
        assert self.wait(undoing.expunge(self.ada, idea_id)).status_code == 204
        self.model.expunged(idea_id)
        assert self.wait(undoing.restore(self.ada, idea_id)).status_code == 404

    @rule()
    def empty_trash(self) -> None:
        assert self.wait(undoing.empty_trash(self.ada)).status_code == 204
        for idea_id in [*self.model.trash]:
            self.model.expunged(idea_id)

    @rule(days=st.sampled_from([0, 1, 30, 365]))
    def choose_retention(self, days: int) -> None:
        answer = self.wait(undoing.choose(self.ada, {"retention_days": days}))
        assert answer.json()["effective_retention_days"] == days
        self.model.chose(days)

    @precondition(lambda self: self.model.ideas)
    @rule(which=which, limit=st.integers(1, 4), offset=st.integers(0, 3))
    def list_versions(self, which: int, limit: int, offset: int) -> None:
        idea = self.pick(which)
        expected = sorted(self.model.earlier.get(idea["id"], {}).items(), reverse=True)
        page = self.wait(undoing.versions(self.ada, idea, limit=limit, offset=offset)).json()
        shown = expected[offset : offset + limit]
        assert [(item["number"], {name: item[name] for name in idea}) for item in page["items"]] == shown
        assert (page["total"], page["current"]) == (len(expected), self.model.numbers[idea["id"]])

    @precondition(lambda self: any(idea_id in self.model.ideas for idea_id in self.model.earlier))
    @rule(which=which, number=st.integers(0, 3))
    def revert(self, which: int, number: int) -> None:
        ids = [idea_id for idea_id in self.model.earlier if idea_id in self.model.ideas]
        idea = self.model.ideas[ids[which % len(ids)]]
        versions = list(self.model.earlier[idea["id"]].items())
        number, earlier = versions[number % len(versions)]
        answer = self.wait(undoing.revert(self.ada, idea, number))
        assert answer.status_code == 200, answer.text
        expected = earlier | {"updated_at": idea["updated_at"]}
        if expected == idea:
            assert answer.json() == idea
        else:
            self.learn(idea, expected, answer.json())

    @precondition(lambda self: self.model.ideas)
    @rule(which=which)
    def read(self, which: int) -> None:
        idea = self.pick(which)

        assert self.wait(self.ada.get(idea)).json() == idea

    @precondition(lambda self: self.model.ideas)
    @rule(which=which, body=refused, method=st.sampled_from(["PUT", "PATCH"]))
    def refuse(self, which: int, body: dict[str, Any], method: str) -> None:
        answer = self.wait(self.ada.request(method, self.ada.url_of(self.pick(which)), json=body))

        assert answer.status_code == 422

    @rule(question=questions)
    def ask(self, question: Question) -> None:
        answer = self.wait(self.ada.list(question.parameters()))

        assert answer.status_code == 200, answer.text
        assert answer.json() == self.model.answer(question)

    @rule(question=questions)
    def ask_a_process_that_has_nothing(self, question: Question) -> None:
        """It reads the vault from what was sealed together before, as far as that still stands."""
        self.house.parts.search_cache.forget(vault_of(self.ada))
        self.ask(question)
        self.wait(self.house.parts.segment_writer.finish())

    @rule(question=questions, chosen=st.lists(which, max_size=4))
    def ask_by_ids(self, question: Question, chosen: list[int]) -> None:
        ids = [str(UUID(int=1)), *(self.pick(each)["id"] for each in chosen if self.model.ideas)]
        self.ask(replace(question, ids=tuple(ids)))

    @rule(question=questions)
    def walk_by_ids(self, question: Question) -> None:
        self.walk_through(replace(question, ids=(*self.model.ideas, str(UUID(int=1)))))

    @rule(forget=st.booleans())
    def count(self, forget: bool) -> None:
        if forget:
            self.house.parts.search_cache.forget(vault_of(self.ada))
        counted = self.wait(self.ada.get("stats")).json()
        tags = self.wait(self.ada.request("GET", f"/api/v1/{self.ada.user_id}/tags?limit=1000")).json()

        assert counted == statistics_of(self.model.ideas.values(), datetime.now(UTC))
        assert tags["items"] == tags_of(self.model.ideas.values())
        assert (tags["total"], tags["has_more"]) == (len(tags["items"]), False)

    @rule(question=questions)
    def walk(self, question: Question) -> None:
        self.walk_through(question)

    def walk_through(self, question: Question) -> None:
        """Reads all pages by cursor: the same ideas as on one page."""
        whole = self.model.answer(replace(question, limit=100, offset=0))
        parameters = [pair for pair in question.parameters() if pair[0] != "offset"]
        cursor: str | None = ""
        items: list[Idea] = []
        while cursor is not None:
            answer = self.wait(self.ada.list([*parameters, ("cursor", cursor)]))
            assert answer.status_code == 200, answer.text
            page = answer.json()
            items += page["items"]
            cursor = page["next_cursor"]
            assert (page["total"], page["has_more"]) == (whole["total"], len(items) < whole["total"])
        assert items == whole["items"]

    @rule(stages=st.lists(stages, min_size=2, max_size=3), page=st.integers(1, 4))
    def leaf_through_every_order(self, stages: list[str], page: int) -> None:
        """Without a text filter: these lists are not served by the search cache."""
        for position, sort in enumerate(sorts, page):
            self.ask(Question(sort=sort, order=("asc", "desc")[position % 2], limit=100))
        self.ask(Question(stages=tuple(stages), sort="stage", limit=page, offset=page))

    @precondition(lambda self: self.model.ideas)
    @rule(which=which, begin=st.integers(0, 20), length=st.sampled_from([1, 2, 3, 5, 200]), spelling=spellings)
    def search_for_a_part(self, which: int, begin: int, length: int, spelling: Any) -> None:
        """Searches for a differently spelled part of an idea: random terms would rarely match."""
        idea = self.pick(which)
        text = idea["title"] if begin % 2 else idea["notes"] or idea["title"]
        begin %= len(text)
        self.ask(Question(search=spelling(text[begin : begin + length]), sort="title", order="asc"))


def test_the_api_agrees_with_the_model(
    house: House, session_loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Segments of a few ideas, so that some exist.
    monkeypatch.setattr(vault_reader, "FEWEST", 1)
    monkeypatch.setattr(vault_reader, "MOST", 2)
    run_state_machine_as_test(
        cast("Any", lambda: VaultMachine(house, session_loop)),  # any factory works, regardless of its declared types
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
