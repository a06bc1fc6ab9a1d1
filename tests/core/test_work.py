"""The work allowance and its measurement."""

import asyncio
import time
from collections import Counter
from typing import Any, cast

import pytest
from litestar.types import HTTPScope

from creatorvault.core.limits import work_allowance as work
from creatorvault.core.limits.work_allowance import Meter, Metered, WorkAllowance, WorkUsedUp
from creatorvault.settings.sections import LimitsSettings


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def scope() -> HTTPScope:
    return cast("HTTPScope", {"state": {}})


def done(seconds: float) -> Meter:
    meter = Meter()
    meter.add(seconds)
    return meter


def allowance_of(clock: Clock, milliseconds: int = 6000, *, enabled: bool = True) -> tuple[WorkAllowance, Counter[str]]:
    refused: Counter[str] = Counter()
    settings = LimitsSettings(identity_work_milliseconds=milliseconds, enabled=enabled)
    return WorkAllowance(settings, refused, clock), refused


def headers(answered: HTTPScope) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in answered["state"]["rate_limit"]}


def test_a_caller_without_allowance_waits_until_it_is_refilled() -> None:
    clock = Clock()
    allowance, refused = allowance_of(clock)
    allowance.charge(scope(), "ada", done(5.9))
    allowance.admit(scope(), "ada")
    allowance.charge(scope(), "ada", done(1.1))

    with pytest.raises(WorkUsedUp) as refusal:
        allowance.admit(scope(), "ada")

    assert refusal.value.headers() == {"Retry-After": "10"}
    assert refused == {"work": 1}
    clock.now += 9
    with pytest.raises(WorkUsedUp):
        allowance.admit(scope(), "ada")
    clock.now += 1.1
    allowance.admit(scope(), "ada")


def test_an_overdraft_is_repaid_first() -> None:
    """So over an hour nobody uses more than a tenth of the process, however long a single read is."""
    clock = Clock()
    allowance, _ = allowance_of(clock)
    used, began = 0.0, clock.now
    while clock.now < began + 3600:
        try:
            allowance.admit(scope(), "ada")
        except WorkUsedUp as refusal:
            clock.now += refusal.retry_after
        else:
            allowance.charge(scope(), "ada", done(25))
            used += 25
            clock.now += 25

    assert used <= 3600 / 10 + 25 + 6


def test_other_callers_allowances_are_not_affected() -> None:
    allowance, _ = allowance_of(Clock())
    allowance.charge(scope(), "ada", done(60))

    allowance.admit(scope(), "bob")


def test_the_response_contains_the_remaining_allowance() -> None:
    allowance, _ = allowance_of(Clock())
    answered = scope()
    answered["state"]["rate_limit"] = (
        (b"ratelimit-policy", b'"reads";q=600;w=60'),
        (b"ratelimit", b'"reads";r=599;t=9'),
    )

    allowance.charge(answered, "ada", done(1.5))
    allowance.charge(answered, "ada", done(1.5))

    assert [value for _, value in answered["state"]["rate_limit"]] == [
        b'"reads";q=600;w=60',
        b'"reads";r=599;t=9',
        b'"work";q=6000;w=60;qu="milliseconds"',
        b'"work";r=3000;t=30',
    ]


def test_a_refusal_reports_an_empty_allowance() -> None:
    allowance, _ = allowance_of(Clock())
    allowance.charge(scope(), "ada", done(7))
    refused = scope()

    with pytest.raises(WorkUsedUp):
        allowance.admit(refused, "ada")

    assert headers(refused)["ratelimit"] == '"work";r=0;t=70'


def test_without_limits_nothing_is_counted() -> None:
    allowance, _ = allowance_of(Clock(), enabled=False)
    answered = scope()

    allowance.charge(answered, "ada", done(3600))
    allowance.admit(answered, "ada")

    assert answered["state"] == {}
    assert allowance.seconds == 3600, "which the metrics show all the same"


def test_the_least_recently_active_identity_is_evicted_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "REMEMBERED", 2)
    allowance, _ = allowance_of(Clock())
    for who in ("ada", "bob", "ada", "eve"):
        allowance.charge(scope(), who, done(7))

    allowance.admit(scope(), "bob")
    for who in ("ada", "eve"):
        with pytest.raises(WorkUsedUp):
            allowance.admit(scope(), who)


def busy(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass


async def test_the_work_of_other_tasks_is_not_charged() -> None:
    meter, other = Meter(), Meter()

    async def mine() -> str:
        busy(0.02)
        await asyncio.sleep(0.01)
        busy(0.03)
        return "mine"

    async def theirs() -> None:
        await asyncio.sleep(0)
        busy(0.2)

    answer, _ = await asyncio.gather(metered(meter, mine()), metered(other, theirs()))

    assert answer == "mine"
    assert 0.05 <= meter.seconds < 0.2
    assert 0.03 <= meter.longest_step < 0.2
    assert other.seconds >= 0.2


async def metered(meter: Meter, coroutine: Any) -> Any:
    return await Metered(meter, coroutine)


async def test_failed_and_cancelled_work_is_charged() -> None:
    failed, cancelled, cleaned_up = Meter(), Meter(), list[bool]()

    async def fail() -> None:
        busy(0.01)
        await asyncio.sleep(0)
        raise ValueError("no")

    async def wait() -> None:
        busy(0.01)
        try:
            await asyncio.sleep(3600)
        finally:
            busy(0.01)
            cleaned_up.append(True)

    with pytest.raises(ValueError, match="no"):
        await metered(failed, fail())
    waiting = asyncio.create_task(metered(cancelled, wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert failed.seconds >= 0.01
    assert cancelled.seconds >= 0.02
    assert cleaned_up
