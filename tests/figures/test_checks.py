"""System checks and readiness, as operators ask for them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from creatorvault.apps import system_checks
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.parts import part_of
from creatorvault.figures.checking import SystemChecker
from creatorvault.figures.parts import FiguresParts
from creatorvault.management.checks import Installation, Message, found_by
from creatorvault.management.system_checks import SystemChecks
from creatorvault.settings.sections import Settings
from tests.admin.operators import AdminClient, appointed
from tests.application import House


async def test_the_checks_are_those_of_the_command(
    oscar: AdminClient, fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    await fresh_sql.execute("DELETE FROM keys.audit_keys")

    found = await oscar.get("/checks")

    expected = await found_by(system_checks().checks, Installation(fresh_house.parts.settings, deploy=False))
    assert [item["id"] for item in found["items"]] == [message.id for message in expected]
    [missing] = [item for item in found["items"] if item["id"] == "audit.E001"]
    assert missing == {
        "id": "audit.E001",
        "level": "error",
        "text": "The audit log has no key.",
        "hint": "creatorvault database upgrade",
    }
    assert found["errors"] + found["warnings"] == len(found["items"])
    assert found["errors"] == sum(item["level"] == "error" for item in found["items"])
    assert found["seconds"] >= 0


class Slow:
    """A check that ends when it is told to, and how often it has begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.threads: set[int] = set()
        self.end = threading.Event()

    async def check(self, installation: Installation) -> list[Message]:
        self.begun += 1
        self.threads.add(threading.get_ident())
        while not self.end.is_set():  # noqa: ASYNC110  # of a thread
            await asyncio.sleep(0.01)
        return [Message("tests.W001", str(installation.deploy))]


async def test_those_who_ask_at_the_same_time_share_a_run(settings: Settings) -> None:
    slow = Slow()
    checker = SystemChecker(SystemChecks([slow.check]), settings)
    asking = [asyncio.create_task(checker.run()) for _ in range(5)]
    gone = asyncio.create_task(checker.run())
    while not slow.begun:  # noqa: ASYNC110  # in a thread
        await asyncio.sleep(0.01)
    gone.cancel()
    slow.end.set()

    results = await asyncio.gather(*asking)

    assert slow.begun == 1
    assert {result.at for result in results} == {results[0].at}
    assert results[0].messages == [Message("tests.W001", "False")]
    assert slow.threads.isdisjoint({threading.get_ident()})
    await checker.run()
    assert slow.begun == 2
    await checker.aclose()


async def test_checks_that_do_not_end_are_given_up(settings: Settings) -> None:
    slow = Slow()
    checker = SystemChecker(SystemChecks([slow.check]), settings, most_seconds=0.05)

    with pytest.raises(ServiceUnavailable, match=r"longer than 0\.05 seconds"):
        await checker.run()

    await checker.aclose()


async def test_nothing_is_awaited_if_nobody_asked(settings: Settings) -> None:
    await SystemChecker(SystemChecks([]), settings).aclose()


async def test_an_operator_gets_503_from_checks_that_do_not_end(
    oscar: AdminClient, fresh_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_of(fresh_house.app, FiguresParts).checker, "_most_seconds", 0.0)

    answer = await oscar.request("GET", "/checks")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")


async def test_readiness_is_that_of_the_health_check(
    house_with: Callable[..., Awaitable[House]], database: asyncpg.Connection
) -> None:
    house = await house_with()
    olga = await appointed(database, house.client, "read")

    found = await olga.get("/readiness")

    health = (await house.client.get("/health/ready")).json()
    assert found == {"ready": True, "checks": health["checks"], "warnings": {}}


async def test_what_is_not_ready_is_shown(
    fresh_house: House, oscar: AdminClient, fresh_sql: asyncpg.Connection
) -> None:
    await fresh_sql.execute("REVOKE INSERT ON write_probe FROM creatorvault_runtime")

    found = await oscar.get("/readiness")

    assert (found["ready"], found["checks"]["database_writable"]) == (False, "failed")
