"""Prometheus metrics: access, contents, and no private data."""

import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from tests.application import House
from tests.ports import free_port, free_ports

MONITORING: Final = Path(__file__).parents[2] / "docs" / "operations" / "monitoring.md"
TOKEN = "the-token-of-the-metrics-0123456789abcdef"

type HouseWith = Callable[..., Awaitable[House]]


class Shown:
    """One reading of the metrics."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        return sum(
            sample.value for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()
        )


async def read(house: House) -> Shown:
    answer = await house.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Shown(answer.text)


@pytest.fixture
async def measured(house_with: HouseWith) -> House:
    return await house_with(CREATORVAULT_METRICS__TOKEN=TOKEN)


async def test_they_are_disabled_by_default(client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 404


@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
async def test_they_require_the_token(measured: House, header: str | None) -> None:
    answer = await measured.client.get("/metrics", headers={} if header is None else {"Authorization": header})

    assert answer.status_code == 401
    assert answer.json() == {"detail": "Not authenticated", "code": "not_authenticated"}


async def test_a_users_token_is_refused(measured: House) -> None:
    assert (await measured.creator().request("GET", "/metrics")).status_code == 401


async def test_their_token_gives_no_other_access(measured: House) -> None:
    answer = await measured.client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 401


async def test_requests_are_counted_by_route_method_and_class_of_status(measured: House) -> None:
    ada = measured.creator()
    idea = await ada.idea()
    await ada.get(idea)
    await ada.get(idea)
    await ada.post({})
    await measured.client.get("/nowhere")

    shown = await read(measured)

    def count(**labels: str) -> float:
        return shown.value("creatorvault_http_request_duration_seconds_count", **labels)

    assert count(method="GET", route="/api/v1/{user_id}/ideas/{idea_id}", status="2xx") == 2
    assert count(method="POST", route="/api/v1/{user_id}/ideas", status="2xx") == 1
    assert count(method="POST", route="/api/v1/{user_id}/ideas", status="4xx") == 1
    assert count(route="unmatched", status="4xx") == 1
    assert shown.value("creatorvault_http_requests_in_flight") == 1  # this one


async def test_every_component_has_metrics(measured: House) -> None:
    ada = measured.creator()
    await ada.idea("An idea to be searched for")
    await ada.list({"search": "searched"})

    shown = await read(measured)

    assert shown.value("creatorvault_build_info") == 1
    assert shown.value("creatorvault_database_connections_idle") >= 1
    assert shown.value("creatorvault_search_misses_total") == 1
    assert shown.value("creatorvault_search_vaults") == 1
    assert shown.value("creatorvault_segments_written_total") == 0
    assert shown.value("creatorvault_keyring_vaults") == 1
    assert shown.value("creatorvault_remembered_tokens") == 1
    assert shown.value("process_resident_memory_bytes") > 0


async def test_the_guide_names_every_metric(measured: House) -> None:
    """The guide shortens the names that follow another one of the same kind: `creatorvault_search_bytes`, `_vaults`."""
    rows = [
        line.split("|")[1] for line in MONITORING.read_text(encoding="utf-8").splitlines() if "| `creatorvault_" in line
    ]
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    shown = set(re.findall(r"^# TYPE (creatorvault_\S+)", (await read(measured)).text, re.MULTILINE))

    assert {name for name in shown if not any(name.endswith(ending) for ending in named)} == set()
    # The first exists only with a storage that processes share, the others in processes that run jobs.
    assert {name for name in named if name.startswith("creatorvault_")} - shown == {
        "creatorvault_limits_storage_up",
        "creatorvault_jobs",
        "creatorvault_jobs_oldest_waiting_seconds",
    }


async def test_refusals_are_counted(house_with: HouseWith) -> None:
    house = await house_with(CREATORVAULT_METRICS__TOKEN=TOKEN, CREATORVAULT_LIMITS__IDENTITY_READS="1")
    house.parts.limits._clock = lambda: 0.0
    ada = house.creator()
    for _ in range(3):
        await ada.list()

    assert (await read(house)).value("creatorvault_limits_refused_total", policy="reads") == 2


async def test_they_show_that_a_storage_which_processes_share_is_away(house_with: HouseWith) -> None:
    url = f"redis://127.0.0.1:{free_port()}"
    house = await house_with(CREATORVAULT_METRICS__TOKEN=TOKEN, CREATORVAULT_LIMITS__STORAGE_URL=url)
    await house.creator().list()

    shown = await read(house)

    assert [sample.value for sample in shown.samples if sample.name == "creatorvault_limits_storage_up"] == [0]


async def test_alarms_are_counted_by_code(measured: House, database: Any) -> None:
    before = (await read(measured)).value("creatorvault_alarms_total", code="tampered")
    ada = measured.creator()
    idea = await ada.idea()
    await database.execute("UPDATE ideas SET stage = 3 WHERE id = $1", idea["id"])

    assert (await ada.get(idea)).status_code == 500

    assert (await read(measured)).value("creatorvault_alarms_total", code="tampered") == before + 1


async def test_they_contain_no_ids(measured: House) -> None:
    ada = measured.creator()
    idea = await ada.idea("A title", tags=["a-tag"])
    await ada.list({"search": "needle"})

    text = (await read(measured)).text

    for private in (ada.user_id, idea["id"], "A title", "a-tag", "needle", "ada@example.org", "tenant"):
        assert private not in text


async def test_they_have_a_separate_port(house_with: HouseWith) -> None:
    port = free_port()
    house = await house_with(CREATORVAULT_METRICS__PORT=str(port))
    await house.creator().list()

    async with httpx.AsyncClient() as prometheus:
        answer = await prometheus.get(f"http://127.0.0.1:{port}/metrics")

    assert Shown(answer.text).value("creatorvault_http_request_duration_seconds_count", status="2xx") == 1
    assert (await house.client.get("/metrics")).status_code == 404


async def test_each_of_several_workers_has_its_own_port(house_with: HouseWith) -> None:
    first = free_ports(2)
    settings = {"CREATORVAULT_METRICS__PORT": str(first), "CREATORVAULT_SERVER__WORKERS": "2"}
    one, two = await house_with(**settings), await house_with(**settings)
    await one.creator().list()
    await two.creator().list()
    await two.creator().list()

    async with httpx.AsyncClient() as prometheus:
        answers = [await prometheus.get(f"http://127.0.0.1:{first + number}/metrics") for number in range(2)]

    name = "creatorvault_http_request_duration_seconds_count"
    assert [Shown(answer.text).value(name) for answer in answers] == [1, 2]


async def test_a_port_in_use_is_an_error_at_start(house_with: HouseWith) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.RaisesGroup(pytest.RaisesExc(OSError, match="in use"), flatten_subgroups=True):
            await house_with(CREATORVAULT_METRICS__PORT=str(taken.getsockname()[1]))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"METRICS__TOKEN": "short"}, "needs at least 32"),
        ({"METRICS__TOKEN": TOKEN, "SERVER__WORKERS": "2"}, "set metrics.port"),
        ({"METRICS__PORT": "7999", "SERVER__WORKERS": "2"}, "which is the service's own"),
        ({"METRICS__PORT": "65535", "SERVER__WORKERS": "2"}, "leaves no ports for 2 workers"),
        (
            {"METRICS__PORT": "65535", "CONSOLE__ENABLED": "true", "CONSOLE__PORT": "8001"},
            "leaves no ports for 1 workers and what is beside them",
        ),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        load_settings({f"CREATORVAULT_{name}": value for name, value in settings.items()})
