"""The readiness check: it tests every component, and its results contain no driver messages."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from creatorvault.core.database.migrations import Standing
from creatorvault.core.database.transient_errors import sqlstate
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.crypto.errors import RootKeyUnavailable
from creatorvault.crypto.providers.protocol import RootKeyProvider
from creatorvault.health.probes import DEADLINE_SECONDS, Probes

log = get_logger(__name__)

PROBE: Final = b"creatorvault/readiness/v1"
TRIAL_SECONDS: Final = 10.0

type Outcome = Literal["ok", "failed"]


class DatabaseHealth(NamedTuple):
    database: Outcome = "failed"
    database_writable: Outcome = "failed"
    prepared_statements: Outcome = "failed"
    migrations: Outcome = "failed"


class Readiness(NamedTuple):
    checks: Mapping[str, Outcome]
    warnings: Mapping[str, str]

    @property
    def is_ready(self) -> bool:
        return all(outcome == "ok" for outcome in self.checks.values())


class HealthService:
    """Concurrent probes share one check, so that health checks cannot overload the database."""

    def __init__(self, probes: Probes, root_keys: RootKeyProvider) -> None:
        self._probes = probes
        self._root_keys = root_keys
        self._look: asyncio.Task[DatabaseHealth] | None = None
        self._standing: Standing | None = None
        self._trial: asyncio.Task[Outcome | Literal["unavailable"]] | None = None
        self._next_trial = 0.0

    async def is_connected(self) -> bool:
        return (await self._database_health()).database == "ok"

    async def readiness(self) -> Readiness:
        """A provider that is away is a warning: vaults whose keys are cached can be used, and no other process would
        fare better.
        """
        database, root_key = await asyncio.gather(self._database_health(), self._root_key())
        warnings = {"migrations": "ahead"} if self._standing is Standing.AHEAD and database.migrations == "ok" else {}
        if root_key == "unavailable":
            warnings["root_key"], root_key = root_key, "ok"
        return Readiness({"api": "ok", **database._asdict(), "root_key": root_key}, warnings)

    async def _database_health(self) -> DatabaseHealth:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_at_database())
        return await asyncio.shield(self._look)

    async def _look_at_database(self) -> DatabaseHealth:
        """Skips reads and writes if the database is not migrated, since the tables may not exist."""
        probes, health, part = self._probes, DatabaseHealth(), "database"
        try:
            writable: Outcome = "failed" if await probes.is_read_only() else "ok"
            health, part = DatabaseHealth(database="ok", database_writable=writable), "prepared_statements"
            if await probes.supports_prepared_statements():
                health = health._replace(prepared_statements="ok")
            part = "migrations"
            self._note(await probes.standing())
            if self._standing is not None and self._standing.serves and await probes.has_keys():
                health, part = health._replace(database="failed", migrations="ok"), "database"
                await probes.read()
                health, part = health._replace(database="ok", database_writable="failed"), "database_writable"
                if writable == "ok":
                    await probes.write()
                health = health._replace(database_writable=writable)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with the database, it is not ready
            reason = error.__cause__ or error
            log.warning("health.failed", part=part, error=type(reason).__name__, sqlstate=sqlstate(reason))
        return health

    def _note(self, standing: Standing) -> None:
        """Logs a change of the state once, and not for every check."""
        if standing is not self._standing and standing is not Standing.CURRENT:
            log.warning("health.migrations", database=standing.name.lower())
        self._standing = standing

    async def _root_key(self) -> Outcome | Literal["unavailable"]:
        """Anybody may ask, and a remote provider is paid or limited by the request: it is tried now and then."""
        if self._trial is None or (self._trial.done() and time.monotonic() >= self._next_trial):
            self._trial = asyncio.create_task(self._try_root_key())
        return await asyncio.shield(self._trial)

    async def _try_root_key(self) -> Outcome | Literal["unavailable"]:
        self._next_trial = 0.0
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                root_key_id, wrapped = await self._root_keys.wrap(bytes(32), PROBE)
                if self._root_keys.expires(root_key_id):
                    self._next_trial = time.monotonic() + TRIAL_SECONDS
                return "ok" if await self._root_keys.unwrap(root_key_id, wrapped, PROBE) == bytes(32) else "failed"
        except (RootKeyUnavailable, TimeoutError):
            return "unavailable"
        except Exception as error:  # noqa: BLE001  # a provider may fail in ways of its own
            log.warning("health.failed", part="root_key", error=type(error).__name__)
            return "failed"
