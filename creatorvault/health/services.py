"""What readiness means: each part is asked, none is assumed, and no answer carries a driver's words."""

import asyncio
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace
from sqlalchemy import text

from creatorvault.core.database import Database
from creatorvault.core.logging import get_logger
from creatorvault.core.migrations import heads
from creatorvault.core.statements import KeptStatements
from creatorvault.crypto.rootkeys import RootKeyProvider
from creatorvault.settings import DatabaseSettings

log = get_logger(__name__)

DEADLINE_SECONDS: Final = 2.0
PROBE: Final = b"creatorvault/readiness/v1"

# Keys are dumped apart from data: a restore may have brought one without the other.
APPLIED: Final = text("SELECT version_num FROM alembic_version WHERE to_regclass('keys.vault_keys') IS NOT NULL")
# An upgrade makes it; without it no event can be written down, and with it nothing that has to be.
AUDIT_KEY: Final = text("SELECT EXISTS (SELECT FROM keys.audit_keys)")

type Outcome = Literal["ok", "failed"]


class DatabaseHealth(NamedTuple):
    database: Outcome = "failed"
    database_writable: Outcome = "failed"
    prepared_statements: Outcome = "failed"
    migrations: Outcome = "failed"


def database_for_probes(settings: DatabaseSettings) -> Database:
    """One connection apart from the requests': that those are all in use says nothing about the database."""
    limits = replace(settings, pool_size=1, max_overflow=0, answer_seconds=DEADLINE_SECONDS)
    return Database(limits)


class HealthService:
    """Probes that come at the same time share one look, so that asking for health is no way to make it worse."""

    def __init__(self, database: Database, statements: KeptStatements, root_keys: RootKeyProvider) -> None:
        self._database = database
        self._statements = statements
        self._root_keys = root_keys
        self._heads = heads()  # reads files, which no request may wait for
        self._look: asyncio.Task[DatabaseHealth] | None = None

    async def is_connected(self) -> bool:
        return (await self._database_health()).database == "ok"

    async def readiness(self) -> dict[str, Outcome]:
        database, root_key = await asyncio.gather(self._database_health(), self._root_key())
        return {"api": "ok", **database._asdict(), "root_key": root_key}

    async def _database_health(self) -> DatabaseHealth:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_at_database())
        return await asyncio.shield(self._look)

    async def _look_at_database(self) -> DatabaseHealth:
        health = DatabaseHealth()
        try:
            async with self._database.writing() as session:
                read_only = (await session.execute(text("SHOW transaction_read_only"))).scalar_one()
                # A standby, or a server that an operator has set read-only, answers reads and stores nothing.
                health = health._replace(database="ok", database_writable="ok" if read_only == "off" else "failed")
                applied = set((await session.execute(APPLIED)).scalars())
                migrated = applied == self._heads and (await session.execute(AUDIT_KEY)).scalar_one()
                health = health._replace(migrations="ok" if migrated else "failed")
            kept = await self._statements.are_kept()
            health = health._replace(prepared_statements="ok" if kept else "failed")
        except Exception as error:  # noqa: BLE001  # whatever is wrong with the database, it is not ready
            log.warning("health.failed", part="database", error=type(error).__name__)
        return health

    async def _root_key(self) -> Outcome:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                wrapped = await self._root_keys.wrap(bytes(32), PROBE)
                return "ok" if await self._root_keys.unwrap(*wrapped, PROBE) == bytes(32) else "failed"
        except Exception as error:  # noqa: BLE001  # a provider may fail in ways of its own
            log.warning("health.failed", part="root_key", error=type(error).__name__)
            return "failed"
