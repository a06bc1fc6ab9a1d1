"""Devices that pull at any time have what a plain model of the vault has, after any operations."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.sync.changes import pages, tokens
from creatorvault.sync.changes.pruning import prune_some
from creatorvault.sync.changes.tokens import MOST_WITNESSES
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
limits = st.sampled_from([1, 2, 3, 500])
CHANGES = ("create", "change", "delete", "bring back", "import again")
lost_steps = st.lists(
    st.tuples(st.sampled_from([*CHANGES, "begin", "pull one page", "pull"]), which), min_size=1, max_size=9
)
later_steps = st.lists(st.tuples(st.sampled_from(CHANGES), which), max_size=6)


@dataclass
class Modelled(Device):
    """What a device has not heard of yet, and may have to start again for: `deletions`, `pruned` ones, and what was
    stored before a failover, of which it has `seen` something that was `lost`.
    """

    deletions: bool = False
    pruned: bool = False
    seen: bool = False
    lost: bool = False

    def is_up_to_date(self) -> None:
        self.deletions = self.pruned = self.lost = False


class SyncMachine(RuleBasedStateMachine):
    """`gone` are ids that are nowhere in the vault, `undo` the tokens of deletions, by id. Failovers lose `most_lost`
    changes at most.
    """

    def __init__(self, house: House, loop: asyncio.AbstractEventLoop, sql: asyncpg.Connection, most_lost: int) -> None:
        super().__init__()
        self.most_lost = most_lost
        self.house = house
        self.loop = loop
        self.sql = sql
        self.ada = house.creator()
        self.ideas: dict[str, Idea] = {}
        self.trash: dict[str, Idea] = {}
        self.gone: list[str] = []
        self.undo: dict[str, str] = {}
        self.keeps = True
        self.devices: list[Modelled] = []
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
        for device in self.devices:
            device.deletions = True
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

    @rule(limit=limits)
    def begin(self, limit: int) -> None:
        self.devices.append(Modelled(self.ada, limit=limit))

    @precondition(lambda self: self.devices)
    @rule(which=which)
    def pull_one_page(self, which: int) -> None:
        """And is interrupted then."""
        self._page(self.devices[which % len(self.devices)])

    @precondition(lambda self: self.devices)
    @rule(which=which)
    def pull(self, which: int) -> None:
        self._pull(self.devices[which % len(self.devices)])

    def _pull(self, device: Modelled) -> None:
        while self._page(device):
            pass
        assert device.ideas == self.ideas

    def _page(self, device: Modelled) -> bool:
        """Returns whether there is more. Asserts that a device does not start again without need."""
        resyncs = device.resyncs
        more = self.wait(device.page())
        assert device.resyncs == resyncs or device.pruned or device.lost
        device.seen = True
        if not more:
            device.is_up_to_date()
        return more

    @rule()
    def restart(self) -> None:
        forget(self.house, vault_of(self.ada))

    @rule()
    def prune(self) -> None:
        """All tombstones are too old by now. Devices that have seen what was lost have pulled since."""
        for device in self.devices:
            if device.lost:
                self._pull(device)
            device.pruned |= device.deletions

        async def pruned() -> None:
            vault = vault_of(self.ada)
            await self.sql.execute(
                "UPDATE idea_tombstones SET deleted_at = deleted_at - interval '31 days' WHERE user_id = $1",
                self.ada.user_id,
            )
            await prune_some(self.house.parts.vaults, vault, datetime.now(UTC) + timedelta(seconds=1))

        self.wait(pruned())

    @precondition(lambda self: self.ideas or self.trash or self.gone)
    @rule(lost_steps=lost_steps, later_steps=later_steps)
    def fail_over(self, lost_steps: list[tuple[str, int]], later_steps: list[tuple[str, int]]) -> None:
        """Devices pull, or pull a page, or begin, or do nothing, before what is stored is lost."""
        standby = self.wait(Standby.of(self.house, self.ada, self.sql))
        ideas, trash, gone, undo = dict(self.ideas), dict(self.trash), list(self.gone), dict(self.undo)
        revision = self._revision()
        for device in self.devices:
            device.seen = False
        for step, which in lost_steps:
            if step not in CHANGES or self._revision() < revision + self.most_lost:
                self._do(step, which)
        lost = [idea_id for idea_id in (*self.ideas, *self.trash, *self.gone) if idea_id not in {*ideas, *trash, *gone}]
        self.wait(standby.promote())
        self.ideas, self.trash, self.gone, self.undo = ideas, trash, [*gone, *lost], undo
        for device in self.devices:
            device.lost |= device.seen
        for step, which in later_steps:
            self._do(step, which)

    def _do(self, step: str, which: int) -> None:
        match step:
            case "create":
                self.create("New")
            case "change" if self.ideas:
                self.change(which)
            case "delete" if self.ideas:
                self.delete(which)
            case "bring back" if self.trash:
                self.bring_back(which, undo=False)
            case "import again" if self.gone:
                self.import_again(which)
            case "begin":
                self.begin(limit=which % 3 + 1)
            case "pull one page" if self.devices:
                self.pull_one_page(which)
            case "pull" if self.devices:
                self.pull(which)

    def _revision(self) -> int:
        """Returns the vault's."""
        revision: int = self.wait(self.sql.fetchval("SELECT revision FROM vaults WHERE user_id = $1", self.ada.user_id))
        return revision

    def teardown(self) -> None:
        for device in self.devices:
            self._pull(device)


def _of(ideas: dict[str, Idea], which: int) -> Idea:
    return list(ideas.values())[which % len(ideas)]


@pytest.mark.parametrize("most", [1, MOST_WITNESSES])
def test_devices_agree_with_the_model(
    house: House,
    session_loop: asyncio.AbstractEventLoop,
    database: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
) -> None:
    """Tokens hold as many rows as are lost. Also one, since it is rare that each of four is drawn to change again."""
    for module in (tokens, pages):
        monkeypatch.setattr(module, "MOST_WITNESSES", most, raising=False)
    run_state_machine_as_test(
        cast("Any", lambda: SyncMachine(house, session_loop, database, most)),  # any factory works
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
