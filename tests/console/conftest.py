"""An application with the console, operators, and browsers for them."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Browser

from tests.admin.operators import AdminClient, Appoint, appointed
from tests.application import House, environment_of, open_house
from tests.browser import chromium, server
from tests.console.browserless import Browserless
from tests.console.pages import ProofController
from tests.console.scene import Scene, set_scene
from tests.foreign import ADDRESS
from tests.postgres import Cluster, Database

type SignedInWith = Callable[..., Awaitable[Browserless]]


@pytest.fixture(scope="session")
async def console(environ: dict[str, str], worker_database: Database) -> AsyncGenerator[House]:
    """One application for all tests of the console, on the database of all tests."""
    async with open_house(environ | {"CREATORVAULT_CONSOLE__ENABLED": "true"}, worker_database) as house:
        house.app.register(ProofController)
        yield house


@pytest.fixture
def appoint(database: asyncpg.Connection, console: House) -> Appoint:
    """Makes operators, each with the scopes that are given."""

    async def appoint(*scopes: str, **more: Any) -> AdminClient:
        return await appointed(database, console.client, *scopes, **more)

    return appoint


@pytest.fixture
def browser(console: House) -> Browserless:
    """Of somebody who has not signed in."""
    return Browserless(console.app)


@pytest.fixture
def signed_in(console: House, appoint: Appoint) -> SignedInWith:
    """Makes browsers in which a new operator with these scopes has signed in."""

    async def signed_in(*scopes: str) -> Browserless:
        browser = Browserless(console.app)
        operator = await appoint(*scopes)
        answer = await browser.sign_in(operator.key)
        assert answer.status_code == 303, answer.text
        return browser

    return signed_in


@pytest.fixture(scope="session")
async def chrome() -> AsyncGenerator[Browser]:
    """One browser for all tests that need one."""
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def shown_database(cluster: Cluster, chrome: Browser) -> Generator[Database]:
    """What browsers are shown is not what other tests leave behind."""
    if ADDRESS is not None:
        pytest.skip("needs a private server: fills a database of its own")
    database = cluster.clone(f"shown_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="session")
def shown_environ(shown_database: Database, home: Path) -> dict[str, str]:
    """A browser on a busy machine is slow: a sign-in stays fresh for as long as tests may take."""
    return environment_of(shown_database, home) | {
        "CREATORVAULT_CONSOLE__ENABLED": "true",
        "CREATORVAULT_CONSOLE__SESSION_SECONDS": "7200",
        "CREATORVAULT_CONSOLE__FRESH_SECONDS": "3600",
    }


@pytest.fixture(scope="session")
async def shown_house(shown_environ: dict[str, str], shown_database: Database) -> AsyncGenerator[House]:
    """For what tests ask beside the browser, on the same database as the server."""
    async with open_house(shown_environ, shown_database) as house:
        yield house


@pytest.fixture(scope="session")
def address(shown_environ: dict[str, str]) -> Generator[str]:
    """Of a server for browsers."""
    with server(shown_environ) as address:
        yield address


@pytest.fixture
async def scene(shown_house: House, shown_database: Database) -> AsyncGenerator[Scene]:
    sql = await asyncpg.connect(shown_database.superuser_url)
    yield await set_scene(sql, shown_house)
    await sql.close()
