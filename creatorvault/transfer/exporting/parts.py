"""Process-wide objects of exports."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from creatorvault.audit.parts import AuditParts
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.sessions import Database
from creatorvault.core.parts import Parts
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.settings.sections import Settings
from creatorvault.tenants.parts import VaultParts
from creatorvault.transfer.exporting.errors import ExportUnderWay, TooManyExports


class ExportTurns:
    """One export at a time for each caller, and a few for the process."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._callers: set[str] = set()
        self.finished = self.broken = 0
        """Since the start of the process. Exports that clients have left are broken, too."""

    @property
    def under_way(self) -> int:
        return len(self._callers)

    @contextmanager
    def turn(self, caller: str) -> Iterator[None]:
        """Raises ExportUnderWay and TooManyExports."""
        if caller in self._callers:
            raise ExportUnderWay
        if len(self._callers) >= self._at_once:
            raise TooManyExports
        self._callers.add(caller)
        try:
            yield
        except BaseException:
            self.broken += 1
            raise
        else:
            self.finished += 1
        finally:
            self._callers.discard(caller)


@dataclass(slots=True)
class ExportParts:
    """`database` is a separate pool: an export keeps its connection as long as the client reads.

    `deriving` allows one key to be derived from a passphrase at a time, since that takes much memory.
    """

    settings: Settings
    vaults: VaultParts
    audit: AuditLog
    loop_budget: EventLoopBudget
    database: Database
    turns: ExportTurns
    deriving: asyncio.Semaphore


@asynccontextmanager
async def export_parts(parts: Parts) -> AsyncGenerator[ExportParts]:
    settings = parts[Settings]
    at_once = settings.transfer.exports_at_once
    # A transaction is idle while the client reads. The response ends before the server would end it.
    idle = max(settings.database.idle_in_transaction_seconds, 2 * settings.transfer.export_stalled_seconds)
    own = replace(settings.database, pool_size=at_once, max_overflow=0, idle_in_transaction_seconds=idle)
    database = Database(own)
    try:
        yield ExportParts(
            settings=settings,
            vaults=parts[VaultParts],
            audit=parts[AuditParts].log,
            loop_budget=parts[EventLoopBudget],
            database=database,
            turns=ExportTurns(at_once),
            deriving=asyncio.Semaphore(1),
        )
    finally:
        await database.close()
