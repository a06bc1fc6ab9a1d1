"""Rate limits and their headers."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from creatorvault.apps import INSTALLED
from creatorvault.core.errors import TooManyRequests
from creatorvault.core.limits.counters import ProcessCounters
from creatorvault.core.limits.rate_limits import GROUP, RateLimits
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.management.checks import Installation, Level
from creatorvault.management.checks_of_settings import groups_check
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import LimitsSettings
from tests.admin.operators import appointed
from tests.application import House
from tests.factories import Creator
from tests.parts import OpenParts

type HouseWith = Callable[..., Awaitable[House]]

PSEUDONYMS = Pseudonyms(bytes(32))
STRANGER = "/api/v1/somebody/ideas"


async def limited(house_with: HouseWith, **limits: object) -> House:
    """The clock is stopped, so that no window ends during a test."""
    house = await house_with(**{f"CREATORVAULT_LIMITS__{name.upper()}": str(value) for name, value in limits.items()})
    house.parts.limits._clock = lambda: 0.0
    return house


def fields(header: str) -> tuple[str, Mapping[str, int]]:
    """Parses a structured field of one item (RFC 9651): its string and its parameters."""
    name, *parameters = header.split(";")
    return name.strip('"'), {key: int(value) for key, value in (parameter.split("=") for parameter in parameters)}


async def test_the_request_beyond_the_quota_is_refused_until_the_window_ends(house_with: HouseWith) -> None:
    ada = (await limited(house_with, identity_reads=3)).creator()

    answers = [await ada.list() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= 60
    assert refused.json() == {"detail": f"Too many requests: try again in {wait} seconds", "code": "rate_limited"}
    assert refused.headers["x-content-type-options"] == "nosniff"


async def test_each_response_contains_the_remaining_requests(house_with: HouseWith) -> None:
    ada = (await limited(house_with, identity_reads=2)).creator()

    answers = [await ada.list() for _ in range(3)]

    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"reads";q=2;w=60'}
    said = [fields(answer.headers["ratelimit"]) for answer in answers]
    assert [(name, parameters["r"]) for name, parameters in said] == [("reads", 1), ("reads", 0), ("reads", 0)]
    assert all(1 <= parameters["t"] <= 60 for _, parameters in said)


async def test_reads_and_writes_are_counted_separately(house_with: HouseWith) -> None:
    ada = (await limited(house_with, identity_reads=1, identity_writes=1)).creator()

    assert (await ada.post({"title": "one"})).status_code == 201
    assert (await ada.list()).status_code == 200
    refused = await ada.post({"title": "two"})

    assert refused.status_code == 429
    assert fields(refused.headers["ratelimit"])[0] == "writes"
    assert (await ada.list()).status_code == 429


async def test_one_caller_does_not_use_the_quota_of_another(house_with: HouseWith) -> None:
    house = await limited(house_with, identity_reads=1)
    ada, grace = house.creator(), house.creator()

    assert [(await ada.list()).status_code for _ in range(2)] == [200, 429]
    assert (await grace.list()).status_code == 200


async def test_a_second_token_shares_the_quota(house_with: HouseWith) -> None:
    house = await limited(house_with, identity_reads=1)
    ada = house.creator()
    again = house.creator(ada.user_id, {"email": "ada@example.net"})
    assert again.token != ada.token

    assert [(await ada.list()).status_code, (await again.list()).status_code] == [200, 429]


def groups(*tables: Mapping[str, object]) -> str:
    return json.dumps(tables)


async def test_a_group_with_its_own_quotas_is_counted_separately(house_with: HouseWith) -> None:
    own = groups({"name": "accounts", "reads": 2})
    ada = (await limited(house_with, identity_reads=1, groups=own)).creator()

    answers = [await ada.request("GET", "/api/v1/users/me") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"accounts-reads";q=2;w=60'}
    assert [(await ada.list()).status_code for _ in range(2)] == [200, 429]


async def test_a_quota_that_a_group_does_not_set_is_shared(house_with: HouseWith) -> None:
    own = groups({"name": "ideas", "writes": 3})
    ada = (await limited(house_with, identity_reads=2, identity_writes=1, groups=own)).creator()

    assert [(await ada.post({"title": "one"})).status_code for _ in range(4)] == [201, 201, 201, 429]
    assert (await ada.list()).status_code == 200
    assert (await ada.request("GET", "/api/v1/users/me")).status_code == 200
    assert (await ada.list()).status_code == 429


async def test_ideas_of_a_literal_user_id_are_in_the_group_ideas(house_with: HouseWith) -> None:
    own = groups({"name": "ideas", "reads": 1}, {"name": "admin", "reads": 5})
    someone = (await limited(house_with, groups=own)).creator("admin")

    assert [(await someone.list()).status_code for _ in range(2)] == [200, 429]


async def test_operators_are_counted_in_the_group_of_their_routes(
    house_with: HouseWith, database: asyncpg.Connection
) -> None:
    house = await limited(house_with, identity_reads=1, groups=groups({"name": "admin", "reads": 2}))
    olga = await appointed(database, house.client, "read")

    answers = [await olga.request("GET", "/tenants") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


async def test_every_route_that_needs_a_caller_is_in_a_group(app: Litestar) -> None:
    limited = {installed.name for installed in INSTALLED if installed.is_limited}
    handlers = [handler for route in app.routes for handler in getattr(route, "route_handlers", ())]

    assert {handler.opt.get(GROUP) for handler in handlers if not handler.opt.get("public")} == limited
    assert limited == {"ideas", "accounts", "tenants", "erasure", "admin", "sync", "transfer", "history", "figures"}


async def test_a_group_that_does_not_exist_is_found_by_a_check() -> None:
    settings = load_settings({"CREATORVAULT_LIMITS__GROUPS": groups({"name": "idea", "reads": 1})})

    [message] = await groups_check(["ideas", "admin"])(Installation(settings, deploy=False))

    assert (message.id, message.level) == ("core.E012", Level.ERROR)
    assert "idea" in message.text
    assert message.hint == "The groups are ideas, admin."


def test_a_fresh_checkout_has_these_quotas() -> None:
    limits = load_settings({}).limits

    assert (limits.identity_reads, limits.identity_writes, limits.address_requests) == (600, 120, 300)
    assert limits.groups == ()


async def test_unknown_callers_count_by_address_and_do_not_block_known_ones(house_with: HouseWith) -> None:
    house = await limited(house_with, address_requests=2)
    at_work = house.creator()
    assert (await at_work.list()).status_code == 200

    without = [await house.client.get(STRANGER) for _ in range(2)]
    refused = await house.client.get(STRANGER, headers={"Authorization": "Bearer nonsense"})

    assert [answer.status_code for answer in without] == [401, 401]
    assert fields(without[0].headers["ratelimit"])[0] == "unauthenticated"
    assert refused.status_code == 429
    assert "www-authenticate" not in refused.headers
    assert (await at_work.list()).status_code == 200


async def test_the_token_is_checked_before_the_quota_and_the_rest_after(house_with: HouseWith) -> None:
    house = await limited(house_with, identity_writes=1)
    ada = house.creator()
    await ada.post({"title": "one"})

    assert (await house.client.post(ada.url)).status_code == 401
    assert (await ada.request("POST", "/nowhere")).status_code == 404
    assert (await ada.request("DELETE", ada.url)).status_code == 405
    assert (await ada.post(content=b"{nope")).status_code == 429
    assert (await ada.request("POST", STRANGER, json={"title": "x"})).status_code == 429


async def test_requests_with_invalid_content_are_counted(house_with: HouseWith) -> None:
    ada = (await limited(house_with, identity_writes=1)).creator()

    assert [(await ada.post({})).status_code for _ in range(2)] == [422, 429]


@pytest.mark.parametrize("path", ["/", "/health", "/health/db", "/health/ready", "/docs", "/openapi.json"])
async def test_public_routes_are_not_limited(house_with: HouseWith, path: str) -> None:
    house = await limited(house_with, address_requests=1)

    answers = [await house.client.get(path) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert all("ratelimit" not in answer.headers for answer in answers)


async def test_limits_can_be_disabled(house_with: HouseWith) -> None:
    ada = (await limited(house_with, enabled=False, identity_reads=1)).creator()

    answers = [await ada.list() for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert all("ratelimit" not in answer.headers for answer in answers)


async def test_a_refusal_is_available_as_problem_details(house_with: HouseWith) -> None:
    ada = (await limited(house_with, identity_reads=1)).creator()
    await ada.list()

    refused = await ada.list(headers={"Accept": "application/problem+json"})

    assert refused.headers["content-type"].startswith("application/problem+json")
    assert refused.json()["status"] == 429


SPOOFED = [
    {"X-Forwarded-For": "203.0.113.7"},
    {"X-Forwarded-For": "203.0.113.7, 127.0.0.1"},
    {"X-Real-IP": "203.0.113.7"},
    {"Forwarded": "for=203.0.113.7;host=evil.example;proto=https"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "https"},
    {"Host": "evil.example"},
]


@pytest.mark.parametrize("headers", SPOOFED, ids=str)
async def test_a_spoofed_header_does_not_change_the_bucket(house_with: HouseWith, headers: dict[str, str]) -> None:
    house = await limited(house_with, address_requests=1, identity_reads=1)
    ada = house.creator()

    assert (await ada.list()).status_code == 200
    assert (await house.client.get(STRANGER)).status_code == 401
    assert (await house.client.get(STRANGER, headers=headers)).status_code == 429
    assert (await ada.list(headers=headers)).status_code == 429


async def test_the_address_from_a_proxy_is_used_and_a_forged_one_is_not(house_with: HouseWith) -> None:
    house = await limited(house_with, address_requests=1, trusted_proxies="127.0.0.0/8")

    async def come_from(*forwarded: str) -> int:
        return (await house.client.get(STRANGER, headers={"X-Forwarded-For": ", ".join(forwarded)})).status_code

    assert [await come_from("198.51.100.1"), await come_from("198.51.100.2")] == [401, 401]
    assert await come_from("203.0.113.7", "198.51.100.1") == 429


@pytest.mark.parametrize("headers", SPOOFED, ids=str)
async def test_a_spoofed_header_is_not_in_any_page(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for path in ("/", "/docs", "/redoc", "/openapi.json", "/nowhere", "/api/v1/users/me"):
        answer = await client.get(path, headers=headers)

        assert "evil" not in f"{answer.headers} {answer.text}"
        assert "203.0.113" not in f"{answer.headers} {answer.text}"


@pytest.mark.parametrize("headers", SPOOFED, ids=str)
async def test_a_spoofed_header_changes_no_link(ada: Creator, headers: dict[str, str]) -> None:
    answer = await ada.post({"title": "mine"}, headers=headers)

    assert answer.headers["location"] == ada.url_of(answer.json()["id"])
    assert "evil" not in f"{answer.headers} {answer.text}"


@pytest.mark.parametrize("headers", SPOOFED, ids=str)
async def test_a_spoofed_header_changes_nothing_in_the_log(
    app: Litestar, ada: Creator, logs: Any, headers: dict[str, str]
) -> None:
    await ada.list()
    await ada.list(headers=headers)

    honest, spoofed = logs.named("request")
    assert honest["caller"] == spoofed["caller"] == OpenParts(app).pseudonyms.of("better-auth", ada.user_id)
    assert honest.keys() == spoofed.keys()
    assert "evil" not in logs.text
    assert "203.0.113" not in logs.text


async def test_exactly_the_quota_of_concurrent_requests_is_served(house_with: HouseWith) -> None:
    ada = (await limited(house_with, identity_reads=20)).creator()

    answers = await asyncio.gather(*(ada.list() for _ in range(50)))

    assert sorted(answer.status_code for answer in answers) == [200] * 20 + [429] * 30


def scope(method: str = "GET") -> Any:
    return {"method": method, "headers": [], "client": ("192.0.2.1", 1), "state": {}}


async def passes(limits: RateLimits, caller: str) -> bool:
    try:
        await limits.count_caller(scope(), caller)
    except TooManyRequests:
        return False
    return True


@given(caller=st.text(max_size=5).map(PSEUDONYMS.of), start=st.floats(0, 4e9), quota=st.integers(1, 5))
def test_a_window_lasts_a_minute_and_holds_the_quota(caller: str, start: float, quota: int) -> None:
    now = start
    limits = RateLimits(LimitsSettings(identity_reads=quota), ProcessCounters(), PSEUDONYMS, lambda: now)

    async def story() -> None:
        nonlocal now
        assert [await passes(limits, caller) for _ in range(quota + 1)] == [True] * quota + [False]
        with pytest.raises(TooManyRequests) as refused:
            await limits.count_caller(scope(), caller)
        now += refused.value.retry_after
        assert [await passes(limits, caller) for _ in range(quota + 1)] == [True] * quota + [False]

    asyncio.run(story())


async def test_the_last_moment_of_a_window_and_the_first_of_the_next() -> None:
    caller = "0000" + "0" * 20  # the windows of this bucket begin with the minute
    now = 119.999
    limits = RateLimits(LimitsSettings(identity_reads=1), ProcessCounters(), PSEUDONYMS, lambda: now)

    assert [await passes(limits, caller) for _ in range(2)] == [True, False]
    now = 120.0
    assert [await passes(limits, caller) for _ in range(2)] == [True, False]


async def test_new_callers_are_limited_when_the_counters_are_full() -> None:
    limits = RateLimits(LimitsSettings(identity_reads=2), ProcessCounters(size=10), PSEUDONYMS, lambda: 0.0)

    for number in range(100):
        caller = PSEUDONYMS.of(f"caller-{number}")
        assert [await passes(limits, caller) for _ in range(3)] == [True, True, False], number


async def test_only_the_oldest_counter_is_evicted_when_they_are_full() -> None:
    counters = ProcessCounters(size=3)
    for bucket in ("first", "second", "third"):
        await counters.add(bucket, 1, 60)
    await counters.add("first", 2, 60)  # a new window: "second" is the oldest now

    await counters.add("newcomer", 1, 60)

    assert len(counters) == 3
    assert [await counters.add(bucket, 1, 60) for bucket in ("newcomer", "third")] == [2, 2]
    assert await counters.add("first", 2, 60) == 2
    assert await counters.add("second", 1, 60) == 1


async def test_requests_taken_back_do_not_count() -> None:
    counters = ProcessCounters()
    assert [await counters.add("bucket", 1, 60) for _ in range(2)] == [1, 2]

    await counters.take_back("bucket", 1)
    assert await counters.add("bucket", 1, 60) == 2


async def test_a_count_of_zero_is_removed_from_memory() -> None:
    counters = ProcessCounters()
    await counters.add("bucket", 1, 60)

    await counters.take_back("bucket", 1)

    assert len(counters) == 0


@pytest.mark.parametrize("window", [1, 3])
async def test_only_counted_requests_can_be_taken_back(window: int) -> None:
    """Not in another window, nor more often than counted: this must not add requests."""
    counters = ProcessCounters()
    await counters.add("bucket", 2, 60)

    await counters.take_back("bucket", window)
    await counters.take_back("unknown", 2)

    assert await counters.add("bucket", 2, 60) == 2
    assert await counters.add("unknown", 2, 60) == 1


async def test_refusals_are_counted_by_policy() -> None:
    limits = RateLimits(
        LimitsSettings(identity_reads=1, address_requests=1), ProcessCounters(), PSEUDONYMS, lambda: 0.0
    )
    for _ in range(3):
        await passes(limits, PSEUDONYMS.of("ada"))

    assert limits.refused == {"reads": 2}


async def test_browsers_may_read_the_rate_limit_headers(house_with: HouseWith) -> None:
    ada = (await limited(house_with, identity_reads=1)).creator()
    await ada.list()

    refused: httpx.Response = await ada.list(headers={"Origin": "http://localhost:3000"})

    exposed = refused.headers["access-control-expose-headers"].lower()
    assert refused.status_code == 429
    assert {"ratelimit", "ratelimit-policy", "retry-after"} <= {name.strip() for name in exposed.split(",")}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"STORAGE_URL": "http://localhost"}, "does not begin with one of valkey://"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8,nonsense"}, "'nonsense' does not appear to be"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "host bits set"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "is everybody"),
        ({"IDENTITY_READS": "0"}, "IDENTITY_READS"),
        ({"GROUPS": groups({"name": "ideas"})}, "ideas has neither reads nor writes"),
        ({"GROUPS": groups({"name": "ideas", "reads": 1}, {"name": "ideas", "writes": 1})}, "ideas is listed 2 times"),
        ({"GROUPS": groups({"name": "ideas", "reads": 0})}, "reads"),
        ({"GROUPS": groups({"reads": 1})}, "name is missing"),
    ],
)
def test_meaningless_settings_are_refused(settings: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        load_settings({f"CREATORVAULT_LIMITS__{name}": value for name, value in settings.items()})
