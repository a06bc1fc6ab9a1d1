"""The purge as work that is repeated: each hour what has grown old since the last time, once a day everything."""

from datetime import UTC, datetime, timedelta
from typing import Final

from creatorvault.core.telemetry.logging import get_logger
from creatorvault.history.purging import Purged, purge
from creatorvault.history.standing import PurgeParts

log = get_logger(__name__)

EVERY: Final = timedelta(hours=1)
EVERYTHING_AFTER: Final = timedelta(hours=23)
"""Not a day, so that a run which begins somewhat early counts."""


class RepeatedPurge:
    """One per process. The first run purges everything, since it is not known what earlier ones have left."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._everything_at: datetime | None = None

    async def run(self, parts: PurgeParts, now: datetime | None = None) -> Purged:
        """Raises as `purge`."""
        now = datetime.now(UTC) if now is None else now
        everything = self._everything_at is None or now - self._everything_at >= EVERYTHING_AFTER
        purged = await purge(parts, now, None if everything else self._since)
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
