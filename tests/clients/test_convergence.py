"""Devices with operations of their own, on a bad network, with wrong clocks and restarts, end with equal ideas.

`make converge` gives each of the three devices 2,000 operations.
"""

import json
import logging
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clients.devices import DeviceProcess
from tests.clients.installing import Project
from tests.clients.lossy import Network, lossy_network_to
from tests.clients.restartable import Restartable
from tests.thoroughness import IN_CI

pytestmark = [pytest.mark.no_cover, pytest.mark.longest]

log = logging.getLogger(__name__)

OPERATIONS: Final = int(os.environ.get("SYNC_OPERATIONS", "30"))
"""How many operations each device makes while the service is killed."""

DAY: Final = 86_400
CLOCKS: Final = (-DAY, 0, DAY)
KINDS: Final = {
    "typescript": ("driver.ts",) * 3,
    "python": ("driver.py",) * 3,
    "both": ("driver.ts", "driver.py", "driver.ts"),
}
WORDS: Final = ("Straßenbahn", "two\nlines", 'quotes " and \\', "日本語", "😀", "", "\u2028", "null")
STAGES: Final = ("idea", "outline", "draft", "published")
PRIORITIES: Final = ("high", "medium", "low")
SEEDS: Final = st.integers(0, 2**32)


class World:
    """Three devices of one creator. `known` are the ids that any device has ever used."""

    def __init__(self, service: Restartable, network: Network, devices: Sequence[DeviceProcess], user_id: str) -> None:
        self.service = service
        self.network = network
        self.devices = devices
        self.known: list[str] = []
        self._user_id = user_id

    def step(self, chance: random.Random, device: DeviceProcess) -> None:
        """One operation, or another event about as often as it happens to people who are always on the move."""
        match chance.choices(("create", "change", "remove", "sync", "begin", "kill"), (4, 10, 2, 3, 4, 0.3))[0]:
            case "create":
                idea_id = str(UUID(int=chance.getrandbits(128), version=4))
                device.create(idea_id, {"title": f"Idea {len(self.known)}", **changes_by(chance)})
                self.known.append(idea_id)
            case "change" if self.known:
                device.change(chance.choice(self.known[-50:]), changes_by(chance))
            case "remove" if self.known:
                device.remove(chance.choice(self.known[-50:]))
            case "sync":
                device.sync()
            case "begin":
                device.begin()
            case "kill":
                device.kill()
                device.start()

    def settle(self) -> list[str]:
        """Returns what each device has, and what the service has, once the network is sound and all have synced."""
        self.network.share = 0
        for device in self.devices:
            device.finish()
        for _ in range(2):  # what the last one sends reaches the first one
            for device in self.devices:
                assert device.sync() == ""
        return [*(device.ideas for device in self.devices), self._stored()]

    def _stored(self) -> str:
        found: list[dict[str, Any]] = []
        headers = {"Authorization": f"Bearer {self.service.token(self._user_id)}"}
        with httpx.Client(base_url=self.service.address, headers=headers, trust_env=False) as client:
            cursor: str | None = ""
            while cursor is not None:
                answer = client.get(f"/api/v1/{self._user_id}/ideas", params={"limit": 100, "cursor": cursor})
                page = answer.json()
                found += page["items"]
                cursor = page["next_cursor"]
        return json.dumps(sorted(found, key=lambda idea: str(idea["id"])), ensure_ascii=False, separators=(",", ":"))


def changes_by(chance: random.Random) -> Mapping[str, object]:
    fields = {
        "notes": chance.choice((None, *WORDS)),
        "stage": chance.choice(STAGES),
        "priority": chance.choice(PRIORITIES),
        "tags": chance.sample(("a", "b", "ß", "d"), chance.randrange(4)),
        "due_date": chance.choice((None, "2026-12-24T18:00:00+01:00")),
    }
    return {name: fields[name] for name in chance.sample(sorted(fields), chance.randint(1, 2))}


@contextmanager
def world(service: Restartable, kinds: Sequence[str], projects: Mapping[str, Project], seed: int) -> Iterator[World]:
    user_id = f"sync-{uuid4()}"
    with ExitStack() as stack:
        network, front = stack.enter_context(lossy_network_to(service.address, seed, share=0.3))
        folder = Path(stack.enter_context(TemporaryDirectory()))
        devices = []
        for number, (kind, wrong) in enumerate(zip(kinds, CLOCKS, strict=True)):
            arguments = (front.url, user_id, service.token(user_id))
            device = DeviceProcess(projects[kind], kind.replace(".ts", ".js"), arguments, folder / str(number), wrong)
            stack.callback(device.kill)
            device.start()
            devices.append(device)
        yield World(service, network, devices, user_id)


@pytest.fixture(scope="module")
def projects(typescript_driver: Project, python_driver: Project) -> Mapping[str, Project]:
    return {"driver.ts": typescript_driver, "driver.py": python_driver}


@pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)
def test_three_devices_end_with_equal_bytes(
    service: Restartable, projects: Mapping[str, Project], kinds: Sequence[str]
) -> None:
    @settings(max_examples=5 if IN_CI else 2, suppress_health_check=[HealthCheck.too_slow])
    @given(SEEDS, st.lists(st.tuples(st.integers(0, 2), SEEDS), min_size=20, max_size=90))
    def converges(seed: int, steps: Sequence[tuple[int, int]]) -> None:
        with world(service, kinds, projects, seed) as devices:
            for number, chance in steps:
                devices.step(random.Random(chance), devices.devices[number])
            texts = devices.settle()

        assert len(set(texts)) == 1, texts

    converges()


@pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)
def test_devices_of_a_service_that_is_killed_end_with_equal_bytes(
    service: Restartable, projects: Mapping[str, Project], kinds: Sequence[str]
) -> None:
    @settings(max_examples=1, database=None)
    @given(SEEDS)
    def converges(seed: int) -> None:
        chance = random.Random(seed)
        with world(service, kinds, projects, seed) as devices:
            for number in range(OPERATIONS):
                for device in devices.devices:
                    devices.step(chance, device)
                if number in {OPERATIONS // 3, OPERATIONS * 2 // 3}:
                    for device in devices.devices:
                        device.begin()
                    service.kill_and_restart()
            texts = devices.settle()
            log.warning("seed %d: %d ideas, %s", seed, len(json.loads(texts[0])), devices.network.faults)

        assert len(set(texts)) == 1

    converges()
