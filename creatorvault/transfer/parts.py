"""Process-wide objects of the transfer app."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from creatorvault.audit.parts import AuditParts
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.sessions import Database
from creatorvault.core.parts import Parts
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.jobs.queue import JobQueue
from creatorvault.settings.sections import Settings, TenancySettings
from creatorvault.settings.streams import TransferSettings
from creatorvault.tenants.parts import VaultParts
from creatorvault.transfer.importing.uploads import UploadPlaces


@dataclass(slots=True)
class TransferParts:
    """`uploads` are the files that this process receives, `working` those whose jobs it runs. `body_seconds` is
    `server.body_seconds`.
    """

    settings: TransferSettings
    tenancy: TenancySettings
    body_seconds: float
    database: Database
    vaults: VaultParts
    audit: AuditLog
    queue: JobQueue
    budget: EventLoopBudget
    uploads: UploadPlaces
    working: asyncio.Semaphore


@asynccontextmanager
async def transfer_parts(parts: Parts) -> AsyncGenerator[TransferParts]:
    settings = parts[Settings]
    at_once = settings.transfer.imports_at_once
    yield TransferParts(
        settings=settings.transfer,
        tenancy=settings.tenancy,
        body_seconds=settings.server.body_seconds,
        database=parts[Database],
        vaults=parts[VaultParts],
        audit=parts[AuditParts].log,
        queue=parts[JobQueue],
        budget=parts[EventLoopBudget],
        uploads=UploadPlaces(at_once),
        working=asyncio.Semaphore(at_once),
    )
