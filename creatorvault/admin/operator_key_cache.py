"""Cache of operators' keys, so that refusing a wrong key does not load the database."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from creatorvault.admin.models import Operator
from creatorvault.admin.repositories_of_operators import KEYS
from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.telemetry.logging import get_logger

log = get_logger(__name__)

REREAD_SECONDS: Final = 1.0
MOST_KEYS: Final = 10_000
"""Maximum number of cached keys: the newest valid ones. Other keys are unknown to the process."""


class StoredKey(Struct, frozen=True):
    """`id` is the operator's; `key_id` is the part of the key used for look-ups. Fields in the order of `KEYS`."""

    id: UUID
    key_id: str
    key_hash: str
    scopes: Sequence[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    appointed_by: str | None

    @classmethod
    def of(cls, row: Operator) -> "StoredKey":
        return cls(row.id, row.key_id, row.key_hash, row.scopes, row.expires_at, row.revoked_at, row.appointed_by)


class OperatorKeyCache:
    """Reads the table again if a presented key is not valid in the cache, but at most once per second."""

    def __init__(self, statements: Statements, clock: Callable[[], float] = time.monotonic) -> None:
        """`statements` is closed together with the cache. Does not read yet."""
        self._statements = statements
        self._clock = clock
        self._keys: dict[str, StoredKey] = {}
        self._not_before = -math.inf
        self._is_current = False
        self._reading: asyncio.Task[None] | None = None

    def get(self, key_id: str) -> StoredKey | None:
        return self._keys.get(key_id)

    def forget(self, key_id: str) -> None:
        """Removes a key whose state in the database has changed: presenting it again reads the table."""
        self._keys.pop(key_id, None)

    def expire(self) -> None:
        """Lets the next `refresh` read, whenever the last one was."""
        self._not_before = -math.inf

    async def refresh(self) -> None:
        """Returns when the cache is at most a second old. Concurrent calls share one read, which outlives them.

        Raises ServiceUnavailable while the keys cannot be read; the next attempt is a second after the last one.
        """
        if self._reading is None and self._clock() >= self._not_before:
            self._not_before = self._clock() + REREAD_SECONDS
            self._reading = asyncio.create_task(self._read(), name="read operator keys")
            self._reading.add_done_callback(self._done)
        if self._reading is not None:
            await asyncio.shield(self._reading)
        if not self._is_current:
            raise ServiceUnavailable

    async def aclose(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        await self._statements.close()

    def _done(self, _: asyncio.Task[None]) -> None:
        self._reading = None

    async def _read(self) -> None:
        self._is_current = False
        try:
            rows = await self._statements.rows(KEYS, MOST_KEYS + 1)
        except ServiceUnavailable:
            return  # `refresh` raises it for each waiter
        if len(rows) > MOST_KEYS:
            log.warning("admin.keys.left_out", kept=MOST_KEYS)
        keys = (StoredKey(*row) for row in rows[:MOST_KEYS])
        self._keys = {key.key_id: key for key in keys}
        self._is_current = True
