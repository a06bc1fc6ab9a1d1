"""An application with the console, operators, and browsers for them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from tests.admin.operators import AdminClient, Appoint, appointed
from tests.application import House, open_house
from tests.console.browserless import Browserless
from tests.console.pages import ProofController
from tests.postgres import Database

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
