"""The driver waits for the database, until it is told to give up; its notifications stay in the process."""

import asyncio

import pytest

from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.jobs.driver import PollingDriver
from tests.application import settings_of
from tests.logs import Logs


@pytest.fixture
def nowhere(environ: dict[str, str]) -> Statements:
    return Statements(settings_of(environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}).database)


async def test_a_statement_is_repeated_until_the_driver_gives_up(nowhere: Statements, logs: Logs) -> None:
    driver = PollingDriver(nowhere)
    asked = asyncio.create_task(driver.execute("SELECT 1"))
    while logs.text.count("jobs.database_unavailable") < 2:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)

    driver.give_up()

    with pytest.raises(ServiceUnavailable):
        await asked
    assert driver.shutdown.is_set()


async def test_notifications_stay_in_the_process(nowhere: Statements) -> None:
    heard: list[str | bytes | bytearray] = []
    driver = PollingDriver(nowhere)
    await driver.add_listener("jobs", heard.append)

    async with driver:
        await driver.notify("jobs", "hello")

    assert heard == ["hello"]
    assert driver.tm.tasks == set()
