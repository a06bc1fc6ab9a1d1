"""The application under test, inside its lifespan, with a client that reaches it through ASGI."""

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
"""For many requests at once, which on a slow machine wait longer for one another than a client should."""


@dataclass(frozen=True)
class House:
    """An application that is open, and the database it stands on."""

    app: Litestar
    client: httpx.AsyncClient
    database: Database

    @property
    def parts(self) -> OpenParts:
        return OpenParts(self.app)

    def creator(self, user_id: str | None = None, claims: Mapping[str, Any] | None = None) -> Creator:
        """Somebody with an empty vault; a new somebody unless `user_id` names one."""
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
        # A test makes in a second what a person makes in a day; tests of limits set limits of their own.
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
    # raise_app_exceptions: a client sees an answer, never the exception, and so do the tests.
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    async with _lifespan(app), httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield House(app, client, database)


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncGenerator[None]:
    """Enters and leaves in one task: pytest sets a fixture up and tears it down in two, which task groups refuse."""
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
