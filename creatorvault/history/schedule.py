"""The purge as work that is repeated: each hour what has grown old since the last time, once a day everything."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from creatorvault.admin.parts import AdminParts
from creatorvault.core.background.declarations import Schedule
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.history.purging import Purged, purge
from creatorvault.history.standing import PurgeParts
from creatorvault.tenants.parts import VaultParts

log = get_logger(__name__)

EVERY: Final = timedelta(hours=1)
EVERYTHING_AFTER: Final = timedelta(hours=23)
"""Not a day, so that a run which begins somewhat early counts."""


class RepeatedPurge:
    """One per process. The first run purges everything, since it is not known what earlier ones have left."""

    def __init__(self, parts: PurgeParts) -> None:
        self._parts = parts
        self._since: datetime | None = None
        self._everything_at: datetime | None = None

    async def run(self, now: datetime | None = None) -> Purged:
        """Raises as `purge`."""
        now = datetime.now(UTC) if now is None else now
        everything = self._everything_at is None or now - self._everything_at >= EVERYTHING_AFTER
        purged = await purge(self._parts, now, None if everything else self._since)
        if everything:
            self._everything_at = now
        self._since = now
        log.info(
            "history.purged",
            vaults=purged.vaults,
            ideas=purged.ideas,
            versions=purged.versions,
            thinned=purged.thinned,
            failures=len(purged.failures),
        )
        return purged


class PurgeKeeper:
    """`repeated` is None if there is no login for operators."""

    def __init__(self, repeated: RepeatedPurge | None) -> None:
        self.repeated = repeated


@asynccontextmanager
async def purge_keeper(parts: Parts) -> AsyncGenerator[PurgeKeeper]:
    operators = parts[AdminParts].operators_database
    yield PurgeKeeper(None if operators is None else RepeatedPurge(PurgeParts(parts[VaultParts], operators)))


async def purge_again(parts: Parts) -> None:
    """For a schedule. Raises as `purge`."""
    repeated = parts[PurgeKeeper].repeated
    if repeated is None:
        log.warning("history.not_purged", reason="there is no login for operators")
    else:
        await repeated.run()


PURGE: Final = Schedule(name="history.purge", every=EVERY, run=purge_again)
