"""Devices that pull at any time have what a plain model of the vault has, after any operations."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.sync.changes.pruning import prune_some
from tests.application import House
from tests.bulk import store
from tests.factories import Idea
from tests.history import undoing
from tests.sync.pulling import Device
from tests.sync.setting_back import Standby
from tests.ways import forget, vault_of

pytestmark = pytest.mark.no_cover

which = st.integers(0, 9)
titles = st.sampled_from(["Ants", "Bees", "Cats"])


class SyncMachine(RuleBasedStateMachine):
    """`gone` are ids that are nowhere in the vault, `undo` the tokens of deletions, by id."""

    def __init__(self, house: House, loop: asyncio.AbstractEventLoop, sql: asyncpg.Connection) -> None:
        super().__init__()
        self.house = house
        self.loop = loop
        self.sql = sql
        self.ada = house.creator()
        self.ideas: dict[str, Idea] = {}
        self.trash: dict[str, Idea] = {}
        self.gone: list[str] = []
        self.undo: dict[str, str] = {}
        self.keeps = True
        self.devices: list[Device] = []
        self.number = 0

    def wait[T](self, answer: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(answer)

    @rule(title=titles)
    def create(self, title: str) -> None:
        idea = self.wait(self.ada.idea(title))
        self.ideas[idea["id"]] = idea

    @precondition(lambda self: self.ideas)
    @rule(which=which)
    def change(self, which: int) -> None:
        idea, self.number = _of(self.ideas, which), self.number + 1
        answer = self.wait(self.ada.patch(idea, {"title": f"Title {self.number}"}))
        assert answer.status_code == 200, answer.text
        self.ideas[idea["id"]] = answer.json()

    @precondition(lambda self: self.ideas)
    @rule(which=which)
    def delete(self, which: int) -> None:
        idea = _of(self.ideas, which)
        answer = self.wait(self.ada.delete(idea))
        assert answer.status_code == 204, answer.text
        del self.ideas[idea["id"]]
        if self.keeps:
            self.trash[idea["id"]], self.undo[idea["id"]] = idea, answer.headers["X-Undo"]
        else:
            self.gone.append(idea["id"])

    @precondition(lambda self: self.trash)
    @rule(which=which, undo=st.booleans())
    def bring_back(self, which: int, undo: bool) -> None:
        idea = _of(self.trash, which)
        if undo and idea["id"] in self.undo:
            answer = self.wait(undoing.undo(self.ada, self.undo[idea["id"]]))
        else:
            answer = self.wait(undoing.restore(self.ada, idea))
        assert answer.status_code == 200, answer.text
        self.ideas[idea["id"]] = self.trash.pop(idea["id"])

    @precondition(lambda self: self.trash)
    @rule(which=which)
    def expunge(self, which: int) -> None:
        idea = _of(self.trash, which)
        assert self.wait(undoing.expunge(self.ada, idea)).status_code == 204
        self.gone.append(self.trash.pop(idea["id"])["id"])

    @rule(days=st.sampled_from([0, 30]))
    def choose_retention(self, days: int) -> None:
        self.wait(undoing.choose(self.ada, {"retention_days": days}))
        self.keeps = days > 0
        if not self.keeps:
            self.gone += self.trash
            self.trash.clear()

    @precondition(lambda self: self.gone)
    @rule(which=which)
    def import_again(self, which: int) -> None:
        """With the id that an idea had that is gone."""
        idea_id, now = self.gone.pop(which % len(self.gone)), datetime.now(UTC)
        idea = IdeaResponse(title="Again", id=UUID(idea_id), user_id=self.ada.user_id, created_at=now, updated_at=now)
        self.wait(store(self.house, self.ada, [idea]))
        self.ideas[idea_id] = self.wait(self.ada.get(idea_id)).json()

    @rule(limit=st.sampled_from([1, 2, 3, 500]))
    def begin(self, limit: int) -> None:
        self.devices.append(Device(self.ada, limit=limit))

    @precondition(lambda self: self.devices)
    @rule(which=which)
    def pull_one_page(self, which: int) -> None:
        """And is interrupted then."""
        self.wait(self.devices[which % len(self.devices)].page())

    @precondition(lambda self: self.devices)
    @rule(which=which)
    def pull(self, which: int) -> None:
        device = self.devices[which % len(self.devices)]
        self.wait(device.pull())
        assert device.ideas == self.ideas

    @rule()
    def restart(self) -> None:
        forget(self.house, vault_of(self.ada))

    @rule()
    def prune(self) -> None:
        """All tombstones are too old by now."""

        async def pruned() -> None:
            vault = vault_of(self.ada)
            await self.sql.execute(
                "UPDATE idea_tombstones SET deleted_at = deleted_at - interval '31 days' WHERE user_id = $1",
                self.ada.user_id,
            )
            await prune_some(self.house.parts.vaults, vault, datetime.now(UTC) + timedelta(seconds=1))

        self.wait(pruned())

    @precondition(lambda self: self.ideas)
    @rule(lost=st.lists(st.tuples(st.sampled_from(["create", "change", "delete"]), which), min_size=1, max_size=3))
    def fail_over(self, lost: list[tuple[str, int]]) -> None:
        """What every device has pulled is lost then."""
        standby = self.wait(Standby.of(self.house, self.ada, self.sql))
        ideas, trash, gone, undo = dict(self.ideas), dict(self.trash), list(self.gone), dict(self.undo)
        for operation, which in lost:
            if operation == "create":
                self.create("Lost")
            elif self.ideas:
                self.change(which) if operation == "change" else self.delete(which)
        for place in range(len(self.devices)):
            self.pull(place)
        self.wait(standby.promote())
        self.ideas, self.trash, self.gone, self.undo = ideas, trash, gone, undo

    def teardown(self) -> None:
        for place in range(len(self.devices)):
            self.pull(place)


def _of(ideas: dict[str, Idea], which: int) -> Idea:
    return list(ideas.values())[which % len(ideas)]


def test_devices_agree_with_the_model(
    house: House, session_loop: asyncio.AbstractEventLoop, database: asyncpg.Connection
) -> None:
    run_state_machine_as_test(
        cast("Any", lambda: SyncMachine(house, session_loop, database)),  # any factory works
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
