"""A standby that answers large reads, if it has replayed what the request has seen on the primary.

Only the caller can tell whether it has, by comparing versions; the primary answers otherwise, and whenever the standby
fails.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, Self
from uuid import UUID

from msgspec.structs import replace

from creatorvault.core.database.sessions import Database, ReadSession
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.settings.sections import DatabaseSettings

log = get_logger(__name__)

PAUSE_SECONDS: Final = 10.0
"""After a failure. A standby that is gone would cost each read the time to find that out."""


class ReplicaUnavailable(Exception):
    """The standby could not answer, or not to the end. The primary may."""


class Replica:
    """One per process. `behind` and `failed` count reads that were left to the primary, `answered` the others."""

    @classmethod
    def of(cls, settings: DatabaseSettings, pool_size: int) -> Self | None:
        return None if settings.replica_url is None else cls(settings, pool_size)

    def __init__(self, settings: DatabaseSettings, pool_size: int) -> None:
        """Opens no connection yet."""
        self._database = Database(replace(settings, url=settings.replica_url, pool_size=pool_size, max_overflow=0))
        self._asked_again_at = 0.0
        self.answered = self.behind = self.failed = 0

    @asynccontextmanager
    async def reading(self, tenant_id: UUID) -> AsyncGenerator[ReadSession]:
        """A snapshot of the standby. Raises ReplicaUnavailable, at once for some seconds after a failure."""
        if monotonic() < self._asked_again_at:
            raise ReplicaUnavailable
        try:
            async with self._database.reading(tenant_id) as session:
                yield session
        except ServiceUnavailable as error:
            self._asked_again_at = monotonic() + PAUSE_SECONDS
            self.failed += 1
            log.warning("replica.failed", error=type(error.__cause__ or error).__name__)
            raise ReplicaUnavailable from error

    async def aclose(self) -> None:
        await self._database.close()
