"""A standby that answers large reads, if it has replayed what the request has seen on the primary.

A read of one vault compares the vault's versions. A read across tenants compares positions in the write-ahead log. The
primary answers otherwise, and whenever the standby fails.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, NamedTuple, Self
from uuid import UUID

from msgspec.structs import replace

from creatorvault.core.database.sessions import Database, ReadSession, run
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import DatabaseSettings

log = get_logger(__name__)

PAUSE_SECONDS: Final = 10.0
"""After a failure. A standby that is gone would cost each read the time to find that out."""

ATTEMPTS: Final = 5
ATTEMPT_SECONDS: Final = 0.01
"""How often, and at what interval, a standby is asked for a position. Under load it replays some milliseconds later."""

# The position at which the next record will be inserted. Every transaction that was committed has its record before it:
# the positions that are written or flushed do not cover commits with synchronous_commit = off.
WRITTEN: Final = """
    SELECT system_identifier, current_database()::text, ('x' || left(pg_walfile_name(position), 8))::bit(32)::bigint,
        position::text
    FROM pg_control_system(), (
        SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() END AS position
    ) AS inserted
    WHERE position IS NOT NULL
"""
# Positions are comparable only on one timeline: a standby of a primary that was replaced may be ahead, with commits
# that are lost. A standby shows its timeline since its last restartpoint, or since the last page that it has written.
REPLAYED: Final = """
    SELECT pg_is_in_recovery() AND system_identifier = $1::bigint AND current_database() = $2::text
        AND greatest(timeline_id, min_recovery_end_timeline) = $3::bigint
        AND pg_last_wal_replay_lsn() >= $4::text::pg_lsn AND pg_has_role($5::text, 'USAGE')
    FROM pg_control_system(), pg_control_checkpoint(), pg_control_recovery()
"""


class Position(NamedTuple):
    """The end of a primary's write-ahead log. `system` identifies the cluster of databases."""

    system: int
    database: str
    timeline: int
    lsn: str


async def position_of(session: ReadSession) -> Position | None:
    """Returns None if the session is not one of a primary."""
    rows = await run(session, WRITTEN)
    return Position(*rows[0]) if rows else None


class ReplicaUnavailable(Exception):
    """The standby could not answer, or not to the end. The primary may."""


class Replica:
    """One per process and login. `behind` and `failed` count reads left to the primary, `answered` the others."""

    @classmethod
    def of(cls, settings: DatabaseSettings, url: Secret | None, pool_size: int) -> Self | None:
        return None if url is None else cls(settings, url, pool_size)

    def __init__(self, settings: DatabaseSettings, url: Secret, pool_size: int) -> None:
        """Opens no connection yet."""
        self._database = Database(replace(settings, url=url, pool_size=pool_size, max_overflow=0))
        self._asked_again_at = 0.0
        self.answered = self.behind = self.failed = 0

    @asynccontextmanager
    async def reading(
        self, tenant_id: UUID | None = None, first: Callable[[ReadSession], Awaitable[None]] | None = None
    ) -> AsyncGenerator[ReadSession]:
        """A snapshot of the standby. `first` is called as by `Database.reading`.

        Raises ReplicaUnavailable, at once for some seconds after a failure.
        """
        if monotonic() < self._asked_again_at:
            raise ReplicaUnavailable
        try:
            async with self._database.reading(tenant_id, first) as session:
                yield session
        except (ServiceUnavailable, *DRIVER_ERRORS) as error:
            self._asked_again_at = monotonic() + PAUSE_SECONDS
            self.failed += 1
            log.warning("replica.failed", error=type(error.__cause__ or error).__name__)
            raise ReplicaUnavailable from error

    @asynccontextmanager
    async def replayed(self, position: Position, role: str) -> AsyncGenerator[ReadSession]:
        """A snapshot that contains everything that was committed before `position`, for a login with this role.

        Raises ReplicaUnavailable as `reading`, and if the standby has not replayed that far.
        """

        async def compare(session: ReadSession) -> None:
            # Before the snapshot is taken: a statement takes its snapshot first and calls functions afterwards.
            for _ in range(ATTEMPTS):
                [(reached,)] = await run(session, REPLAYED, *position, role)
                if reached:
                    return
                await asyncio.sleep(ATTEMPT_SECONDS)
            self.behind += 1
            raise ReplicaUnavailable

        async with self.reading(first=compare) as session:
            yield session
            self.answered += 1

    async def aclose(self) -> None:
        await self._database.close()
