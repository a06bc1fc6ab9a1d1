"""Looks every other second for vaults that were erased by any process: forgets them, and finishes what one has left.

NOTIFY would not do: a pooler in transaction mode passes no notifications on, and a lost connection loses them.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import TenantId
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.erasure.repositories import UnfinishedErasures, hash_of
from creatorvault.erasure.statements.erased import EXPIRED, RECENT
from creatorvault.erasure.worker import LEASE, ErasureWorker
from creatorvault.tenants.parts import VaultParts

log = get_logger(__name__)

EVERY_SECONDS: Final = 2.0
MARGIN_SECONDS: Final = 60.0
"""A vault is forgotten again for so long: the commit takes some time, and a request that began before it may remember
what it has read.
"""

EXPIRY_SECONDS: Final = 3600.0
HASHED: Final = 500
"""Vaults whose hashes are computed at once, which takes a millisecond."""


class ErasureKeeper:
    """One per process, for as long as it is open."""

    def __init__(
        self,
        database: Database,
        statements: Statements,
        vaults: VaultParts,
        worker: ErasureWorker,
        receipt_days: int,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._database = database
        self._statements = statements
        self._vaults = vaults
        self._worker = worker
        self._receipt_days = receipt_days
        self._every_seconds = every_seconds
        self._seen_at = monotonic()
        self._expired_at = monotonic()
        self._task = asyncio.create_task(self._keep())

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Raises ServiceUnavailable, and the driver's errors."""
        now = monotonic()
        rows = await self._statements.rows(RECENT, now - self._seen_at + MARGIN_SECONDS)
        self._seen_at = now
        await self._forget({row[0] for row in rows})
        for tenant in {row[1] for row in rows if row[2]}:
            await self._finish(TenantId(tenant))

    async def drop_expired(self) -> None:
        """Deletes receipts that were kept long enough. Raises as `look`."""
        expired: dict[UUID, list[bytes]] = {}
        for vault, tenant in await self._statements.rows(EXPIRED, self._receipt_days):
            expired.setdefault(tenant, []).append(vault)
        for tenant, vaults in expired.items():
            async with self._database.writing(tenant) as session:
                erasures = UnfinishedErasures(session, TenantId(tenant))
                await erasures.drop_receipts(datetime.now(UTC) - timedelta(days=self._receipt_days))
                await erasures.forget(vaults)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._every_seconds)
            try:
                await self.look()
                if monotonic() - self._expired_at >= EXPIRY_SECONDS:
                    self._expired_at = monotonic()
                    await self.drop_expired()
            except (ServiceUnavailable, *DRIVER_ERRORS):  # the database may not be migrated yet
                log.info("erasures.not_looked_for")

    async def _forget(self, erased: set[bytes]) -> None:
        if not erased:
            return
        for number, vault in enumerate(self._vaults.held()):
            if hash_of(vault) in erased:
                self._vaults.forget(vault)
            if number % HASHED == 0:
                await asyncio.sleep(0)

    async def _finish(self, tenant_id: TenantId) -> None:
        now = datetime.now(UTC)
        async with self._database.writing(tenant_id) as session:
            vaults = await UnfinishedErasures(session, tenant_id).claim(now, now + LEASE)
        for vault in vaults:
            self._worker.start(vault)
