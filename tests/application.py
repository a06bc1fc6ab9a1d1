"""The application under test, within its lifespan, with a client that calls it through ASGI."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

import httpx
from litestar import Litestar

from creatorvault.asgi import create_app
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Settings
from tests.factories import SECRET, Creator
from tests.foreign import DISTRIBUTED
from tests.parts import OpenParts
from tests.postgres import Database

ROOT_KEYS: Final = f"tests:{b64encode(bytes(range(32))).decode()}"
BASE_URL: Final = "http://creatorvault.test"
PATIENT: Final = {
    "CREATORVAULT_DATABASE__POOL_WAIT_SECONDS": "60",
    "CREATORVAULT_DATABASE__CONNECT_SECONDS": "60",
    "CREATORVAULT_DATABASE__STATEMENT_SECONDS": "60",
    "CREATORVAULT_DATABASE__LOCK_SECONDS": "60",
    "CREATORVAULT_DATABASE__ANSWER_SECONDS": "60",
}
"""For many concurrent requests, which on a slow machine wait longer for each other than a client should."""


@dataclass(frozen=True)
class House:
    """A running application and its database."""

    app: Litestar
    client: httpx.AsyncClient
    database: Database

    @property
    def parts(self) -> OpenParts:
        return OpenParts(self.app)

    def creator(self, user_id: str | None = None, claims: Mapping[str, Any] | None = None) -> Creator:
        """Returns a creator with an empty vault; a new one unless `user_id` is given."""
        return Creator(self.client, user_id or f"user-{uuid4()}", claims or {})


def environment_of(database: Database, home: Path) -> dict[str, str]:
    return {
        "CREATORVAULT_ENV": "development",
        "CREATORVAULT_HOME": str(home),
        "CREATORVAULT_ROOT_KEYS": ROOT_KEYS,
        "DATABASE_URL": database.runtime_url,
        "DATABASE_OWNER_URL": database.owner_url,
        "DATABASE_OPERATOR_URL": database.operator_url,
        "BETTER_AUTH_SECRET": SECRET,
        "LOG_LEVEL": "DEBUG",
        **({"CREATORVAULT_DATABASE__DISTRIBUTED": "true"} if DISTRIBUTED else {}),
        # The usual client reads a response as a whole, a stream of live updates too. Tests of streams set their own.
        "CREATORVAULT_LIVE__LONGEST_SECONDS": "0.1",
        # A test sends as many requests in a second as a person in a day. Tests of limits set their own limits.
        "CREATORVAULT_LIMITS__IDENTITY_READS": "1000000",
        "CREATORVAULT_LIMITS__IDENTITY_WRITES": "1000000",
        "CREATORVAULT_LIMITS__ADDRESS_REQUESTS": "1000000",
        "CREATORVAULT_LIMITS__IDENTITY_WORK_MILLISECONDS": "60000",
    }


def settings_of(environ: Mapping[str, str]) -> Settings:
    return load_settings(environ)


@asynccontextmanager
async def open_house(environ: Mapping[str, str], database: Database) -> AsyncGenerator[House]:
    app = create_app(settings_of(environ))
    # raise_app_exceptions: tests see the response, as clients do, never the exception.
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    async with _lifespan(app), httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield House(app, client, database)


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncGenerator[None]:
    """Enters and exits in one task. pytest sets up and tears down a fixture in two tasks, which task groups refuse."""
    opened, leave = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        try:
            async with app.lifespan():
                opened.set()
                await leave.wait()
        finally:
            opened.set()

    life = asyncio.create_task(live())
    await opened.wait()
    if life.done():
        await life
    try:
        yield
    finally:
        leave.set()
        await life
